/** Questions that a run asks people, and the ways to answer them. */

import { call } from "../api/client";
import { t } from "../i18n";
import { complaint, element, pretty } from "./dom";

/** A question as the API and its streams have it. */
export interface Question {
  id?: string;
  input_id?: string;
  actions: string[];
  labels?: Record<string, string> | null;
  message?: string | null;
  value?: unknown;
  audience?: string;
  status?: string;
}

/** What the buttons say. Both `edit` and `submit` send what stands in the field. */
const said = (action: string): string => {
  switch (action) {
    case "approve":
      return t("approve");
    case "reject":
      return t("reject");
    case "edit":
      return t("approveWithChanges");
    case "submit":
      return t("submit");
    default:
      return action;
  }
};

/**
 * Return a question with a button for each answer; `answered` is called when one was taken.
 *
 * Where what is asked about may be edited, one button approves: its words, and what it sends, follow the field.
 */
export function question(execution: string, asked: Question, answered: () => void = () => {}): HTMLElement {
  const input = asked.input_id || asked.id || "";
  const { actions } = asked;
  const words = (action: string) => asked.labels?.[action] || said(action);
  const field = element("textarea", { rows: 4, value: asked.value === null || asked.value === undefined ? "" : pretty(asked.value), "aria-label": t("yourAnswer") });
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

  async function answer(action: string) {
    buttons.forEach((each) => (each.disabled = true));
    box.classList.add("settled"); // the run may end before this request is answered
    try {
      const value = action === "edit" || action === "submit" ? given(field.value, asked.value) : null;
      await call("POST", `/executions/${execution}/respond`, { body: { action, input_id: input, value } });
      box.replaceChildren(element("p", { className: "quiet" }, t("answered", { action: words(action) })));
      answered();
    } catch (error) {
      box.classList.remove("settled");
      trouble.replaceChildren(complaint(error));
      buttons.forEach((each) => (each.disabled = false));
    }
  }

  const box = element(
    "div",
    { className: "question", role: "group", "aria-label": t("aQuestion"), "data-input": input },
    element("p", {}, asked.message || t("runWaits")),
    actions.some((action) => action === "edit" || action === "submit") ? field : asked.value === null || asked.value === undefined ? null : element("pre", {}, pretty(asked.value)),
    element("p", { className: "buttons" }, buttons),
    trouble,
  );
  return box;
}

/** Take away the questions that wait no more, but for those that were answered here; `open` has the ids of the others. */
export function settle(place: HTMLElement, open: string[] = []): void {
  for (const each of place.querySelectorAll<HTMLElement>(".question:not(.settled)")) {
    if (!open.includes(each.dataset.input ?? "")) each.remove();
  }
}

/**
 * Return what was typed as the kind of value that was asked about: text, or what JSON says.
 *
 * Throws an Error where an object or a list was asked about and what was typed is no JSON.
 */
function given(text: string, before: unknown): unknown {
  if (typeof before === "string") return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (typeof before === "object" && before !== null) throw new Error(t("answerIsJson", { reason: (error as Error).message }));
    return text;
  }
}
