/** Asking for the key, once a tab. */

import { call } from "../api.js";
import { complaint, element } from "../dom.js";
import { key } from "../tab.js";

export function open(main, refused, done) {
  document.title = "API key – AgenticRAG";
  const field = element("input", { id: "key", type: "password", autocomplete: "off", required: true, spellcheck: false });
  const trouble = element("div", {}, refused ? complaint(refused) : null);
  const go = element("button", { className: "primary" }, "Go on");
  const form = element(
    "form",
    { className: "card narrow" },
    element("h1", {}, "API key"),
    element("p", {}, "This server asks who you are. Its first start printed the owner's key and keeps it in ", element("code", {}, "data/owner-api-key"), "; ", element("code", {}, "agenticrag keys create"), " makes more."),
    trouble,
    element("label", { for: "key" }, "Key"),
    field,
    element("p", { className: "quiet" }, "It is kept in this tab until you close it, and sent to this server alone."),
    go,
  );
  form.onsubmit = async (event) => {
    event.preventDefault();
    go.disabled = true;
    try {
      key.set(await known(field.value));
      done();
    } catch (error) {
      trouble.replaceChildren(complaint(error));
      field.select();
    }
    go.disabled = false;
  };
  main.replaceChildren(form);
  field.focus();
}

/**
 * Return what was typed as a key that the server knows.
 *
 * Throws a Problem with the server's sentence, or an Error where no server would take it.
 */
async function known(typed) {
  const given = typed.trim().replace(/^Bearer\s+/i, "");
  if (!/^[\x21-\x7e]+$/.test(given)) throw new Error("A key has letters, digits and signs of ASCII, and no blanks. Copy it once more, and nothing around it.");
  try {
    await call("GET", "/flows?page_size=1", { as: given });
  } catch (error) {
    if (error.status !== 403) throw error; // it is known, and may do other things
  }
  return given;
}
