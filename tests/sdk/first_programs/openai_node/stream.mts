import OpenAI from 'openai';

const client = new OpenAI();
for await (const event of await client.responses.create({ model: 'gpt-5', input: 'Say hello.', stream: true })) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);
}
