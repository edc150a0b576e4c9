import OpenAI from 'openai';

const client = new OpenAI();
const [, , id, after] = process.argv;
const rest = await client.responses.retrieve(id!, { stream: true, starting_after: Number(after) });
for await (const event of rest) console.log(event.type);
