import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
const [, , id, after] = process.argv;
for await (const event of client.executions.stream(id!, { after })) console.log(event.type);
