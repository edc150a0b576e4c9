/** Uses a method that was printed for a flow; lies beside a tree that has it. */

import { AgenticRAGClient } from '../dist/esm/index.js';

declare const process: { env: Record<string, string> };
const client = new AgenticRAGClient({
  baseUrl: process.env['AGENTICRAG_URL'] ?? '',
  apiKey: process.env['AGENTICRAG_KEY'],
});

const asked = await client.flows.supportTriage({ ticket_text: 'It broke.' });
console.log(asked.status, asked.inputs?.[0]?.message);
await client.flows.respondToSupportTriage(asked.executionId, 'ask', { action: 'edit', value: 'urgent' });
const ended = await client.executions.wait(asked.executionId);
console.log(ended.status, JSON.stringify(ended.inputData), JSON.stringify(ended.outputData));
for await (const event of client.flows.supportTriageStream({ ticket_text: 'Again.', is_urgent: true })) {
  if (event.type === 'status' && event.status === 'waiting_approval') break;
  if (event.type === 'start') console.log(event.type);
}

export async function requestOf(): Promise<string | null | undefined> {
  const { data, requestId } = await client.flows.supportTriage({ ticket_text: 'It broke.' }).withResponse();
  return data.success ? data.output : requestId;
}

export async function mistakes(): Promise<number> {
  // @ts-expect-error: the flow requires it
  await client.flows.supportTriage({});
  // @ts-expect-error: it takes text
  await client.flows.supportTriage({ ticket_text: 1 });
  // @ts-expect-error: the names are the author's
  await client.flows.supportTriage({ ticketText: 'It broke.' });
  // @ts-expect-error: no such node asks
  await client.flows.respondToSupportTriage('id', 'nobody', { action: 'approve' });
  // @ts-expect-error: it takes other answers
  await client.flows.respondToSupportTriage('id', 'ask', { action: 'perhaps' });
  // @ts-expect-error: the answer is text
  await client.flows.respondToSupportTriage('id', 'ask', { action: 'edit', value: 1 });
  const answer = await client.flows.supportTriage({ ticket_text: 'It broke.' });
  // @ts-expect-error: a run that did not end well has no such output
  const early: string = answer.output;
  const late: string = answer.success ? answer.output : '';
  return early.length + late.length;
}
