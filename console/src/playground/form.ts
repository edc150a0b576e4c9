/** The playground of an agentflow: a form made from the inputs that its start node declares. The last run stays
 *  there over a reload. */

import { call, type Frame, type Listening, type Problem, rejoin, stream } from "../api/client";
import { t } from "../i18n";
import { badge, complaint, element, lasted, pretty } from "./dom";
import { type Question, question, settle } from "./questions";
import { citing } from "./sources";
import { shown } from "../api/tab";

const LAST = ["complete", "error"];

/** A flow as a playground needs it. */
export interface Played {
  id: string;
  flow_type: string;
  chat_config?: Record<string, unknown> | null;
  graph_definition?: { nodes: { type: string; data?: Record<string, unknown> }[] } | null;
}

export interface Options {
  /** What a run is told of the flow: nothing, or which version. */
  query?: string;
  /** Called with the execution at each step of it, and what was heard. */
  light?: (execution: string, frame: Frame) => void;
}

/** An input that a start node declares. */
export interface Declared {
  name: string;
  type?: string;
  description?: string;
  required?: boolean;
  default?: unknown;
  choices?: unknown[];
  max_length?: number | null;
}

/** Return the inputs that the start node of a flow declares. */
export function declaredBy(flow: Played): Declared[] {
  const start = (flow.graph_definition?.nodes || []).find((node) => node.type === "start");
  return (start?.data?.inputs as Declared[] | undefined) || [];
}

/** Put a form into a place; return what stops it. */
export function play(place: HTMLElement, flow: Played, { light = () => {}, query = "" }: Options = {}): () => void {
  const declared: Declared[] = declaredBy(flow);
  const fields = (declared.length ? declared : [{ name: "message", description: t("whatFlowIsTold") }]).map((each: Declared) => field(each));
  const run = element("button", { className: "primary" }, t("run"));
  const stop = element("button", { type: "button", hidden: true }, t("stop"));
  const form = element("form", {}, fields.map((each) => each.element), element("p", { className: "buttons" }, run, stop));
  const steps = element("ol", { className: "steps", "aria-label": t("nodes") });
  const result = element("div", { "aria-live": "polite" });
  const sources = element("div");
  place.replaceChildren(element("h2", {}, t("tryIt")), form, steps, result, sources);
  const leaving = new AbortController();
  let execution = "";

  form.onsubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    let input: Record<string, unknown>;
    try {
      input = Object.fromEntries(fields.map((each) => [each.name, each.value()]).filter(([, value]) => value !== undefined));
    } catch (error) {
      steps.replaceChildren();
      result.replaceChildren(complaint(error));
      return;
    }
    await follow((options) => stream(`/agentflows/${flow.id}/execute/stream${query}`, { input_data: input }, options)).catch((error) => result.append(complaint(error)));
  };

  /** Show a run as `begun` brings its frames. */
  async function follow(begun: (options: Listening) => Promise<void>) {
    steps.replaceChildren();
    result.replaceChildren();
    sources.replaceChildren();
    busy(true);
    const rows = new Map<string, Step>();
    const asked = new Set<string>();
    const cite = citing(sources);
    const hear = (frame: Frame) => {
      switch (frame.type) {
        case "start":
          execution = frame.execution_id;
          shown.set(flow.id, execution);
          light(execution, frame);
          break;
        case "node": {
          const step = stepOf(rows, steps, frame.node.path, frame.node.node_id, frame.node.label);
          step.badge.replaceChildren(badge(frame.node.status));
          step.time.textContent = lasted(frame.node.duration_ms);
          if (frame.node.error) step.text.textContent = frame.node.error;
          light(execution, frame);
          break;
        }
        case "token": {
          const step = stepOf(rows, steps, frame.path || "", frame.node_id, frame.node_id);
          step.text.append(frame.content);
          break;
        }
        case "reset":
          stepOf(rows, steps, frame.path || "", frame.node_id, frame.node_id).text.replaceChildren();
          break;
        case "citation":
          cite(frame);
          break;
        case "status":
          if (frame.inputs?.length) settle(result, frame.inputs.map((each: Question) => each.input_id));
          for (const each of (frame.inputs || []) as Question[]) {
            if (!asked.has(each.input_id ?? "") && each.actions.length) result.append(question(execution, each));
            asked.add(each.input_id ?? "");
          }
          break;
        case "complete":
          settle(result);
          result.append(element("h3", {}, t("result")), element("pre", { className: "result", tabIndex: 0 }, pretty(frame.output) ?? ""), facts(frame, execution));
          light(execution, frame);
          break;
        case "error":
          settle(result);
          result.append(complaint({ message: frame.error }), facts(frame, execution));
          light(execution, frame);
          break;
      }
    };
    try {
      await begun({ hear, last: LAST, signal: leaving.signal });
    } finally {
      busy(false);
    }
  }
  stop.onclick = () => execution && call("POST", `/executions/${execution}/cancel`).catch((error) => result.append(complaint(error)));

  function busy(now: boolean) {
    run.disabled = now;
    stop.hidden = !now;
  }
  const before = shown.get(flow.id);
  if (before) {
    follow((options) => rejoin(before, options)).catch((error) => {
      if ((error as Problem).status === 404) shown.forget(flow.id); // it was deleted
      else result.append(complaint(error));
    });
  }
  return () => leaving.abort();
}

