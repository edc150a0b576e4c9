/** The package as CommonJS. */

const assert = require('node:assert/strict');

const { AgenticRAGClient, NotFoundError, VERSION } = require('agenticrag-client');

async function main() {
  const client = new AgenticRAGClient({
    baseUrl: process.env.AGENTICRAG_URL,
    apiKey: process.env.AGENTICRAG_KEY,
  });
  const texts = [];
  for await (const event of client.chatflows.chatStream({ message: 'Hello!' })) {
    if (event.type === 'content') texts.push(event.content);
    if (event.type === 'done') assert.equal(texts.join(''), event.response);
  }
  assert.ok(texts.length > 0);
  await assert.rejects(client.flows.get('none'), NotFoundError);
  assert.match(VERSION, /^\d/);
}

main().then(
  () => console.log('fine'),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
