/** The flow under edit: what is on the canvas, its history, its draft on the server, and what is wrong with it. */

import { call, type Fault, type Problem, tagged } from "../api/client";
import type { DraftView, EdgeDocument, FlowView, GraphDocument, NodeDocument, NodeType, VersionPage } from "../api/types";
import { t } from "../i18n";
import { say } from "../ui/toasts.svelte";
import type { Compared } from "./comparison";
import { edgeDocument, freshEdge, freshId, nodeDocument, outlets, type Step, stepOf, toCanvas, toDocument, type Types, type Way, wayOf } from "./document";

/** Fields of a flow beside its graph that the editor changes. */
export const FIELDS = ["name", "description", "tags", "chat_config", "memory_config", "rag_config", "graph_definition"] as const;

/** What an agentflow without a graph has: agents, and how they work together. */
const TEAM = ["orchestration_type", "supervisor_config", "agents"] as const;

const PAUSE = 700;
const LONGEST = 200;

/** How the draft stands: kept on the server, being changed, being sent, changed by somebody else, or not kept. */
export type Saving = "saved" | "changed" | "saving" | "conflict" | "failed";

export class EditorState {
  flow = $state.raw<FlowView>({} as FlowView);
  /** The fields beside the graph, as they are now. */
  fields = $state<Record<string, unknown>>({});
  nodes = $state.raw<Step[]>([]);
  edges = $state.raw<Way[]>([]);
  types = $state.raw<Types>(new Map());
  errors = $state.raw<Fault[]>([]);
  warnings = $state.raw<Fault[]>([]);
  saving = $state<Saving>("saved");
  trouble = $state("");
  /** Whether a draft is there that was not published. */
  isDraft = $state(false);
  isBehind = $state(false);
  canUndo = $state(false);
  canRedo = $state(false);
  /** What a run did to each node, by its id. */
  ran = $state.raw<Map<string, Ran>>(new Map());

  /** The version that is compared with what is on the canvas; null where none is. */
  compared = $state.raw<Compared | null>(null);

  private graph = $state.raw<GraphDocument | null>(null);
  private tag = '"0"';
  private past: string[] = [];
  private future: string[] = [];
  private timer = 0;
  private sending: Promise<void> | null = null;
  private again = false;
  private gone = false;

  /** Whether the flow has a drawing; a chatflow may do without. */
  get hasGraph(): boolean {
    return this.graph !== null;
  }

  readonly selected = $derived(this.nodes.filter((each) => each.selected));

  /** Load a flow, its draft, and the node types. */
  async load(id: string): Promise<void> {
    const types = call<{ node_types: NodeType[] }>("GET", "/node-types");
    await Promise.all([types, this.reload(encodeURIComponent(id), types)]);
  }

  /** Take what the server has: the draft, or the flow where there is none. */
  async reload(id = this.flow.id, types?: Promise<{ node_types: NodeType[] }>): Promise<void> {
    const [flow, { has_draft: hasDraft }] = await Promise.all([call<FlowView>("GET", `/flows/${id}`), call<VersionPage>("GET", `/flows/${id}/versions?limit=1`)]);
    this.flow = flow;
    if (types) this.types = new Map((await types).node_types.map((each) => [each.type, each]));
    if (hasDraft) {
      const { value, tag } = await tagged<DraftView>("GET", `/flows/${this.flow.id}/draft`);
      this.tag = tag;
      this.isDraft = true;
      this.take(value.flow);
      this.found(value);
    } else {
      this.tag = '"0"';
      this.isDraft = false;
      this.isBehind = false;
      this.take(this.flow);
      this.errors = [];
      this.warnings = [];
      void this.check();
    }
    const unplaced = (this.graph?.nodes ?? []).some((each) => each.position?.x === undefined);
    if (unplaced) await this.lay(this.isDraft ? "draft" : "current").catch(() => {});
    this.saving = "saved";
    this.trouble = "";
    this.past = [this.snapshot()];
    this.future = [];
    this.marks();
  }

  /** Find what is wrong with the published flow, as long as nothing of it is changed. */
  private async check(): Promise<void> {
    const { tag } = this;
    const found = await call<{ errors: Fault[]; warnings: Fault[] }>("GET", `/flows/${this.flow.id}/validate`).catch(() => null);
    if (!found || this.tag !== tag) return;
    this.errors = found.errors;
    this.warnings = found.warnings;
  }

  private take(flow: FlowView): void {
    this.graph = flow.graph_definition ?? null;
    const { nodes, edges } = toCanvas(this.graph);
    this.nodes = nodes;
    this.edges = edges;
    const names = flow.flow_type === "agentflow" && !this.graph ? [...FIELDS, ...TEAM] : FIELDS;
    this.fields = Object.fromEntries(names.filter((each) => each in flow && each !== "graph_definition").map((each) => [each, structuredClone(flow[each])]));
    // The server works out what node an agent becomes, and takes no such field.
    if (Array.isArray(this.fields.agents)) this.fields.agents = this.fields.agents.map(({ node: _, ...agent }) => agent);
  }

