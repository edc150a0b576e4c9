/** One flow: its picture, which lights up as nodes run, and a playground. */

import { call } from "../api.js";
import { element } from "../dom.js";
import { Picture } from "../picture.js";

export async function open(main, [id]) {
  const flow = await call("GET", `/flows/${encodeURIComponent(id)}`);
  document.title = `${flow.name} – AgenticRAG`;
  const drawn = new Picture(`Picture of ${flow.name}`);
  const ground = element("section", { className: "card", "aria-label": "Playground" });
  main.append(
    element("h1", {}, flow.name || "(no name)"),
    element("p", { className: "quiet" }, `${flow.flow_type}, version ${flow.version}`, flow.is_active ? null : ", switched off"),
    element("p", {}, flow.description),
    element("div", { className: "split" }, drawn.element, ground),
  );
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
