/** Calls that must not compile: each `@ts-expect-error` is an error itself where there is none. */

import { AgenticRAGClient, type ChatEvent } from 'agenticrag-client';
import { ChatSocket } from 'agenticrag-client/socket';

export async function mistakes(client: AgenticRAGClient): Promise<void> {
  // @ts-expect-error: a message is needed
  await client.chatflows.chat({});
  // @ts-expect-error: names are camelCase
  await client.chatflows.chat({ message: 'Hi', session_id: 's' });
  // @ts-expect-error: a status is one of a few words
  await client.executions.list({ status: 'done' });
  // @ts-expect-error: an id is text or a number
  await client.flows.get({});
  // @ts-expect-error: free JSON has to be looked at before it is used
  (await client.workflows.execute('id')).output.text;
}

/** As the package ws declares its class: it has events of its own. */
declare class OfLibrary {
  onopen: ((event: { type: string; target: OfLibrary }) => void) | null;
  onmessage: ((event: { data: string | ArrayBuffer | Uint8Array[] }) => void) | null;
  onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null;
  onerror: ((event: { error: unknown; message: string }) => void) | null;
  constructor(address: string | URL, protocols?: string | string[]);
  send(data: string | Uint8Array, done?: (error?: Error) => void): void;
  close(code?: number, reason?: string | Uint8Array): void;
}

export async function sockets(client: AgenticRAGClient): Promise<void> {
  for (const WebSocket of [OfLibrary, globalThis.WebSocket]) await ChatSocket.connect(client, { WebSocket });
  // @ts-expect-error: a date is no socket
  await ChatSocket.connect(client, { WebSocket: Date });
}

export function told(event: ChatEvent): string {
  if (event.type === 'content') return event.content;
  // @ts-expect-error: what is no content has none
  return event.content;
}
