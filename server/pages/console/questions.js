/** Questions that a run asks people, and the ways to answer them. */

import { call } from "./api.js";
import { complaint, element, pretty } from "./dom.js";

/** What the buttons say. Both `edit` and `submit` send what stands in the field. */
const WORDS = { approve: "Approve", reject: "Reject", edit: "Approve with changes", submit: "Submit" };

/**
 * Return a question with a button for each answer; `answered` is called when one was taken.
 *
 * Where what is asked about may be edited, one button approves: its words, and what it sends, follow the field.
 */
export function question(execution, asked, answered = () => {}) {
  const input = asked.input_id || asked.id;
  const { actions } = asked;
  const words = (action) => asked.labels?.[action] || WORDS[action] || action;
  const field = element("textarea", { rows: 4, value: asked.value === null || asked.value === undefined ? "" : pretty(asked.value), "aria-label": "Your answer" });
  const before = field.value;
  const follows = actions.includes("approve") && actions.includes("edit");
  const trouble = element("div");
  const buttons = actions
    .filter((action) => !(follows && action === "edit"))
    .map((action) => {
      const button = element("button", { type: "button" }, words(action));
      const meant = () => (follows && action === "approve" && field.value !== before ? "edit" : action);
      if (follows && action === "approve") field.oninput = () => (button.textContent = words(meant()));
      button.onclick = () => answer(meant());
      return button;
    });

  async function answer(action) {
    buttons.forEach((each) => (each.disabled = true));
    box.classList.add("settled"); // the run may end before this request is answered
    try {
      const value = action === "edit" || action === "submit" ? given(field.value, asked.value) : null;
      await call("POST", `/executions/${execution}/respond`, { body: { action, input_id: input, value } });
      box.replaceChildren(element("p", { className: "quiet" }, `Answered: ${words(action)}.`));
      answered();
    } catch (error) {
      box.classList.remove("settled");
      trouble.replaceChildren(complaint(error));
      buttons.forEach((each) => (each.disabled = false));
    }
  }

  const box = element(
    "div",
    { className: "question", role: "group", "aria-label": "A question", "data-input": input },
    element("p", {}, asked.message || "The run waits for an answer."),
    actions.some((action) => action === "edit" || action === "submit") ? field : asked.value === null || asked.value === undefined ? null : element("pre", {}, pretty(asked.value)),
    element("p", { className: "buttons" }, buttons),
    trouble,
  );
  return box;
}

/** Take away the questions that wait no more, but for those that were answered here; `open` has the ids of the others. */
export function settle(place, open = []) {
  for (const each of place.querySelectorAll(".question:not(.settled)")) {
    if (!open.includes(each.dataset.input)) each.remove();
  }
}

/**
 * Return what was typed as the kind of value that was asked about: text, or what JSON says.
 *
 * Throws an Error where an object or a list was asked about and what was typed is no JSON.
 */
function given(text, before) {
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (typeof before === "object" && before !== null) throw new Error(`What is approved here is JSON, and this is none: ${error.message}.`);
    return text;
  }
}
