/** The playground of an agentflow: a form made from the inputs that its start node declares. The last run stays
 *  there over a reload. */

import { call, rejoin, stream } from "./api.js";
import { badge, complaint, element, lasted, pretty } from "./dom.js";
import { question, settle } from "./questions.js";
import { citing } from "./sources.js";
import { shown } from "./tab.js";

const LAST = ["complete", "error"];

/** Put a form into a place; return what stops it. */
export function play(place, flow, light) {
  const start = (flow.graph_definition?.nodes || []).find((node) => node.type === "start");
  const declared = start?.data?.inputs || [];
  const fields = (declared.length ? declared : [{ name: "message", description: "What the flow is told." }]).map(field);
  const run = element("button", { className: "primary" }, "Run");
  const stop = element("button", { type: "button", hidden: true }, "Stop");
  const form = element("form", {}, fields.map((each) => each.element), element("p", { className: "buttons" }, run, stop));
  const steps = element("ol", { className: "steps", "aria-label": "Nodes" });
  const result = element("div", { "aria-live": "polite" });
  const sources = element("div");
  place.replaceChildren(element("h2", {}, "Try it"), form, steps, result, sources);
  const leaving = new AbortController();
  let execution = "";

  form.onsubmit = async (event) => {
    event.preventDefault();
    let input;
    try {
      input = Object.fromEntries(fields.map((each) => [each.name, each.value()]).filter(([, value]) => value !== undefined));
    } catch (error) {
      steps.replaceChildren();
      result.replaceChildren(complaint(error));
      return;
    }
    await follow((options) => stream(`/agentflows/${flow.id}/execute/stream`, { input_data: input }, options)).catch((error) => result.append(complaint(error)));
  };

  /** Show a run as `begun` brings its frames. */
  async function follow(begun) {
    steps.replaceChildren();
    result.replaceChildren();
    sources.replaceChildren();
    busy(true);
    const rows = new Map();
    const asked = new Set();
    const cite = citing(sources);
    const hear = (frame) => {
      switch (frame.type) {
        case "start":
          execution = frame.execution_id;
          shown.set(flow.id, execution);
          light(execution);
          break;
        case "node": {
          const step = stepOf(rows, steps, frame.node.path, frame.node.node_id, frame.node.label);
          step.badge.replaceChildren(badge(frame.node.status));
          step.time.textContent = lasted(frame.node.duration_ms);
          if (frame.node.error) step.text.textContent = frame.node.error;
          light(execution);
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
          if (frame.inputs?.length) settle(result, frame.inputs.map((each) => each.input_id));
          for (const each of frame.inputs || []) {
            if (!asked.has(each.input_id) && each.actions.length) result.append(question(execution, each));
            asked.add(each.input_id);
          }
          break;
        case "complete":
          settle(result);
          result.append(element("h3", {}, "Result"), element("pre", { className: "result", tabIndex: 0 }, pretty(frame.output) ?? ""), facts(frame, execution));
          light(execution);
          break;
        case "error":
          settle(result);
          result.append(complaint({ message: frame.error }), facts(frame, execution));
          light(execution);
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

  function busy(now) {
    run.disabled = now;
    stop.hidden = !now;
  }
  const before = shown.get(flow.id);
  if (before) {
    follow((options) => rejoin(before, options)).catch((error) => {
      if (error.status === 404) shown.forget(flow.id); // it was deleted
      else result.append(complaint(error));
    });
  }
  return () => leaving.abort();
}

function stepOf(rows, steps, path, id, label) {
  const place = `${path}/${id}`;
  if (!rows.has(place)) {
    const step = { badge: element("span"), time: element("span", { className: "quiet" }), text: element("div", { className: "text" }) };
    steps.append(element("li", {}, step.badge, " ", element("b", {}, label), " ", step.time, step.text));
    rows.set(place, step);
  }
  return rows.get(place);
}

/** Return a field for an input: what it shows, and how its value is read. */
export function field(input) {
  const id = `input-${input.name}`;
  const preset = input.default ?? undefined;
  const words = input.description ? element("small", { id: `${id}-words` }, input.description) : null;
  const shared = { id, required: Boolean(input.required && preset === undefined), "aria-describedby": words ? words.id : undefined };
  let control;
  let value;
  if (input.choices?.length) {
    const options = input.choices.map((choice, place) => element("option", { value: String(place), selected: choice === preset }, String(choice)));
    control = element("select", shared, preset === undefined && !input.required ? element("option", { value: "" }, "–") : null, options);
    value = () => (control.value === "" ? undefined : input.choices[Number(control.value)]);
  } else if (input.type === "boolean") {
    control = element("input", { ...shared, required: false, type: "checkbox", checked: preset === true });
    value = () => control.checked;
  } else if (input.type === "number" || input.type === "integer") {
    control = element("input", { ...shared, type: "number", step: input.type === "integer" ? "1" : "any", value: preset ?? "" });
    value = () => (control.value === "" ? undefined : Number(control.value));
  } else if (input.type === "date") {
    control = element("input", { ...shared, type: "date", value: preset ?? "" });
    value = () => control.value || undefined;
  } else if (input.type === "file" || input.type === "files") {
    control = element("input", { ...shared, type: "file", multiple: input.type === "files" });
    value = () => (control.files.length ? (input.type === "files" ? [...control.files] : control.files[0]) : undefined);
  } else if (input.type === "text") {
    control = element("input", { ...shared, type: "text", value: preset ?? "" });
    value = () => control.value || undefined;
  } else if (input.type === "object" || input.type === "array" || input.type === "json") {
    control = element("textarea", { ...shared, rows: 3, value: preset === undefined ? "" : JSON.stringify(preset, null, 2), spellcheck: false });
    value = () => (control.value.trim() ? parsed(input.name, control.value) : undefined);
  } else {
    control = element("textarea", { ...shared, rows: 2, value: preset ?? "" });
    value = () => (control.value === "" && !input.required ? undefined : control.value);
  }
  if (input.max_length && !["array", "files"].includes(input.type)) control.maxLength = input.max_length;
  return { name: input.name, value, element: element("p", { className: "field" }, element("label", { for: id }, input.name), control, words) };
}

function parsed(name, text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`'${name}' takes JSON, and this is none: ${error.message}.`);
  }
}

function facts(frame, execution) {
  const tokens = frame.token_usage.reduce((sum, each) => sum + each.input_tokens + each.output_tokens, 0);
  return element("p", { className: "quiet" }, `${tokens} tokens · ${lasted(frame.duration_ms)} · `, element("a", { href: `#/executions/${execution}` }, "timeline"));
}
