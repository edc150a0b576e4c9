/** The package in a context that has what the web has, and nothing of Node: as in workers at the edge. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const WEB = [
  'AbortController', 'AbortSignal', 'Blob', 'FormData', 'Headers', 'ReadableStream', 'Response', 'TextDecoder', 'URL',
  'URLSearchParams', 'clearTimeout', 'console', 'setTimeout',
];
const PROGRAM = `
  import { AgenticRAGClient, RunFailedError } from './index.js';
  const events = [{ type: 'content', content: 'Hi', node_id: 'n' }, { type: 'error', error: 'No.', code: 'x' }];
  const frames = events.map((event, at) => 'id: e:' + at + '\\ndata: ' + JSON.stringify(event) + '\\n\\n').join('');
  const fetch = async (url) =>
    new Response(url.endsWith('/stream') ? frames : JSON.stringify({ agents: [], page_size: 7, total: 0 }));
  const client = new AgenticRAGClient({ baseUrl: 'https://agents.example', fetch, raiseOnFailure: true });
  const told = [typeof process, (await client.agents.list()).pageSize];
  told.push((await client.sessions.importFile({ file: new Uint8Array([1]) })).pageSize);
  try {
    for await (const text of client.chatflows.chatStream({ message: 'Hi' }).textStream) told.push(text);
  } catch (error) {
    told.push(error instanceof RunFailedError ? error.message : String(error));
  }
  console.log(JSON.stringify(told));
`;
const HOST = `
  import { readFile } from 'node:fs/promises';
  import { createContext, SourceTextModule } from 'node:vm';
  const context = createContext(Object.fromEntries(${JSON.stringify(WEB)}.map((name) => [name, globalThis[name]])));
  const loaded = new Map();
  const load = async (name) => {
    const text = await readFile(new URL(name, ${JSON.stringify(new URL('../dist/esm/', import.meta.url).href)}), 'utf-8');
    return new SourceTextModule(text, { context, identifier: name });
  };
  const link = (name) => loaded.get(name) ?? loaded.set(name, load(name)).get(name);
  const program = new SourceTextModule(${JSON.stringify(PROGRAM)}, { context });
  await program.link(link);
  await program.evaluate();
`;

test('it needs nothing of Node', () => {
  const options = ['--experimental-vm-modules', '--no-warnings', '--input-type=module', '-e', HOST];
  const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf-8' });
  assert.equal(stdout.trim(), '["undefined",7,7,"Hi","No."]', stderr);
});
