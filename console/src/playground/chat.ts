/** The playground of a chatflow: a conversation whose tokens appear as they come, and which a reload keeps. */

import { call, type Frame, type Listening, type Problem, rejoin, stream } from "../api/client";
import { t } from "../i18n";
import { carried, type Content, words } from "./carried";
import { complaint, element, lasted, pretty } from "./dom";
import { declaredBy, field as input, type Options, type Played } from "./form";
import { type Question, question, settle } from "./questions";
import { citing } from "./sources";
import { shown } from "../api/tab";

const LAST = ["done", "error"];
/** Runs of a conversation that are looked up after a reload; older ones show their messages alone. */
const RUNS = 100;

/** A message of a session's history. */
interface Kept {
  role: string;
  content: Content;
  message_metadata?: { execution_id?: string } | null;
}

/** A run, as a list of them has it. */
interface Ran {
  id: string;
  completed_at: string | null;
  error_message?: string | null;
  input_data?: { message?: string } | null;
}

/** Put a conversation into a place; return what stops it. */
interface Settings {
  welcome_message?: string;
  suggested_questions?: string[];
  uploads?: { max_files: number } | null;
}

export function play(place: HTMLElement, flow: Played, { light = () => {}, query = "" }: Options = {}): () => void {
  const config = (flow.chat_config || {}) as Settings;
  const log = element("ol", { className: "log", "aria-live": "polite", "aria-label": t("conversation") });
  const field = element("textarea", { id: "message", rows: 2, required: true, placeholder: t("saySomething") });
  const send = element("button", { className: "primary" }, t("send"));
  const stop = element("button", { type: "button", hidden: true }, t("stop"));
  const fresh = element("button", { type: "button", hidden: true }, t("newConversation"));
  const form = element("form", { className: "say" }, element("label", { for: "message", className: "hidden" }, t("message")), field, send, stop);
  // The server says in a sentence what it does not take.
  const files = config.uploads?.max_files
    ? element("input", { type: "file", multiple: config.uploads.max_files > 1, "aria-label": t("filesForMessage") })
    : null;
  if (files) form.prepend(files);
  /** The inputs that the start node declares: they go with each message. */
  const inputs = declaredBy(flow).filter((each) => each.name !== "message").map(input);
  if (inputs.length) form.prepend(element("div", { className: "fields" }, inputs.map((each) => each.element)));
  const ideas = element("p", { className: "buttons" });
  place.replaceChildren(element("div", { className: "heading" }, element("h2", {}, t("tryIt")), fresh), log, ideas, form);
  let session: string | null = null;
  let execution = "";
  let leaving = new AbortController();
  /** Whether the next message answers a question of the run whose stream is open. */
  let waits = false;

  function begin() {
    log.replaceChildren();
    ideas.replaceChildren();
    fresh.hidden = true;
    if (config.welcome_message) log.append(said("assistant", config.welcome_message));
    for (const idea of config.suggested_questions || []) {
      ideas.append(element("button", { type: "button", onclick: () => ask(idea) }, idea));
    }
  }

  function know(id: string) {
    session = id;
    shown.set(flow.id, id);
    fresh.hidden = false;
    ideas.replaceChildren();
  }

  async function ask(message: string) {
    if (!message.trim() || send.disabled) return;
    if (waits) {
      reply(message);
      return;
    }
    const chosen = files ? [...(files.files ?? [])] : [];
    const given: Record<string, unknown> = {};
    try {
      for (const each of inputs) {
        const value = each.value();
        if (value !== undefined) given[each.name] = value;
      }
    } catch (error) {
      log.append(element("li", {}, complaint(error)));
      return;
    }
    if (files) files.value = "";
    field.value = "";
    ideas.replaceChildren();
    log.append(said("user", [message, ...chosen.map((file) => `[${file.name}]`)].join("\n")));
    await answer(async (options) => {
      const sent = await Promise.all(chosen.map(encoded));
      for (const [name, value] of Object.entries(given)) {
        if (value instanceof File) given[name] = await encoded(value);
        else if (Array.isArray(value) && value[0] instanceof File) given[name] = await Promise.all((value as File[]).map(encoded));
      }
      const body = { message, ...(inputs.length ? { inputs: given } : {}), ...(sent.length ? { files: sent } : {}), ...(session ? { session_id: session } : {}) };
      await stream(`/chatflow/workflows/${flow.id}/chat/stream${query}`, body, options);
    });
    field.focus();
  }

  /** Answer the oldest question with a message; the stream of its run goes on. */
  async function reply(message: string) {
    waits = false;
    send.disabled = true;
    field.value = "";
    const last = log.lastElementChild;
    last?.querySelector(".question:not(.settled)")?.remove();
    last?.append(element("p", { className: "quiet" }, message));
    try {
      await call("POST", `/chatflow/workflows/${flow.id}/chat${query}`, { body: { message, session_id: session } });
    } catch (error) {
      last?.append(complaint(error));
    }
  }

  /** Show an answer as `begun` brings its frames; of its questions, those that were `answered` are left out. */
  async function answer(begun: (options: Listening) => Promise<void>, answered: (string | undefined)[] = []) {
    const text = element("div", { className: "text" });
    const around = element("li", { className: "assistant", "aria-busy": "true" }, text);
    const { signal } = leaving;
    log.append(around);
    busy(true);
    /** What each node has said, in the order in which they began. */
    const spoken = new Map<string, string>();
    const cite = citing(around);
    const tell = calling(around);
    /** Of whom questions were asked. */
    const asked = new Set<string>();
    const hear = (frame: Frame) => {
      if (signal.aborted) return;
      switch (frame.type) {
        case "start":
          know(frame.session_id);
          execution = frame.execution_id;
          light(execution, frame);
          break;
        case "content":
        case "reset": {
          const speaker = `${frame.path || ""}/${frame.node_id}`;
          spoken.set(speaker, frame.type === "reset" ? "" : (spoken.get(speaker) || "") + frame.content);
          text.textContent = [...spoken.values()].join("\n\n");
          break;
        }
        case "node":
          light(execution, frame);
          break;
        case "tool":
          tell(frame);
          break;
        case "citation":
          cite(frame);
          break;
        case "status":
          waits = frame.status === "waiting_approval" && asked.has("visitor");
          if (waits) send.disabled = false;
          break;
        case "input":
          asked.add(frame.input.audience);
          if (!answered.includes(frame.input.input_id)) around.append(question(execution, frame.input));
          break;
        case "done":
          settle(around);
          text.textContent = frame.response;
          around.append(...carried(session ?? "", frame.files), facts(frame));
          light(execution, frame);
          break;
        case "error":
          settle(around);
          around.append(complaint({ message: frame.error }));
          light(execution, frame);
          break;
      }
      log.scrollTop = log.scrollHeight;
    };
    try {
      await begun({ hear, last: LAST, signal });
    } catch (error) {
      if (!signal.aborted) around.append(complaint(error));
    }
    if (signal.aborted) return;
    around.removeAttribute("aria-busy");
    busy(false);
  }

  /** Show the conversation that this tab had, and go on with the answer that is under way. */
  async function recall(id: string) {
    const { signal } = leaving;
    const named = encodeURIComponent(id);
    const [history, runs] = await Promise.all([
      call<{ messages: Kept[] }>("GET", `/chatflow/sessions/${named}/history`),
      call<{ executions: Ran[] }>("GET", `/executions?session_id=${named}&limit=${RUNS}`),
    ]);
    if (signal.aborted) return;
    know(id);
    const open = runs.executions.filter((run) => !run.completed_at).reverse();
    const told = new Set<string | undefined>();
    for (const each of history.messages) {
      const run = each.message_metadata?.execution_id;
      if (each.role === "user") told.add(run);
      else if (open.some((one) => one.id === run)) continue; // its stream says it again
      else if (each.role !== "assistant" || !each.content) continue; // what a tool gave, and the call of it
      const item = said(each.role === "user" ? "user" : "assistant", words(each.content));
      item.append(...carried(id, each.content));
      log.append(item);
      const ended = runs.executions.find((one) => one.id === run && one.error_message);
      if (each.role === "user" && ended) log.append(element("li", { className: "assistant" }, complaint({ message: ended.error_message }), element("p", { className: "quiet" }, timeline(run ?? ""))));
    }
    log.scrollTop = log.scrollHeight;
    for (const run of open) {
      if (!told.has(run.id)) log.append(said("user", (await call<Ran>("GET", `/executions/${run.id}`)).input_data?.message ?? ""));
      const { inputs } = await call<{ inputs: Question[] }>("GET", `/executions/${run.id}/inputs`);
      const answered = inputs.filter((each) => each.status !== "open").map((each) => each.id);
      if (!signal.aborted) await answer((options) => rejoin(run.id, options), answered);
    }
  }

  function busy(now: boolean) {
    if (!now) waits = false;
    send.disabled = now;
    stop.hidden = !now;
  }

  stop.onclick = () => execution !== "" && call("POST", `/executions/${execution}/cancel`).catch((error) => log.append(element("li", {}, complaint(error))));
  fresh.onclick = () => {
    leaving.abort();
    leaving = new AbortController();
    session = null;
    execution = "";
    shown.forget(flow.id);
    busy(false);
    begin();
    field.focus();
  };
  form.onsubmit = (event: SubmitEvent) => {
    event.preventDefault();
    ask(field.value);
  };
  field.onkeydown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask(field.value);
  };
  begin();
  const before = shown.get(flow.id);
  if (before) {
    recall(before).catch((error) => {
      if ((error as Problem).status === 404) shown.forget(flow.id); // it was deleted
      else log.append(element("li", {}, complaint(error)));
    });
  }
  return () => leaving.abort();
}

