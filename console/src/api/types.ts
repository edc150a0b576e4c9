/** The shapes of the API: those of the generated SDK, by their names on the wire. */

import type { Content } from "../playground/carried";
import type * as sdk from "../../../sdks/typescript/src/models";

type Snake<S extends string> = S extends `${infer H}${infer R}` ? `${H extends Uppercase<H> ? (H extends Lowercase<H> ? H : `_${Lowercase<H>}`) : H}${Snake<R>}` : S;

/** A model of the SDK as the server sends it: its names in snake_case. */
export type Wire<T> = T extends readonly (infer U)[] ? Wire<U>[] : T extends object ? { [K in keyof T as K extends string ? Snake<K> : K]: Wire<T[K]> } : T;

export type NodeType = Wire<sdk.NodeTypeInfo>;
export type ExecutionDetails = Wire<sdk.ExecutionDetails>;
export type ExecutionPage = Wire<sdk.ExecutionPage>;
export type ExecutionSummary = Wire<sdk.ExecutionSummary>;
export type InputList = Wire<sdk.InputList>;
export type ModelView = Wire<sdk.ModelView>;
export type VersionPage = Wire<sdk.VersionPage>;
export type VersionSummary = Wire<sdk.VersionSummary>;
export type FlowDiff = Wire<sdk.FlowDiff>;
export type Checked = Wire<sdk.Checked>;
export type SessionPage = Wire<sdk.SessionPage>;
/** A session with its messages; the content of one is a text, or parts where files came with it. */
export type SessionHistory = Omit<Wire<sdk.SessionHistory>, "messages"> & {
  messages: (Omit<Wire<sdk.StoredMessage>, "alternatives" | "content" | "message_metadata"> & { alternatives: string[]; content: Content; message_metadata: { execution_id?: string } })[];
};
export type ToolInfo = Wire<sdk.ToolInfo>;

/** A node of a document, in the format of React Flow; its names are the same on the wire. */
export interface NodeDocument {
  id: string;
  type: string;
  data?: Record<string, unknown>;
  position?: { x?: number; y?: number };
  width?: number | null;
  height?: number | null;
  [other: string]: unknown;
}

export interface EdgeDocument {
  id: string;
  source: string;
  target: string;
  sourceHandle?: string | null;
  targetHandle?: string | null;
  [other: string]: unknown;
}

export interface GraphDocument {
  nodes: NodeDocument[];
  edges?: EdgeDocument[];
  [other: string]: unknown;
}

/** A flow of either kind, as the server sends it. */
export interface FlowView {
  id: string;
  flow_type: "chatflow" | "agentflow";
  slug: string;
  name: string;
  description: string;
  tags: string[];
  category: string;
  version: number;
  is_active: boolean;
  updated_at?: string | null;
  endpoints?: { openai: string | null; mcp: string | null; ai_sdk: string | null; langgraph: string | null; ag_ui: string | null };
  graph_definition?: GraphDocument | null;
  chat_config?: Record<string, unknown> | null;
  memory_config?: Record<string, unknown> | null;
  rag_config?: Record<string, unknown> | null;
  orchestration_type?: string;
  agents?: unknown[];
  [other: string]: unknown;
}

export interface FlowPage {
  flows: FlowView[];
  total: number;
}

/** A draft of a flow, and what the server finds in it. */
export interface DraftView {
  flow: FlowView;
  based_on: number;
  is_behind: boolean;
  revision: number;
  updated_at: string | null;
  check: Checked;
}
