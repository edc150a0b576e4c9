import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
for await (const agent of client.agents.listAll()) await client.agents.delete(agent.id);
console.log((await client.agents.list()).total);
