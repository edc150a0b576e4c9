// OpenAI's client of JavaScript, and the AI SDK's two providers, against our endpoints.
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, streamText } from 'ai6';
import OpenAI from 'openai';

const baseURL = process.env.AGENTICRAG_URL + '/v1';
const apiKey = process.env.AGENTICRAG_API_KEY;
const model = process.argv[2];
const client = new OpenAI({ baseURL, apiKey });
const messages = [{ role: 'user', content: 'Hi' }];

const chat = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
const chatted = await chat.finalChatCompletion();
const streaming = client.responses.stream({ model, input: 'Hi' });
let deltas = '';
streaming.on('response.output_text.delta', (event) => (deltas += event.delta));
const streamed = await streaming.finalResponse();
const resumed = [];
for await (const event of await client.responses.retrieve(streamed.id, { stream: true, starting_after: 5 }))
  resumed.push(event);
const next = await client.responses.create({ model, input: 'More', previous_response_id: streamed.id });

const answers = [];
for (const provider of [
  createOpenAI({ baseURL, apiKey }),
  createOpenAICompatible({ name: 'agenticrag', baseURL, apiKey, includeUsage: true }),
]) {
  const whole = await generateText({ model: provider(model), prompt: 'Hi' });
  const stream = streamText({ model: provider(model), messages });
  answers.push([whole.text, await stream.text, (await stream.usage).outputTokens > 0]);
}
console.log(
  JSON.stringify({
    chatted: chatted.choices[0].message.content,
    usage: chatted.usage.total_tokens,
    deltas,
    streamed: streamed.output_text,
    first: resumed[0].sequence_number,
    last: resumed.at(-1).response.output[0].content[0].text,
    same: next.conversation.id === streamed.conversation.id,
    next: next.output_text,
    answers,
  }),
);
