/** Asking for the key, once a tab. */

import { key } from "../api.js";
import { complaint, element } from "../dom.js";

export function open(main, refused, done) {
  document.title = "API key – AgenticRAG";
  const field = element("input", { id: "key", type: "password", autocomplete: "off", required: true, spellcheck: false });
  const form = element(
    "form",
    { className: "card narrow" },
    element("h1", {}, "API key"),
    element("p", {}, "This server asks who you are. Its first start printed the owner's key and keeps it in ", element("code", {}, "data/owner-api-key"), "; ", element("code", {}, "agenticrag keys create"), " makes more."),
    refused ? complaint(refused) : null,
    element("label", { for: "key" }, "Key"),
    field,
    element("p", { className: "quiet" }, "It is kept in this tab until you close it, and sent to this server alone."),
    element("button", { className: "primary" }, "Go on"),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    key.set(field.value.trim());
    done();
  };
  main.replaceChildren(form);
  field.focus();
}
