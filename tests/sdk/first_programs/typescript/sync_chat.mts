import { AgenticRAGClient } from 'agenticrag-client';

const client = new AgenticRAGClient();
console.log((await client.chatflows.chat({ message: 'Say hello.' })).response);
