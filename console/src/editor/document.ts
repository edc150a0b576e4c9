/** A flow's document as the canvas has it, and back: nothing that a document says is lost on the way. */

import { type Edge, MarkerType, type Node } from "@xyflow/svelte";

import type { EdgeDocument, GraphDocument, NodeDocument, NodeType } from "../api/types";

export interface StepData extends Record<string, unknown> {
  /** The node's type. */
  kind: string;
  config: Record<string, unknown>;
  /** What else the document says of the node. */
  rest: Record<string, unknown>;
  /** What became of it, where two versions are compared. */
  change?: "added" | "changed" | "removed";
}

export type Step = Node<StepData>;
export type Way = Edge<{ rest: Record<string, unknown> }>;
export type Types = Map<string, NodeType>;

/** Fields of a node that belong to the canvas, and not to the document. */
const PASSING = new Set(["id", "type", "data", "position", "selected", "dragging", "measured"]);

/** Return the nodes and edges of a document. Nodes without a place get one in a row. */
export function toCanvas(graph: GraphDocument | null | undefined): { nodes: Step[]; edges: Way[] } {
  const nodes = (graph?.nodes ?? []).map((node, place): Step => stepOf(node, { x: place * 240, y: 0 }));
  const edges = (graph?.edges ?? []).map(wayOf);
  return { nodes, edges };
}

export function stepOf(node: NodeDocument, otherwise: { x: number; y: number }): Step {
  const rest = Object.fromEntries(Object.entries(node).filter(([name]) => !PASSING.has(name)));
  const { x = otherwise.x, y = otherwise.y } = node.position ?? {};
  return {
    id: node.id,
    type: node.type === "note" ? "note" : "step",
    position: { x, y },
    // Until it is drawn: what is out of sight has a place on the small map, too.
    initialWidth: 190,
    initialHeight: 62,
    data: { kind: node.type, config: node.data ?? {}, rest },
  };
}

export function wayOf(edge: EdgeDocument): Way {
  const { id, source, target, sourceHandle, targetHandle, selected: _, ...rest } = edge;
  return { id, source, target, sourceHandle: sourceHandle ?? null, targetHandle: targetHandle ?? null, markerEnd: { type: MarkerType.ArrowClosed, width: 18, height: 18 }, data: { rest } };
}

/** Return the document of what is on the canvas; `before` has what the canvas does not show. */
export function toDocument(nodes: Step[], edges: Way[], before: GraphDocument | null | undefined): GraphDocument {
  const { nodes: _nodes, edges: _edges, ...others } = before ?? { nodes: [] };
  return { ...others, nodes: nodes.map(nodeDocument), edges: edges.map(edgeDocument) };
}

export function nodeDocument(node: Step): NodeDocument {
  return {
    ...node.data.rest,
    id: node.id,
    type: node.data.kind,
    ...(Object.keys(node.data.config).length ? { data: node.data.config } : {}),
    position: { x: Math.round(node.position.x), y: Math.round(node.position.y) },
  };
}

export function edgeDocument(edge: Way): EdgeDocument {
  const { label: _label, style: _style, animated: _animated, ...rest } = edge.data?.rest ?? {};
  return {
    ...rest,
    id: edge.id,
    source: edge.source,
    target: edge.target,
    ...(edge.sourceHandle ? { sourceHandle: edge.sourceHandle } : {}),
    ...(edge.targetHandle ? { targetHandle: edge.targetHandle } : {}),
  };
}

function named(list: unknown, field: string): string[] {
  if (!Array.isArray(list)) return [];
  return list.map((each) => (typeof each === "string" ? each : String((each as Record<string, unknown> | null)?.[field] ?? ""))).filter(Boolean);
}

/** Return the outlets of a node by its settings: some types name their own. */
export function outlets(kind: string, config: Record<string, unknown>, types: Types): string[] {
  const own = (() => {
    switch (kind) {
      case "switch":
        return [...named(config.cases, "outlet"), "default"];
      case "classify":
        return [...named(config.classes, "name"), String(config.fallback || "other")];
      case "decide":
        return config.several || config.branch === false ? ["out"] : named(config.choices, "outlet");
      case "parallel":
        return [...named(config.branches, "name"), "done"];
      case "loop":
        return config.while ? ["body", "done", "exhausted"] : ["body", "done"];
      default:
        return types.get(kind)?.outlets ?? ["out"];
    }
  })();
  const all = config.on_error === "outlet" && kind !== "start" ? [...own, "error"] : own;
  return [...new Set(all)];
}

/** The outlets behind which a control node's bodies begin. */
export function bodyOutlets(kind: string, config: Record<string, unknown>, types: Types): string[] {
  if (kind === "loop" || kind === "iteration" || kind === "try_catch") return ["body"];
  if (kind === "parallel") return outlets(kind, config, types).filter((each) => each !== "done" && each !== "error");
  return [];
}

/** Return the ids of the nodes of each control node's bodies: what follows its outlet and leads back to it. */
export function bodies(nodes: Step[], edges: Way[], types: Types): Map<string, Set<string>> {
  const after = new Map<string, Way[]>();
  for (const edge of edges) after.set(edge.source, [...(after.get(edge.source) ?? []), edge]);
  const found = new Map<string, Set<string>>();
  for (const node of nodes) {
    const outs = bodyOutlets(node.data.kind, node.data.config, types);
    if (!outs.length) continue;
    const inside = new Set<string>();
    const open = (after.get(node.id) ?? []).filter((edge) => outs.includes(edge.sourceHandle ?? "")).map((edge) => edge.target);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === node.id || inside.has(next)) continue;
      inside.add(next);
      open.push(...(after.get(next) ?? []).map((edge) => edge.target));
    }
    if (inside.size) found.set(node.id, inside);
  }
  return found;
}

/** Return an id that no node has, made from a type. */
export function freshId(kind: string, taken: Set<string>): string {
  if (!taken.has(kind)) return kind;
  for (let number = 2; ; number++) if (!taken.has(`${kind}_${number}`)) return `${kind}_${number}`;
}

/** Return an id that no edge has. */
export function freshEdge(source: string, outlet: string | null, target: string, taken: Set<string>): string {
  const name = `${source}${outlet && outlet !== "out" ? `-${outlet}` : ""}-${target}`;
  for (let number = 1; ; number++) {
    const id = number === 1 ? name : `${name}-${number}`;
    if (!taken.has(id)) return id;
  }
}

/** Return what a new node is set to: what the first example has for fields that must be there. */
export function fresh(type: NodeType): Record<string, unknown> {
  const required = (type.schema.required as string[] | undefined) ?? [];
  const example = (type.examples[0] as { data?: Record<string, unknown> } | undefined)?.data ?? {};
  return Object.fromEntries(required.filter((name) => name in example).map((name) => [name, structuredClone(example[name])]));
}
