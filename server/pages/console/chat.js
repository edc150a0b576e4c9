/** The playground of a chatflow: a conversation whose tokens appear as they come. */

import { call, stream } from "./api.js";
import { complaint, element, lasted, pretty } from "./dom.js";
import { question } from "./questions.js";
import { citing } from "./sources.js";

const LAST = ["done", "error"];

/** Put a conversation into a place; return what stops it. */
export function play(place, flow, light) {
  const config = flow.chat_config || {};
  const log = element("ol", { className: "log", "aria-live": "polite", "aria-label": "Conversation" });
  const field = element("textarea", { id: "message", rows: 2, required: true, placeholder: "Say something" });
  const send = element("button", { className: "primary" }, "Send");
  const stop = element("button", { type: "button", hidden: true }, "Stop");
  const form = element("form", { className: "say" }, element("label", { for: "message", className: "hidden" }, "Message"), field, send, stop);
  // The server says in a sentence what it does not take.
  const files = config.uploads?.max_files
    ? element("input", { type: "file", multiple: config.uploads.max_files > 1, "aria-label": "Files for the message" })
    : null;
  if (files) form.prepend(files);
  const ideas = element("p", { className: "buttons" });
  place.replaceChildren(element("h2", {}, "Try it"), log, ideas, form);
  if (config.welcome_message) log.append(said("assistant", config.welcome_message));
  for (const idea of config.suggested_questions || []) {
    ideas.append(element("button", { type: "button", onclick: () => ask(idea) }, idea));
  }
  let session = null;
  let execution = "";
  const leaving = new AbortController();

  async function ask(message) {
    if (!message.trim() || send.disabled) return;
    const chosen = files ? [...files.files] : [];
    if (files) files.value = "";
    field.value = "";
    ideas.replaceChildren();
    log.append(said("user", [message, ...chosen.map((file) => `[${file.name}]`)].join("\n")));
    const answer = element("div", { className: "text" });
    const around = element("li", { className: "assistant", "aria-busy": "true" }, answer);
    log.append(around);
    busy(true);
    /** What each node has said, in the order in which they began. */
    const spoken = new Map();
    const cite = citing(around);
    const hear = (frame) => {
      switch (frame.type) {
        case "start":
          session = frame.session_id;
          execution = frame.execution_id;
          light(execution);
          break;
        case "content":
        case "reset": {
          const speaker = `${frame.path || ""}/${frame.node_id}`;
          spoken.set(speaker, frame.type === "reset" ? "" : (spoken.get(speaker) || "") + frame.content);
          answer.textContent = [...spoken.values()].join("\n\n");
          break;
        }
        case "node":
          light(execution);
          break;
        case "tool":
          around.append(tool(frame));
          break;
        case "citation":
          cite(frame);
          break;
        case "input":
          around.append(question(execution, frame.input));
          break;
        case "done":
          answer.textContent = frame.response;
          around.append(facts(frame));
          light(execution);
          break;
        case "error":
          around.append(complaint({ message: frame.error }));
          light(execution);
          break;
      }
      log.scrollTop = log.scrollHeight;
    };
    try {
      const sent = await Promise.all(chosen.map(encoded));
      const body = { message, ...(sent.length ? { files: sent } : {}), ...(session ? { session_id: session } : {}) };
      await stream(`/chatflow/workflows/${flow.id}/chat/stream`, body, { hear, last: LAST, signal: leaving.signal });
    } catch (error) {
      around.append(complaint(error));
    }
    around.removeAttribute("aria-busy");
    busy(false);
    field.focus();
  }

  function busy(now) {
    send.disabled = now;
    stop.hidden = !now;
  }

  stop.onclick = () => execution && call("POST", `/executions/${execution}/cancel`).catch((error) => log.append(element("li", {}, complaint(error))));
  form.onsubmit = (event) => {
    event.preventDefault();
    ask(field.value);
  };
  field.onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask(field.value);
  };
  return () => leaving.abort();
}

/** Return a file as a request brings it. */
async function encoded(file) {
  const address = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, data: address.slice(address.indexOf(",") + 1) };
}

function said(role, text) {
  return element("li", { className: role }, element("div", { className: "text" }, text));
}

function tool(frame) {
  const value = frame.status === "running" ? frame.input : frame.output;
  return element("details", { className: "tool" }, element("summary", {}, `${frame.name}: ${frame.status}`), element("pre", {}, pretty(value) ?? ""));
}

function facts(frame) {
  const words = [`${frame.usage.total_tokens} tokens`, lasted(frame.response_time * 1000)];
  if (frame.cost_usd !== null) words.push(`$${Number(frame.cost_usd.toPrecision(2))}`);
  return element("p", { className: "quiet" }, words.join(" · "), " · ", element("a", { href: `#/executions/${frame.execution_id}` }, "timeline"));
}
