import OpenAI from 'openai';

const patient = (url: string | URL | Request, init?: RequestInit) => fetch(url, { ...init, keepalive: false });
const client = new OpenAI({ fetch: patient });
console.log((await client.responses.create({ model: 'gpt-5', input: 'Say hello.' })).output_text);
