import { createReadStream } from 'node:fs';
import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
const imported = await client.sessions.importFile({ file: createReadStream(process.argv[2]!) });
console.log(imported.sessionId);