  private found(draft: DraftView): void {
    this.errors = draft.check.errors as Fault[];
    this.warnings = draft.check.warnings as Fault[];
    this.isBehind = draft.is_behind;
  }

  /** Return the document as it is now. */
  document(): Record<string, unknown> {
    const graph = this.graph ? toDocument(this.nodes, this.edges, this.graph) : null;
    return { ...$state.snapshot(this.fields), ...(this.flow.flow_type === "chatflow" || graph ? { graph_definition: graph } : {}) };
  }

  private snapshot(): string {
    return JSON.stringify(this.document());
  }

  private marks(): void {
    this.canUndo = this.past.length > 1;
    this.canRedo = this.future.length > 0;
  }

  /** Keep what is on the canvas now: in the history, and soon in the draft. */
  commit(): void {
    const now = this.snapshot();
    if (now === this.past.at(-1)) return;
    this.past.push(now);
    if (this.past.length > LONGEST) this.past.shift();
    this.future = [];
    this.marks();
    this.later();
  }

  undo(): void {
    if (this.past.length < 2) return;
    this.future.push(this.past.pop() as string);
    this.show(this.past.at(-1) as string);
  }

  redo(): void {
    const next = this.future.pop();
    if (next === undefined) return;
    this.past.push(next);
    this.show(next);
  }

  private show(text: string): void {
    this.put(JSON.parse(text) as Record<string, unknown>);
    this.marks();
    this.later();
  }

  private put(document: Record<string, unknown>): void {
    let kept = new Set(this.selected.map((each) => each.id));
    const before = new Set(this.nodes.map((each) => each.id));
    this.take({ ...this.flow, ...document } as FlowView);
    const back = this.nodes.filter((each) => !before.has(each.id)).map((each) => each.id);
    if (back.length) kept = new Set(back);
    if (kept.size) this.nodes = this.nodes.map((each) => (kept.has(each.id) ? { ...each, selected: true } : each));
  }

  /** Take a document that was written as JSON. */
  write(document: Record<string, unknown>): void {
    this.put({ ...this.document(), ...document });
    this.commit();
  }

  /** Give a chatflow without a drawing one that does the same: start, model, end. */
  draw(): void {
    const chat = (this.fields.chat_config ?? {}) as Record<string, unknown>;
    const memory = this.fields.memory_config as Record<string, unknown> | null | undefined;
    const tools = Array.isArray(chat.tools) && chat.tools.length > 0;
    const data = {
      ...(chat.llm_provider ? { provider: chat.llm_provider } : {}),
      ...(chat.llm_model ? { model: chat.llm_model } : {}),
      ...(chat.system_prompt ? { [tools ? "instructions" : "system_prompt"]: chat.system_prompt } : {}),
      ...(tools ? { tools: chat.tools, reads_history: true } : {}),
      ...(memory?.type === "buffer" || memory?.type === "summary" ? { memory: { type: memory.type, max_messages: memory.max_messages ?? 10 } } : {}),
    };
    this.write({ graph_definition: basic(tools ? "agent" : "llm", data) });
  }

