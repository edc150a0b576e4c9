/** Calls that must not compile: each `@ts-expect-error` is an error itself where there is none. */

import { AgenticRAGClient, type ChatEvent } from 'agenticrag-client';

export async function mistakes(client: AgenticRAGClient): Promise<void> {
  // @ts-expect-error: a message is needed
  await client.chatflows.chat({});
  // @ts-expect-error: names are camelCase
  await client.chatflows.chat({ message: 'Hi', session_id: 's' });
  // @ts-expect-error: a status is one of a few words
  await client.executions.list({ status: 'done' });
  // @ts-expect-error: an id is text
  await client.flows.get(1);
  // @ts-expect-error: free JSON has to be looked at before it is used
  (await client.workflows.execute('id')).output.text;
}

export function told(event: ChatEvent): string {
  if (event.type === 'content') return event.content;
  // @ts-expect-error: what is no content has none
  return event.content;
}
