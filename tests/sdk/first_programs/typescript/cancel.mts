import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
const run = await client.flows.execute(process.env.SLOW_FLOW!);
await client.executions.cancel(run.id);
console.log((await client.executions.get(run.id)).status);
