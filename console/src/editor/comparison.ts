/** Two versions of a flow on one canvas: what the later one has, and beside it what it has no more. */

import type { EdgeDocument, FlowDiff, NodeDocument } from "../api/types";
import { type Step, stepOf, type Way, wayOf } from "./document";

export type Change = "added" | "changed" | "removed";

/** A version, and how what is on the canvas differs from it. */
export interface Compared {
  version: number;
  changes: FlowDiff["changes"];
}

/** Return a node below those that lie where it was. */
function beside(node: Step, others: Step[]): Step {
  let { x, y } = node.position;
  while (others.some(({ position }) => Math.abs(position.x - x) < 200 && Math.abs(position.y - y) < 80)) y += 90;
  return { ...node, position: { x, y } };
}

/** Return the nodes and edges of both, each with what became of it. */
export function merged(nodes: Step[], edges: Way[], { changes }: Compared): { nodes: Step[]; edges: Way[] } {
  const kinds = { node: new Map<string, Change>(), edge: new Map<string, Change>() };
  const gone: { nodes: Step[]; edges: Way[] } = { nodes: [], edges: [] };
  for (const { what, kind, id = "", path = [], before } of changes) {
    if ((what !== "node" && what !== "edge") || kind === "reordered") continue;
    if (path.length || kind === "changed") {
      if (!kinds[what].has(id)) kinds[what].set(id, "changed");
    } else {
      kinds[what].set(id, kind);
      if (kind === "removed" && what === "node") gone.nodes.push(beside(stepOf(before as unknown as NodeDocument, { x: gone.nodes.length * 240, y: -160 }), [...nodes, ...gone.nodes]));
      if (kind === "removed" && what === "edge") gone.edges.push(wayOf(before as unknown as EdgeDocument));
    }
  }
  const seen = new Set([...nodes, ...gone.nodes].map((each) => each.id));
  return {
    nodes: [...gone.nodes, ...nodes].map((each) => ({ ...each, selected: false, data: { ...each.data, change: kinds.node.get(each.id) } })),
    edges: [...gone.edges, ...edges].filter((each) => seen.has(each.source) && seen.has(each.target)).map((each) => ({ ...each, selected: false, class: kinds.edge.get(each.id) })),
  };
}
