/** The console: which view an address shows. A view is a module with `open(main, parameters)`, which fills
 *  `main` and returns a function that is called when the view is left. */

import { call, Problem } from "./api.js";
import { complaint, element } from "./dom.js";
import { key } from "./tab.js";

/** One line a view; the first that fits counts. */
const VIEWS = [
  [/^\/?$/, () => import("./views/flows.js")],
  [/^\/flows\/([\w-]+)$/, () => import("./views/flow.js")],
  [/^\/executions$/, () => import("./views/executions.js")],
  [/^\/executions\/([\w-]+)$/, () => import("./views/execution.js")],
];

const main = document.getElementById("main");
const leave = document.getElementById("leave");
let close = () => {};
let turn = 0;

async function show() {
  const mine = ++turn;
  close();
  close = () => {};
  main.replaceChildren();
  const path = location.hash.slice(1);
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === (path.startsWith("/executions") ? "#/executions" : "#/");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  leave.hidden = !key.get();
  try {
    await call("GET", "/flows?page_size=1");
    const [load, parameters] = found(path);
    const view = await load();
    if (mine !== turn) return;
    const left = await view.open(main, parameters);
    if (mine === turn) close = left || close;
    else left?.();
  } catch (error) {
    if (mine !== turn) return;
    if (error.status === 401) await ask(error);
    else main.replaceChildren(complaint(error), element("p", {}, element("a", { href: "#/" }, "To the flows")));
  }
}

/**
 * Return the module of a view, and what the address names in it.
 *
 * Throws a Problem for an address that leads to no view.
 */
function found(path) {
  for (const [pattern, load] of VIEWS) {
    const fits = path.match(pattern);
    if (fits) return [load, fits.slice(1)];
  }
  throw new Problem(404, `This page has no view at '#${path.slice(0, 80)}'. Go to the flows, or to the executions, and choose there.`);
}

/** Ask for a key. One that the server does not know is not kept. */
async function ask(error) {
  const { open } = await import("./views/key.js");
  const refused = key.get() ? error.message : "";
  key.forget();
  leave.hidden = true;
  open(main, refused, show);
}

leave.onclick = () => {
  key.forget();
  show();
};
addEventListener("hashchange", async () => {
  await show();
  main.focus({ preventScroll: true });
  scrollTo(0, 0);
});
show();
