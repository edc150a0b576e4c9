/** The console: which view an address shows. A view is a module with `open(main, parameters)`, which fills
 *  `main` and returns a function that is called when the view is left. */

import { call, key, Problem } from "./api.js";
import { complaint, element } from "./dom.js";

/** One line a view; the first that fits counts. */
const VIEWS = [
  [/^\/?$/, () => import("./views/flows.js")],
  [/^\/flows\/([^/]+)$/, () => import("./views/flow.js")],
  [/^\/executions$/, () => import("./views/executions.js")],
  [/^\/executions\/([^/]+)$/, () => import("./views/execution.js")],
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
  const path = decodeURI(location.hash.slice(1));
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.getAttribute("href") === (path.startsWith("/executions") ? "#/executions" : "#/");
    if (here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  leave.hidden = !key.get();
  try {
    await call("GET", "/flows?page_size=1");
    const [pattern, load] = VIEWS.find(([each]) => each.test(path)) || [];
    if (!load) throw new Problem(404, "There is no such page.");
    const view = await load();
    if (mine !== turn) return;
    const left = await view.open(main, path.match(pattern).slice(1));
    if (mine === turn) close = left || close;
    else left?.();
  } catch (error) {
    if (mine !== turn) return;
    if (error.status === 401) await ask(error);
    else main.replaceChildren(complaint(error), element("p", {}, element("a", { href: "#/" }, "To the flows")));
  }
}

async function ask(error) {
  const { open } = await import("./views/key.js");
  open(main, key.get() ? error.message : "", show);
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