interface Step {
  badge: HTMLElement;
  time: HTMLElement;
  text: HTMLElement;
}

function stepOf(rows: Map<string, Step>, steps: HTMLElement, path: string, id: string, label: string): Step {
  const place = `${path}/${id}`;
  let step = rows.get(place);
  if (!step) {
    step = { badge: element("span"), time: element("span", { className: "quiet" }), text: element("div", { className: "text" }) };
    steps.append(element("li", {}, step.badge, " ", element("b", {}, label), " ", step.time, step.text));
    rows.set(place, step);
  }
  return step;
}

/** Return a field for an input: what it shows, and how its value is read. */
export interface Asked {
  name: string;
  /** Throws an Error with a sentence where what was typed is of another kind. */
  value: () => unknown;
  element: HTMLElement;
}

export function field(input: Declared): Asked {
  const id = `input-${input.name}`;
  const preset = input.default ?? undefined;
  const words = input.description ? element("small", { id: `${id}-words` }, input.description) : null;
  const shared = { id, required: Boolean(input.required && preset === undefined), "aria-describedby": words ? words.id : undefined };
  let control: HTMLElement;
  let value: () => unknown;
  const choices = input.choices ?? [];
  if (choices.length) {
    const options = choices.map((choice, place) => element("option", { value: String(place), selected: choice === preset }, String(choice)));
    const select = element("select", shared, preset === undefined && !input.required ? element("option", { value: "" }, "–") : null, options);
    control = select;
    value = () => (select.value === "" ? undefined : choices[Number(select.value)]);
  } else if (input.type === "boolean") {
    const made = element("input", { ...shared, required: false, type: "checkbox", checked: preset === true });
    control = made;
    value = () => made.checked;
  } else if (input.type === "number" || input.type === "integer") {
    const made = element("input", { ...shared, type: "number", step: input.type === "integer" ? "1" : "any", value: preset ?? "" });
    control = made;
    value = () => (made.value === "" ? undefined : Number(made.value));
  } else if (input.type === "date") {
    const made = element("input", { ...shared, type: "date", value: preset ?? "" });
    control = made;
    value = () => made.value || undefined;
  } else if (input.type === "file" || input.type === "files") {
    const made = element("input", { ...shared, type: "file", multiple: input.type === "files" });
    control = made;
    value = () => (made.files?.length ? (input.type === "files" ? [...made.files] : made.files[0]) : undefined);
  } else if (input.type === "text") {
    const made = element("input", { ...shared, type: "text", value: preset ?? "" });
    control = made;
    value = () => made.value || undefined;
  } else if (input.type === "object" || input.type === "array" || input.type === "json") {
    const made = element("textarea", { ...shared, rows: 3, value: preset === undefined ? "" : JSON.stringify(preset, null, 2), spellcheck: false });
    control = made;
    value = () => (made.value.trim() ? parsed(input.name, made.value) : undefined);
  } else {
    const made = element("textarea", { ...shared, rows: 2, value: preset ?? "" });
    control = made;
    value = () => (made.value === "" && !input.required ? undefined : made.value);
  }
  if (input.max_length && !["array", "files"].includes(input.type ?? "")) (control as HTMLInputElement).maxLength = input.max_length;
  return { name: input.name, value, element: element("p", { className: "field" }, element("label", { for: id }, input.name), control, words) };
}

function parsed(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(t("takesJson", { name, reason: (error as Error).message }));
  }
}

function facts(frame: Frame, execution: string): HTMLElement {
  const tokens = (frame.token_usage as { input_tokens: number; output_tokens: number }[]).reduce((sum, each) => sum + each.input_tokens + each.output_tokens, 0);
  return element("p", { className: "quiet" }, `${t("tokens", { count: tokens })} · ${lasted(frame.duration_ms)} · `, element("a", { href: `#/executions/${execution}` }, t("timelineLink")));
}
