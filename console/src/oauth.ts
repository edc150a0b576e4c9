/** The page that an authorization server sends people back to: it finishes what they began, by their own key. */

import "./styles/base.css";

import { key } from "./api/tab";
import { element } from "./playground/dom";

const main = document.getElementById("main") as HTMLElement;
const given = new URLSearchParams(location.search);
const whole = location.href;
// The code is of no use twice, and does not belong into the history.
history.replaceState(null, "", location.pathname);

const said = element("p", { role: "status" });
const field = element("input", { id: "key", type: "password", autocomplete: "off", required: true, spellcheck: false });
field.value = key.get();
const title = element("h1", {}, "Finish the authorization");
const form = element(
  "form",
  { className: "card narrow" },
  title,
  element("p", {}, "Only who began it can finish it. Enter the API key that you began it with."),
  element("label", { for: "key" }, "API key"),
  field,
  element("button", { className: "primary" }, "Store the credential"),
  said,
  element("p", { className: "quiet" }, "Began on the command line? Paste this address there:"),
  element("code", { id: "address" }, whole),
);
form.onsubmit = async (event: SubmitEvent) => {
  event.preventDefault();
  const body: Record<string, string | null> = {};
  for (const name of ["state", "code", "error", "iss"]) if (given.get(name)) body[name] = given.get(name);
  const answer = await fetch("/api/agent-builder/oauth/authorizations/finish", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Bearer ${field.value}` },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  said.textContent = answer.ok ? `The credential "${told.name}" is stored. You can close this page.` : told.detail;
  // What is stored needs neither key nor address any more.
  if (answer.ok) form.replaceChildren(title, said);
};
main.replaceChildren(form);
if (field.value) form.requestSubmit();
