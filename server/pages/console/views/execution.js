/** One execution: its timeline, its picture, and what it asks; live while it runs. */

import { call } from "../api.js";
import { badge, complaint, element, lasted, moment, pretty } from "../dom.js";
import { Picture } from "../picture.js";
import { question } from "../questions.js";

const EVERY = 1000;

export async function open(main, [id]) {
  document.title = "Execution – AgenticRAG";
  const path = `/executions/${encodeURIComponent(id)}`;
  const drawn = new Picture("Picture of the run");
  const head = element("div");
  const asks = element("div", { "aria-live": "polite" });
  const bars = element("ol", { className: "timeline", "aria-label": "Timeline" });
  const values = element("div");
  main.append(element("h1", {}, "Execution"), head, asks, element("div", { className: "split" }, drawn.element, element("section", { className: "card" }, element("h2", {}, "Timeline"), bars)), values);
  const asked = new Set();
  let last = "";

  async function look() {
    const run = await call("GET", path);
    const state = JSON.stringify([run.status, run.node_executions]);
    if (state === last) return run;
    last = state;
    head.replaceChildren(...summary(run, path));
    bars.replaceChildren(...timeline(run));
    values.replaceChildren(...ends(run));
    drawn.show(`${path}/graph?format=svg`);
    if (run.status === "waiting_approval") {
      const { inputs } = await call("GET", `${path}/inputs`);
      for (const each of inputs.filter((input) => input.status === "open" && !asked.has(input.id))) {
        asked.add(each.id);
        if (each.actions.length) asks.append(question(run.id, each));
      }
    }
    return run;
  }

  let run = await look();
  const looking = setInterval(async () => {
    if (run.completed_at) return clearInterval(looking);
    try {
      if (!document.hidden) run = await look();
    } catch (error) {
      head.replaceChildren(complaint(error));
    }
  }, EVERY);
  return () => {
    clearInterval(looking);
    drawn.close();
  };
}

function summary(run, path) {
  const tokens = run.token_usage.reduce((sum, each) => sum + each.input_tokens + each.output_tokens, 0);
  const facts = [badge(run.status), ` began ${moment(run.started_at || run.created_at)}`, run.duration_ms === null ? "" : `, took ${lasted(run.duration_ms)}`, `, ${tokens} tokens`, run.recoveries ? `, taken up again ${run.recoveries} times` : ""];
  const made = [element("p", {}, facts)];
  if (run.flow_id) made.push(element("p", {}, element("a", { href: `#/flows/${run.flow_id}` }, "To the flow"), run.session_id ? ` · session ${run.session_id}` : ""));
  if (run.error_message) made.push(complaint({ message: run.error_message }));
  if (!run.completed_at) {
    const stop = element("button", { type: "button" }, "Cancel it");
    stop.onclick = () => call("POST", `${path}/cancel`).catch((error) => stop.replaceWith(complaint(error)));
    made.push(element("p", {}, stop));
  }
  return made;
}

/** Return a bar for each run of a node, from the run's begin to its end. */
function timeline(run) {
  const nodes = run.node_executions.filter((node) => node.started_at).sort((a, b) => a.started_at.localeCompare(b.started_at));
  if (!nodes.length) return [element("li", { className: "quiet" }, "No node has run.")];
  const first = Date.parse(nodes[0].started_at);
  const until = Math.max(first + 1, ...nodes.map((node) => Date.parse(node.completed_at || run.completed_at || new Date().toISOString())));
  return nodes.map((node) => {
    const from = Date.parse(node.started_at);
    const to = Date.parse(node.completed_at || run.completed_at || new Date().toISOString());
    const bar = element("span", { className: `bar ${node.status}` });
    bar.style.marginLeft = `${Math.min(99.5, (100 * (from - first)) / (until - first))}%`;
    bar.style.width = `${Math.max(0.5, (100 * (to - from)) / (until - first))}%`;
    const spent = node.input_tokens + node.output_tokens;
    const words = element(
      "summary",
      {},
      element("span", { className: "name" }, node.path ? `${node.path}/` : "", node.label || node.node_id),
      element("span", { className: "quiet" }, ` ${node.node_type} · ${node.status} · ${lasted(node.duration_ms)}`, spent ? ` · ${spent} tokens` : "", node.attempt > 1 ? ` · attempt ${node.attempt}` : ""),
      element("span", { className: "lane" }, bar),
    );
    return element("li", {}, element("details", {}, words, node.error ? complaint({ message: node.error }) : null, part("Input", node.input), part("Output", node.output)));
  });
}

function ends(run) {
  return [element("div", { className: "split" }, part("Input", run.input_data), part("Output", run.output_data))];
}

function part(title, value) {
  if (value === null || value === undefined) return null;
  return element("section", {}, element("h3", {}, title), element("pre", { tabIndex: 0 }, pretty(value)));
}
