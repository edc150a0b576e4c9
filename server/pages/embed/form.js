/* What a run asks of the visitor: buttons, and a form made from the question's JSON Schema. */

import { h } from "./dom.js";
import { show } from "./markdown.js";

let count = 0;

/** Return the question as an element; `answer(action, value, comment)` says whether the answer was taken. */
export function question(input, texts, answer) {
  const fields = input.actions.some((action) => action === "submit" || action === "edit") ? form(input, texts) : null;
  const comment = input.kind === "approval" ? h("input", { type: "text", maxlength: "2000" }) : null;
  const wrong = h("p", { class: "wrong", role: "alert" });
  const asked = h("div", { class: "markdown" });
  show(asked, input.message);
  // Where what is asked about may be edited, one button approves: its words, and what it sends, follow the form.
  const follows = input.actions.includes("approve") && input.actions.includes("edit");
  const words = (action) => input.labels?.[action] ?? texts[action] ?? action;
  const meant = (action) => (follows && action === "approve" && fields.changed() ? "edit" : action);
  const buttons = input.actions.filter((action) => !(follows && action === "edit")).map((action) => {
    const button = h("button", { type: "button", class: action === "approve" || action === "submit" ? "primary" : "plain", onclick: () => press(meant(action)) },
      words(action));
    if (follows && action === "approve") {
      fields.element.addEventListener("input", () => (button.textContent = words(meant(action))));
    }
    return button;
  });
  const element = h("div", { class: "question", role: "group", "aria-label": input.message.slice(0, 100) || texts.value }, asked);
  if (!fields && input.value !== null && input.value !== undefined) element.append(shown(input.value));
  if (fields) element.append(fields.element);
  if (comment) element.append(labelled(texts.comment, comment));
  element.append(h("div", { class: "buttons" }, ...buttons), wrong);

  async function press(action) {
    wrong.textContent = "";
    let value = null;
    if (fields && (action === "submit" || action === "edit")) {
      try {
        value = fields.read();
      } catch (error) {
        wrong.textContent = error.message;
        return;
      }
    }
    for (const button of buttons) button.disabled = true;
    const problem = await answer(action, value, comment?.value ?? "");
    for (const button of buttons) button.disabled = false;
    if (problem) wrong.textContent = problem;
  }

  return element;
}

function shown(value) {
  const element = h("div", { class: "shown markdown" });
  if (typeof value === "string") show(element, value);
  else element.append(h("pre", { dir: "ltr", tabindex: "0" }, JSON.stringify(value, null, 2)));
  return element;
}

function form(input, texts) {
  const { schema, value } = input;
  const properties = schema?.type === "object" ? schema.properties : schema?.properties;
  if (!properties) {
    const single = field(texts.value, schema ?? {}, value, true, texts);
    return { element: h("div", { class: "fields" }, single.element), read: single.read, changed: single.changed };
  }
  const fields = Object.entries(properties).map(([name, inner]) => [
    name,
    field(inner?.title || name, inner ?? {}, value?.[name] ?? inner?.default, schema.required?.includes(name), texts),
  ]);
  return {
    element: h("div", { class: "fields" }, ...fields.map(([, each]) => each.element)),
    changed: () => fields.some(([, each]) => each.changed()),
    read() {
      const read = {};
      for (const [name, each] of fields) {
        const given = each.read();
        if (given !== undefined) read[name] = given;
      }
      return read;
    },
  };
}

/** Return an element, how to read it (undefined for what was left empty and may be), and whether it was changed. */
function field(label, schema, value, required, texts) {
  const control = make(schema, value);
  if (required) control.setAttribute("aria-required", "true");
  const state = () => (control.type === "checkbox" ? control.checked : control.value);
  const before = state();
  const fail = (words) => {
    control.setAttribute("aria-invalid", "true");
    control.focus();
    throw new Error(`${label}: ${words}`);
  };
  return {
    element: labelled(required ? `${label} *` : label, control, schema.description),
    changed: () => state() !== before,
    read() {
      control.removeAttribute("aria-invalid");
      if (control.type === "checkbox") return control.checked;
      const given = control.value.trim();
      if (!control.checkValidity()) return fail(texts.invalid);
      if (!given) return required ? fail(texts.required) : undefined;
      if (control.dataset.json !== undefined) {
        try {
          return JSON.parse(given);
        } catch {
          return fail(texts.invalid);
        }
      }
      return control.value;
    },
  };
}

function make(schema, value) {
  if (Array.isArray(schema.enum)) {
    const options = schema.enum.map((each) => h("option", { value: JSON.stringify(each), selected: each === value }, String(each)));
    return h("select", { "data-json": true }, h("option", { value: "" }, "–"), ...options);
  }
  const text = value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  const limits = { minlength: schema.minLength, maxlength: schema.maxLength };
  switch (schema.type) {
    case "boolean":
      return h("input", { type: "checkbox", checked: value === true });
    case "integer":
    case "number":
      return h("input", { type: "number", "data-json": true, value: text, min: schema.minimum, max: schema.maximum, step: schema.type === "integer" ? "1" : "any" });
    case "object":
    case "array":
      return filled(h("textarea", { rows: "4", "data-json": true, dir: "ltr" }), text);
    case "string":
      if (["date", "email", "time"].includes(schema.format)) return h("input", { type: schema.format, value: text });
      if (schema.maxLength <= 120) return h("input", { type: "text", value: text, ...limits });
      return filled(h("textarea", { rows: "3", dir: "auto", ...limits }), text);
    default:
      return filled(h("textarea", { rows: "3", dir: "auto", "data-json": typeof value === "object" && value !== null }), text);
  }
}

function filled(area, text) {
  area.value = text;
  return area;
}

function labelled(label, control, description) {
  count += 1;
  control.id = `field-${count}`;
  const words = h("label", { for: control.id }, label);
  if (description) {
    control.setAttribute("aria-describedby", `hint-${count}`);
    return h("div", { class: "field" }, words, control, h("p", { class: "hint", id: `hint-${count}` }, description));
  }
  return h("div", { class: control.type === "checkbox" ? "field check" : "field" }, words, control);
}
