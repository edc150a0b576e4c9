/** Makes calls of four kinds to a hostile server, and prints what came of each. */

import { AgenticRAGClient } from 'agenticrag-client';

const [url, ...names] = process.argv.slice(2);
const CALLS = {
  get: (client) => client.agents.list(),
  post: (client) => client.agents.create({ name: 'A' }),
  keyed: (client) => client.chatflows.chat({ message: 'Hello!' }),
  stream: (client) => client.chatflows.chatStream({ message: 'Hello!' }).untilDone(),
};

async function outcome(name, kind) {
  const baseUrl = `${url}/${name}~${kind}~typescript`;
  const client = new AgenticRAGClient({ baseUrl, apiKey: 'k', maxRetries: 2, timeout: 4000, logLevel: 'off' });
  try {
    await CALLS[kind](client);
    return 'fine';
  } catch (error) {
    return error.name;
  }
}

const found = {};
await Promise.all(
  names.flatMap((name) =>
    Object.keys(CALLS).map(async (kind) => {
      found[`${name} ${kind}`] = await outcome(name, kind);
    }),
  ),
);
console.log(JSON.stringify(found));
