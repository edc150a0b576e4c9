import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
const run = await client.executions.wait((await client.flows.execute(process.env.ASKING_FLOW!)).id);
for (const { id } of (await client.executions.listInputs(run.id)).inputs) {
  await client.executions.respond(run.id, { action: 'approve', inputId: id });
}
console.log((await client.executions.wait(run.id)).status);
