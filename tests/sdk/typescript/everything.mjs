/** Makes every call of a plan, and prints what was sent and what came of it: `node everything.mjs plan.json`. */

import { readFile } from 'node:fs/promises';

import { AgenticRAGClient, APIError } from 'agenticrag-client';

let sent = [];
const client = new AgenticRAGClient({
  baseUrl: process.env.AGENTICRAG_URL,
  apiKey: process.env.AGENTICRAG_KEY,
  maxRetries: 0,
  timeout: 20_000,
  fetch: (address, init) => {
    sent.push({ method: init.method, path: new URL(address).pathname });
    return fetch(address, init);
  },
});

/** Make one call and return what it gave, as far as tests look at it. */
async function make({ resource, method, input, streams }) {
  const given = client[resource][method](...input);
  if (!streams) return await given;
  const events = [];
  for await (const event of given) events.push(event);
  return events;
}

const outcomes = [];
for (const call of JSON.parse(await readFile(process.argv[2], 'utf-8'))) {
  sent = [];
  try {
    const answer = await make(call);
    outcomes.push({ id: call.id, sent, answer });
  } catch (error) {
    if (!(error instanceof APIError)) throw new Error(`${call.id}: ${error}`, { cause: error });
    const { status, code, detail } = error;
    outcomes.push({ id: call.id, sent, problem: { status, code, detail } });
  }
}
console.log(JSON.stringify(outcomes));
