import OpenAI from 'openai';

const client = new OpenAI();
console.log((await client.responses.create({ model: 'gpt-5', input: 'Say hello.' })).output_text);
