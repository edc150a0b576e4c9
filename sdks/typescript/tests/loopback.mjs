/** A server on loopback that answers as a test says, and remembers what it was asked. */

import { createServer } from 'node:http';
import { after } from 'node:test';

import { AgenticRAGClient } from '../dist/esm/index.js';

/**
 * Start a server; `answer` gets each request with its body, and its number from 1.
 *
 * Returns its address, the requests so far, and clients of it.
 */
export async function serve(answer) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const heard = {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: Buffer.concat(pieces).toString('utf-8'),
    };
    requests.push(heard);
    await answer(response, heard, requests.length);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${server.address().port}`;
  return { url, requests, client: (options = {}) => new AgenticRAGClient({ baseUrl: url, apiKey: 'key', ...options }) };
}

/** Answer with JSON. */
export function json(response, value, status = 200, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
  response.end(JSON.stringify(value));
}

/** Answer with a problem document. */
export function problem(response, status, code, more = {}, headers = {}) {
  json(response, { type: `urn:x:${code}`, title: code, status, detail: `It is ${code}.`, code, ...more }, status, {
    'Content-Type': 'application/problem+json',
    ...headers,
  });
}

/** Begin a stream. */
export function stream(response, headers = {}) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', ...headers });
  response.flushHeaders();
}

/** Write one event. */
export function event(response, id, value) {
  const data = typeof value === 'string' ? value : JSON.stringify(value);
  response.write(`id: ${id}\nevent: ${value.type ?? 'x'}\ndata: ${data}\n\n`);
}

/** Return everything that comes. */
export async function all(iterable) {
  const found = [];
  for await (const each of iterable) found.push(each);
  return found;
}
