import OpenAI from 'openai';

const client = new OpenAI();
const run = await client.responses.create({ model: 'gpt-5', input: process.env.SLOW_TASK!, background: true });
await client.responses.cancel(run.id);
console.log((await client.responses.retrieve(run.id)).status);
