import { AgenticRAGClient } from 'agenticrag-client';

const patient = (url: string | URL | Request, init?: RequestInit) => fetch(url, { ...init, keepalive: false });
const client = new AgenticRAGClient({ fetch: patient });
console.log((await client.chatflows.chat({ message: 'Say hello.' })).response);
