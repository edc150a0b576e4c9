/** The last executions. */

import { call } from "../api.js";
import { badge, complaint, element, lasted, moment } from "../dom.js";

const PAGE = 30;
const HEADS = ["Status", "Began", "Flow", "Session", "Took", "Error"];
const STATES = ["", "running", "waiting_approval", "pending", "completed", "failed", "cancelled", "timeout"];

export async function open(main) {
  document.title = "Executions – AgenticRAG";
  const status = element("select", { id: "status" }, STATES.map((each) => element("option", { value: each }, each.replace("_", " ") || "any status")));
  const rows = element("tbody", { role: "rowgroup" });
  const count = element("p", { className: "quiet", role: "status" });
  const newer = element("button", { type: "button" }, "Newer");
  const older = element("button", { type: "button" }, "Older");
  const heads = HEADS.map((each) => element("th", { scope: "col", role: "columnheader" }, each));
  // On a narrow screen each row is drawn as a card, which ends what a table means: the roles keep it.
  const table = element("table", { className: "stacked", role: "table" }, element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, heads)), rows);
  const trouble = element("div");
  main.append(
    element("h1", {}, "Executions"),
    element("p", {}, element("label", { for: "status" }, "Show "), status),
    trouble,
    element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Executions" }, table),
    element("p", { className: "buttons" }, newer, older),
    count,
  );
  const names = new Map();
  let offset = 0;

  async function load() {
    const query = new URLSearchParams({ limit: PAGE, offset, ...(status.value ? { status: status.value } : {}) });
    try {
      const found = await call("GET", `/executions?${query}`);
      await Promise.all([...new Set(found.executions.map((each) => each.flow_id))].map(learn));
      rows.replaceChildren(...found.executions.map((each) => row(each, names)));
      newer.disabled = offset === 0;
      older.disabled = offset + PAGE >= found.total;
      count.textContent = found.total === 1 ? "1 execution" : `${found.total} executions`;
      trouble.replaceChildren();
    } catch (error) {
      trouble.replaceChildren(complaint(error));
    }
  }

  async function learn(flow) {
    if (!flow || names.has(flow)) return;
    names.set(flow, flow);
    names.set(flow, (await call("GET", `/flows/${flow}`).catch(() => ({ name: "(deleted)" }))).name);
  }

  status.onchange = () => {
    offset = 0;
    load();
  };
  newer.onclick = () => {
    offset = Math.max(0, offset - PAGE);
    load();
  };
  older.onclick = () => {
    offset += PAGE;
    load();
  };
  await load();
}

function row(execution, names) {
  const link = element("a", { href: `#/executions/${execution.id}` }, moment(execution.started_at || execution.created_at));
  const cells = [badge(execution.status), link, names.get(execution.flow_id) || "a chat by its config", execution.session_id || "", lasted(execution.duration_ms), execution.error_message || ""];
  return element("tr", { role: "row" }, cells.map((each, place) => element("td", { role: "cell", "data-head": HEADS[place] }, each)));
}
