/** Questions that a run asks people, and the ways to answer them. */

import { call } from "./api.js";
import { complaint, element, pretty } from "./dom.js";

const VALUED = ["edit", "submit"];

/** Return a question with a button for each answer; `answered` is called when one was taken. */
export function question(execution, asked, answered = () => {}) {
  const input = asked.input_id || asked.id;
  const valued = asked.actions.some((action) => VALUED.includes(action));
  const field = element("textarea", { rows: 4, value: asked.value === null || asked.value === undefined ? "" : pretty(asked.value), "aria-label": "Your answer" });
  const trouble = element("div");
  const buttons = asked.actions.map((action) => {
    const button = element("button", { type: "button" }, action);
    button.onclick = async () => {
      buttons.forEach((each) => (each.disabled = true));
      try {
        const value = VALUED.includes(action) ? given(field.value, asked.value) : null;
        await call("POST", `/executions/${execution}/respond`, { body: { action, input_id: input, value } });
        box.replaceChildren(element("p", { className: "quiet" }, `Answered: ${action}.`));
        answered();
      } catch (error) {
        trouble.replaceChildren(complaint(error));
        buttons.forEach((each) => (each.disabled = false));
      }
    };
    return button;
  });
  const box = element(
    "div",
    { className: "question", role: "group", "aria-label": "A question" },
    element("p", {}, asked.message || "The run waits for an answer."),
    valued ? field : asked.value === null || asked.value === undefined ? null : element("pre", {}, pretty(asked.value)),
    element("p", { className: "buttons" }, buttons),
    trouble,
  );
  return box;
}

/** Return what was typed as the kind of value that was asked about: text, or what JSON says. */
function given(text, before) {
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
