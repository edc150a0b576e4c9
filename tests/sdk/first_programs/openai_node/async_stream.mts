import OpenAI from 'openai';

const client = new OpenAI();
const stream = await client.responses.create({ model: 'gpt-5', input: 'Say hello.', stream: true });
for await (const event of stream) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
}