  private later(): void {
    if (this.saving !== "conflict") this.saving = "changed";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.save(), PAUSE) as unknown as number;
  }

  /** Store the draft now, where it was changed. */
  async save(): Promise<void> {
    clearTimeout(this.timer);
    if (this.saving === "conflict" || this.saving === "saved" || this.gone) return;
    if (this.sending) {
      this.again = true;
      return this.sending;
    }
    this.sending = this.send();
    await this.sending;
    this.sending = null;
    if (this.again) {
      this.again = false;
      await this.save();
    }
  }

  private async send(): Promise<void> {
    this.saving = "saving";
    const sent = this.snapshot();
    try {
      const { value, tag } = await tagged<DraftView>("PUT", `/flows/${this.flow.id}/draft`, { body: JSON.parse(sent), headers: { "If-Match": this.tag } });
      this.tag = tag;
      this.isDraft = true;
      this.found(value);
      this.trouble = "";
      this.saving = this.snapshot() === sent ? "saved" : "changed";
      if (this.saving === "changed") this.later();
    } catch (error) {
      const problem = error as Problem;
      this.trouble = problem.message;
      if (problem.status === 412) this.saving = "conflict";
      else {
        this.saving = "failed";
        if (problem.errors?.length) this.errors = problem.errors;
      }
    }
  }

  /** After somebody else changed the draft: keep this page's state in place of theirs. */
  async overwrite(): Promise<void> {
    const { tag } = await tagged<DraftView>("GET", `/flows/${this.flow.id}/draft`);
    this.tag = tag;
    this.saving = "changed";
    await this.save();
  }

  /** Publish the draft; `anyway` also where the flow was changed since. */
  async publish(notes: string, anyway = false): Promise<void> {
    await this.save();
    const current = await call<FlowView>("GET", `/flows/${this.flow.id}`);
    const flow = await call<FlowView>("POST", `/flows/${this.flow.id}/publish`, { body: { notes, ...(anyway ? { based_on: current.version } : {}) }, headers: { "If-Match": this.tag } });
    this.flow = flow;
    await this.reload();
    say(t("published", { version: flow.version }));
  }

  /** Throw the draft away. */
  async discard(): Promise<void> {
    clearTimeout(this.timer);
    await call("DELETE", `/flows/${this.flow.id}/draft`);
    await this.reload();
  }

  /**
   * Add a node at a place of the canvas; behind `after`, where one is given. Return its id.
   *
   * Where the outlet leads to a node already, the new one comes between the two, and what follows makes room.
   */
  add(kind: string, position: { x: number; y: number }, config: Record<string, unknown>, after?: { id: string; outlet: string }): string {
    const id = freshId(kind, new Set(this.nodes.map((each) => each.id)));
    const made: Step = { ...stepOf({ id, type: kind, data: config }, position), selected: true };
    this.nodes = [...this.nodes.map((each) => (each.selected ? { ...each, selected: false } : each)), made];
    if (after) {
      const taken = this.edges.filter((each) => each.source === after.id && (each.sourceHandle ?? "out") === after.outlet);
      this.edges = this.edges.filter((each) => !taken.includes(each));
      this.connect(after.id, after.outlet, id, null, false);
      const out = outlets(kind, config, this.types)[0] ?? "out";
      for (const each of taken) this.connect(id, out, each.target, each.targetHandle ?? null, false);
      if (taken.length) this.makeRoom(id, taken.map((each) => each.target));
    }
    this.commit();
    return id;
  }

  /** Move what comes behind a new node to the right, where it stands in its way. */
  private makeRoom(id: string, next: string[]): void {
    const made = this.nodes.find((each) => each.id === id);
    const moved = new Set<string>();
    const open = [...next];
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (moved.has(one) || one === id) continue;
      moved.add(one);
      open.push(...this.edges.filter((each) => each.source === one).map((each) => each.target));
    }
    if (!made || !this.nodes.some((each) => moved.has(each.id) && Math.abs(each.position.x - made.position.x) < 200)) return;
    this.nodes = this.nodes.map((each) => (moved.has(each.id) && each.position.x >= made.position.x - 200 ? { ...each, position: { ...each.position, x: each.position.x + 240 } } : each));
  }

  /** Return whether an edge may be drawn. */
  fits(source: string, outlet: string | null, target: string): boolean {
    const from = this.nodes.find((each) => each.id === source);
    const to = this.nodes.find((each) => each.id === target);
    if (!from || !to || source === target) return false;
    if (to.data.kind === "start" || to.data.kind === "note" || from.data.kind === "note") return false;
    if (!outlets(from.data.kind, from.data.config, this.types).includes(outlet ?? "out")) return false;
    return !this.edges.some((each) => each.source === source && (each.sourceHandle ?? "out") === (outlet ?? "out") && each.target === target);
  }

  connect(source: string, outlet: string | null, target: string, targetHandle: string | null, commit = true): void {
    if (!this.fits(source, outlet, target)) return;
    const plain = outlet === "out" ? null : outlet;
    const id = freshEdge(source, plain, target, new Set(this.edges.map((each) => each.id)));
    this.edges = [...this.edges, wayOf({ id, source, target, sourceHandle: plain, targetHandle })];
    if (commit) this.commit();
  }

  /** Change what a node is set to. Edges of outlets that are gone go, too. */
  configure(id: string, config: Record<string, unknown>): void {
    this.nodes = this.nodes.map((each) => (each.id === id ? { ...each, data: { ...each.data, config } } : each));
    const node = this.nodes.find((each) => each.id === id);
    if (node) {
      const there = outlets(node.data.kind, config, this.types);
      this.edges = this.edges.filter((each) => each.source !== id || there.includes(each.sourceHandle ?? "out") || (!each.sourceHandle && there.length === 1));
    }
    this.commit();
  }

  /** Give a node another id, wherever it is named as an end of an edge. Return whether it could. */
  rename(id: string, name: string): boolean {
    if (!name || this.nodes.some((each) => each.id === name)) return false;
    this.nodes = this.nodes.map((each) => (each.id === id ? { ...each, id: name } : each));
    this.edges = this.edges.map((each) => (each.source === id || each.target === id ? { ...each, source: each.source === id ? name : each.source, target: each.target === id ? name : each.target } : each));
    this.commit();
    return true;
  }

  remove(ids: Set<string>): void {
    this.nodes = this.nodes.filter((each) => !ids.has(each.id));
    this.edges = this.edges.filter((each) => !each.selected && !ids.has(each.source) && !ids.has(each.target));
    this.commit();
  }

  select(ids: Set<string>): void {
    this.nodes = this.nodes.map((each) => (Boolean(each.selected) === ids.has(each.id) ? each : { ...each, selected: ids.has(each.id) }));
    this.edges = this.edges.map((each) => (each.selected ? { ...each, selected: false } : each));
  }

  /** Return the selection as a document. */
  copied(): string {
    const ids = new Set(this.selected.map((each) => each.id));
    const edges = this.edges.filter((each) => ids.has(each.source) && ids.has(each.target));
    return JSON.stringify({ nodes: this.selected.map(nodeDocument), edges: edges.map(edgeDocument) }, null, 2);
  }

  /**
   * Add the nodes and edges of a document, with ids of their own, at an offset.
   *
   * Throws an Error where the text is none.
   */
  paste(text: string, offset = 40): number {
    let given: GraphDocument;
    try {
      given = JSON.parse(text) as GraphDocument;
    } catch {
      throw new Error(t("nothingToPaste"));
    }
    if (given && "graph_definition" in given) given = given.graph_definition as GraphDocument;
    if (!Array.isArray(given?.nodes) || !given.nodes.every((each: NodeDocument) => typeof each?.id === "string" && typeof each.type === "string")) throw new Error(t("nothingToPaste"));
    const taken = new Set(this.nodes.map((each) => each.id));
    const names = new Map<string, string>();
    const hasStart = this.nodes.some((each) => each.data.kind === "start");
    const nodes = given.nodes
      .filter((each) => !(each.type === "start" && hasStart))
      .map((each, place) => {
        const id = taken.has(each.id) ? freshId(each.id, taken) : each.id;
        taken.add(id);
        names.set(each.id, id);
        const at = stepOf(each, { x: place * 240, y: 0 });
        return { ...at, id, selected: true, position: { x: at.position.x + offset, y: at.position.y + offset } };
      });
    const edgeIds = new Set(this.edges.map((each) => each.id));
    const edges = ((given.edges ?? []) as EdgeDocument[])
      .filter((each) => names.has(each.source) && names.has(each.target))
      .map((each) => {
        const [source, target] = [names.get(each.source) as string, names.get(each.target) as string];
        const id = freshEdge(source, each.sourceHandle ?? null, target, edgeIds);
        edgeIds.add(id);
        return wayOf({ ...each, id, source, target });
      });
    this.select(new Set());
    this.nodes = [...this.nodes, ...nodes];
    this.edges = [...this.edges, ...edges];
    this.commit();
    return nodes.length;
  }

  /** Put every node where the server's drawing has it. */
  async arrange(): Promise<void> {
    this.saving = this.saving === "conflict" ? this.saving : "changed";
    await this.save();
    await this.lay("draft");
    this.commit();
  }

  private async lay(version: "draft" | "current"): Promise<void> {
    const drawn = await call<{ nodes: Placed[] }>("GET", `/flows/${this.flow.id}/graph?format=react-flow&layout=right&version=${version}`);
    const corners = new Map<string, { x: number; y: number }>();
    for (const each of drawn.nodes) {
      const outer = each.parentId ? corners.get(each.parentId) : undefined;
      corners.set(each.id, { x: each.position.x + (outer?.x ?? 0), y: each.position.y + (outer?.y ?? 0) });
    }
    this.nodes = this.nodes.map((each) => {
      const corner = corners.get(each.id);
      // Nodes are larger here than in the drawing.
      return corner ? { ...each, position: { x: Math.round(corner.x * 1.75), y: Math.round(corner.y * 1.9) } } : each;
    });
  }

  /** What a finding is about, on the canvas. */
  findingsOf(id: string): Fault[] {
    return [...this.errors, ...this.warnings].filter((each) => each.node === id);
  }

  close(): void {
    void this.save();
    this.gone = false;
  }
}

interface Placed {
  id: string;
  parentId?: string;
  position: { x: number; y: number };
}

/** What a run did to a node. */
export interface Ran {
  status: string;
  ms?: number | null;
  tokens?: number;
  cost?: number | null;
  error?: string | null;
}

/** Return the smallest graph: start, a node that answers, end. */
export function basic(kind: string, data: Record<string, unknown>): GraphDocument {
  return {
    nodes: [
      { id: "start", type: "start", position: { x: 0, y: 0 } },
      { id: "answer", type: kind, data, position: { x: 260, y: 0 } },
      { id: "end", type: "end", position: { x: 520, y: 0 } },
    ],
    edges: [
      { id: "start-answer", source: "start", target: "answer" },
      { id: "answer-end", source: "answer", target: "end" },
    ],
  };
}
