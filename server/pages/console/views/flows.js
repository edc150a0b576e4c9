/** What is running, and the stored flows with their pictures. */

import { call } from "../api.js";
import { badge, complaint, element, moment } from "../dom.js";
import { Picture } from "../picture.js";

const PAGE = 24;
const EVERY = 3000;

export async function open(main) {
  document.title = "Flows – AgenticRAG";
  const running = element("section", { "aria-live": "polite", "aria-label": "Running now" });
  const search = element("input", { type: "search", id: "search", placeholder: "Search" });
  const cards = element("ul", { className: "cards" });
  const more = element("button", { type: "button", hidden: true }, "Show more");
  const count = element("p", { className: "quiet", role: "status" });
  main.append(
    element("h1", {}, "Flows"),
    running,
    element("p", {}, element("label", { for: "search", className: "hidden" }, "Search the flows"), search),
    cards,
    more,
    count,
  );
  const pictures = [];
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      entry.target.draw();
    }
  });
  let page = 0;
  let asked = 0;

  async function load(fresh) {
    const mine = ++asked;
    page = fresh ? 1 : page + 1;
    const query = new URLSearchParams({ page, page_size: PAGE, sort_by: "name", sort_order: "asc", search: search.value });
    const found = await call("GET", `/flows?${query}`);
    if (mine !== asked) return;
    if (fresh) cards.replaceChildren();
    for (const flow of found.flows) {
      const drawn = new Picture(`Picture of ${flow.name}`);
      drawn.element.tabIndex = -1;
      drawn.element.draw = () => drawn.show(`/flows/${flow.id}/graph?format=svg`);
      pictures.push(drawn);
      cards.append(card(flow, drawn));
      seen.observe(drawn.element);
    }
    more.hidden = page * PAGE >= found.total;
    count.textContent = found.total === 1 ? "1 flow" : `${found.total} flows`;
  }

  async function look() {
    if (document.hidden) return;
    try {
      const [works, waits] = await Promise.all(
        ["running", "waiting_approval"].map((status) => call("GET", `/executions?status=${status}&limit=20`)),
      );
      const rows = [...works.executions, ...waits.executions];
      running.replaceChildren(
        element("h2", {}, rows.length ? `Running now: ${works.total + waits.total}` : "Nothing is running"),
        ...(rows.length ? [element("ul", { className: "rows" }, rows.map(row))] : []),
      );
    } catch (error) {
      running.replaceChildren(complaint(error));
    }
  }

  more.onclick = () => load(false).catch((error) => main.append(complaint(error)));
  search.oninput = () => load(true).catch((error) => main.append(complaint(error)));
  await Promise.all([load(true), look()]);
  const looking = setInterval(look, EVERY);
  return () => {
    clearInterval(looking);
    seen.disconnect();
    pictures.forEach((each) => each.close());
  };
}

function card(flow, drawn) {
  return element(
    "li",
    { className: "card" },
    element("a", { href: `#/flows/${flow.id}`, className: "whole" }, element("h2", {}, flow.name || "(no name)")),
    element("p", { className: "quiet" }, flow.flow_type, flow.is_active ? null : " · switched off"),
    drawn.element,
    element("p", {}, flow.description),
  );
}

function row(execution) {
  const link = element("a", { href: `#/executions/${execution.id}` }, moment(execution.started_at || execution.created_at));
  return element("li", {}, badge(execution.status), " ", link, " ", execution.flow_type, execution.session_id ? ` · session ${execution.session_id}` : null);
}
