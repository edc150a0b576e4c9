/** One flow: its picture, which lights up as nodes run, and a playground. */

import { call } from "../api.js";
import { element } from "../dom.js";
import { Picture } from "../picture.js";

/** Return what the check says about a flow, or nothing where it has nothing to say. */
async function remarks(id) {
  const { errors, warnings } = await call("GET", `/flows/${encodeURIComponent(id)}/validate`);
  const told = [...errors, ...warnings];
  if (!told.length) return null;
  return element(
    "details",
    { className: "card", open: errors.length > 0 || warnings.some((one) => one.code === "open_way_out") },
    element("summary", {}, errors.length ? "This flow cannot run as it is" : told.length === 1 ? "1 warning" : `${told.length} warnings`),
    element("ul", {}, told.map((one) => element("li", {}, one.message))),
  );
}

/** Return where clients of other protocols find the flow, or nothing where none does. */
function endpoints(flow) {
  const names = { openai: "OpenAI", mcp: "MCP", ai_sdk: "AI SDK", langgraph: "LangGraph", ag_ui: "AG-UI" };
  const found = Object.entries(names).filter(([name]) => flow.endpoints?.[name]);
  if (!found.length) return null;
  return element(
    "details",
    { className: "card endpoints" },
    element("summary", {}, "Endpoints for other clients"),
    element(
      "ul",
      {},
      found.map(([name, said]) => {
        const url = new URL(flow.endpoints[name], location.origin).href;
        const called = { openai: ", model ", langgraph: ", assistant " }[name];
        const model = called ? [called, element("code", {}, flow.slug)] : [];
        return element("li", {}, `${said}: `, element("code", {}, url), model);
      }),
    ),
  );
}

export async function open(main, [id]) {
  const flow = await call("GET", `/flows/${encodeURIComponent(id)}`);
  document.title = `${flow.name} – AgenticRAG`;
  const drawn = new Picture(`Picture of ${flow.name}`);
  const ground = element("section", { className: "card", "aria-label": "Playground" });
  main.append(
    element("h1", {}, flow.name || "(no name)"),
    element("p", { className: "quiet" }, `${flow.flow_type}, version ${flow.version}`, flow.is_active ? null : ", switched off"),
    element("p", {}, flow.description),
    endpoints(flow),
    element("div", { className: "split" }, drawn.element, ground),
  );
  remarks(id).then((told) => told && main.querySelector(".split").before(told), () => {});
  drawn.show(`/flows/${flow.id}/graph?format=svg`);
  /** Draw how far a run has come, on the flow. */
  const light = (execution) => drawn.show(`/executions/${execution}/graph?format=svg`);
  const { play } = flow.flow_type === "chatflow" ? await import("../chat.js") : await import("../form.js");
  const stop = play(ground, flow, light);
  return () => {
    stop();
    drawn.close();
  };
}
