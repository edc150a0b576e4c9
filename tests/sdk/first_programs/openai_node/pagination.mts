import OpenAI from 'openai';

const client = new OpenAI();
for await (const file of client.files.list()) await client.files.delete(file.id);
console.log((await client.files.list()).data.length);