/** Return a file as a request brings it. */
async function encoded(file: File): Promise<{ name: string; data: string }> {
  const address = await new Promise<string>((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, data: address.slice(address.indexOf(",") + 1) };
}

function said(role: string, text: string): HTMLElement {
  return element("li", { className: role }, element("div", { className: "text" }, text));
}

/** Return what shows each call of a tool once, in the answer: how it stands, what it was given and what it gave. */
function calling(around: HTMLElement): (frame: Frame) => void {
  const calls = new Map<string, { summary: HTMLElement; given: HTMLElement; gave: HTMLElement }>();
  return (frame) => {
    const id = `${frame.path || ""}/${frame.node_id}/${frame.call_id}`;
    let call = calls.get(id);
    if (!call) {
      call = { summary: element("summary"), given: element("pre", { hidden: true }), gave: element("pre", { hidden: true }) };
      calls.set(id, call);
      around.append(element("details", { className: "tool" }, call.summary, call.given, call.gave));
    }
    call.summary.textContent = `${frame.name}: ${frame.status}`;
    for (const [part, value] of [[call.given, frame.input], [call.gave, frame.output]] as const) {
      if (value === null || value === undefined) continue;
      part.textContent = pretty(value) ?? "";
      part.hidden = false;
    }
  };
}

function facts(frame: Frame): HTMLElement {
  const words = [t("tokens", { count: frame.usage.total_tokens }), lasted(frame.response_time * 1000)];
  if (frame.cost_usd !== null) words.push(`$${Number(frame.cost_usd.toPrecision(2))}`);
  return element("p", { className: "quiet" }, words.join(" · "), " · ", timeline(frame.execution_id));
}

function timeline(execution: string): HTMLElement {
  return element("a", { href: `#/executions/${execution}` }, t("timelineLink"));
}
