import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as client from '../dist/esm/index.js';
import { all, event, problem, serve, stream } from './loopback.mjs';

const START = { type: 'start', session_id: 's', execution_id: 'e' };
const content = (text) => ({ type: 'content', content: text, node_id: 'llm' });
const DONE = { type: 'done', session_id: 's', execution_id: 'e', response: 'ab', usage: {}, cost_usd: null };
const texts = (events) => events.map((each) => each.content ?? each.type).join(' ');

test('a stream that is cut goes on right after the last event, under the same key', async () => {
  const server = await serve((response, _, number) => {
    stream(response, { 'X-Execution-Id': 'e' });
    if (number === 1) {
      event(response, 'e:1', START);
      event(response, 'e:2', content('a'));
      response.write('id: e:3\nevent: content\ndata: {"type": "cont');
      setTimeout(() => response.destroy(), 20);
    } else {
      event(response, 'e:3', content('b'));
      event(response, 'e:4', DONE);
      response.end();
    }
  });
  const events = server.client().chatflows.chatStream({ message: 'Hi' });
  assert.equal(texts(await all(events)), 'start a b done');
  assert.deepEqual([events.executionId, events.lastEventId, events.reconnects], ['e', 'e:4', 1]);
  const [first, second] = server.requests;
  assert.equal(first.headers['last-event-id'], undefined);
  assert.equal(second.headers['last-event-id'], 'e:2');
  assert.equal(second.headers['idempotency-key'], first.headers['idempotency-key']);
  assert.equal(second.body, first.body);
});

test('a server that stops says when to come back; 204 says that there is nothing more', async () => {
  const server = await serve((response, _, number) => {
    if (number === 2) return response.writeHead(204).end();
    stream(response);
    event(response, '1', { seq: 1, type: 'run.created', execution_id: 'e', ts: 0 });
    response.end('retry: 5\n: the server stops\n\n');
  });
  const found = await all(server.client().executions.follow('e'));
  assert.deepEqual(found, [{ seq: 1, type: 'run.created', executionId: 'e', ts: 0 }]);
  assert.equal(server.requests[1].headers['last-event-id'], '1');
});

test('the literal [DONE] and the last event end a stream without another request', async () => {
  const server = await serve((response, request) => {
    stream(response);
    event(response, '1', { type: 'status', status: 'running' });
    if (request.url.includes('workflows')) event(response, '2', '[DONE]');
    else event(response, '2', { type: 'complete', status: 'completed', output: { a_b: 1 }, token_usage: [] });
  });
  assert.equal((await all(server.client().workflows.executeStream('w'))).length, 1);
  const [, last] = await all(server.client().agentflows.executeStream('w', { x_y: 1 }));
  assert.deepEqual(last, { type: 'complete', status: 'completed', output: { a_b: 1 }, tokenUsage: [] });
  assert.deepEqual(JSON.parse(server.requests[1].body), { input_data: { x_y: 1 } });
  assert.equal(server.requests.length, 2);
});

test('a silent stream counts as broken; heartbeats keep it', async () => {
  const server = await serve((response, _, number) => {
    stream(response);
    if (number > 1) return event(response, '2', DONE);
    event(response, '1', START);
    let beats = 0;
    const timer = setInterval(() => {
      if ((beats += 1) > 4) clearInterval(timer);
      else response.write(': heartbeat\n\n');
    }, 30);
    return undefined;
  });
  const begun = Date.now();
  const events = server.client({ heartbeatTimeout: 80 }).chatflows.chatStream({ message: 'Hi' });
  assert.equal(texts(await all(events)), 'start done');
  assert.ok(Date.now() - begun > 150);
  assert.equal(events.reconnects, 1);
});

test('who reads slowly loses nothing', async () => {
  const server = await serve((response) => {
    stream(response);
    for (const text of 'abc') event(response, text, content(text));
    event(response, 'd', DONE);
  });
  const found = [];
  for await (const each of server.client({ heartbeatTimeout: 30 }).chatflows.chatStream({ message: 'Hi' })) {
    found.push(each);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(texts(found), 'a b c done');
  assert.equal(server.requests.length, 1);
});

test('a problem ends a stream; one that passes does not', async () => {
  const server = await serve((response, _, number) => {
    if (number === 2) return problem(response, 503, 'stopping', {}, { 'Retry-After': '0' });
    if (number === 3) return problem(response, 404, 'not_found');
    stream(response);
    event(response, '1', START);
    return response.destroy();
  });
  const events = server.client().chatflows.chatStream({ message: 'Hi' });
  await assert.rejects(all(events), client.NotFoundError);
  assert.equal(server.requests.length, 3);
});

test('a stream that never gets on is given up', async () => {
  const server = await serve((response) => {
    stream(response);
    response.end('retry: 1\n\n');
  });
  const events = server.client({ maxReconnects: 2 }).chatflows.chatStream({ message: 'Hi' });
  await assert.rejects(all(events), client.ConnectionError);
  assert.equal(server.requests.length, 3);
});

test('nobody there is an error after the retries', async () => {
  const gone = new client.AgenticRAGClient({ baseUrl: 'http://127.0.0.1:9', maxRetries: 1 });
  await assert.rejects(all(gone.chatflows.chatStream({ message: 'Hi' })), client.ConnectionError);
});

test('a signal ends a stream with its reason, close() and break end it quietly', async () => {
  const left = [];
  const server = await serve((response) => {
    response.on('close', () => left.push(1));
    stream(response);
    event(response, '1', START);
  });
  const { chatflows } = server.client();
  const controller = new AbortController();
  const read = async (events, then) => {
    for await (const each of events) then(each, events);
  };
  const aborted = chatflows.chatStream({ message: 'Hi' }, { signal: controller.signal });
  await assert.rejects(read(aborted, () => controller.abort(new Error('enough'))), /^Error: enough$/);
  await read(chatflows.chatStream({ message: 'Hi' }), (_, events) => events.close());
  const broken = chatflows.chatStream({ message: 'Hi' });
  for await (const each of broken) {
    assert.equal(each.type, 'start');
    break;
  }
  assert.throws(() => broken[Symbol.asyncIterator](), client.AgenticRAGError);
  while (left.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(server.requests.length, 3);
});

test('a refusal comes at a call that is awaited, and the stream is read as ever', async () => {
  const server = await serve((response, _, number) => {
    if (number === 1) return problem(response, 401, 'unauthorized');
    stream(response, { 'X-Request-Id': 'req-1' });
    event(response, '1', START);
    return event(response, '2', DONE);
  });
  const { chatflows } = server.client();
  await assert.rejects(async () => await chatflows.chatStream({ message: 'Hi' }), client.AuthenticationError);
  const events = await chatflows.chatStream({ message: 'Hi' });
  assert.ok(events instanceof client.EventStream);
  assert.equal(events.response.headers.get('X-Request-Id'), 'req-1');
  assert.equal(await events, events);
  assert.equal(texts(await all(events)), 'start done');
  assert.equal(server.requests.length, 2);
});

test('a stream that was opened and never read can be closed', async () => {
  let left = 0;
  const server = await serve((response) => {
    response.on('close', () => (left += 1));
    stream(response);
  });
  const events = await server.client().chatflows.chatStream({ message: 'Hi' });
  events.close();
  while (left < 1) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('a stream goes on after an event of another process', async () => {
  const server = await serve((response) => {
    stream(response);
    event(response, 'e:4', DONE);
  });
  const { chatflows, executions } = server.client();
  for (const options of [{ after: 'e:3' }, { lastEventId: 'e:3' }]) {
    await chatflows.chatStream({ message: 'Hi' }, options).untilDone();
    await executions.stream('e', options).untilDone().catch(() => undefined);
  }
  assert.deepEqual(server.requests.map((request) => request.headers['last-event-id']), Array(4).fill('e:3'));
});

test('the text comes by itself and whole', async () => {
  const server = await serve((response) => {
    stream(response);
    event(response, '1', START);
    event(response, '2', { type: 'content', content: 'Hel', node_id: 'n' });
    event(response, '3', { type: 'content', content: 'lo', node_id: 'n' });
    event(response, '4', { ...DONE, response: 'Hello' });
  });
  const { chatflows } = server.client();
  assert.deepEqual(await all(chatflows.chatStream({ message: 'Hi' }).textStream), ['Hel', 'lo']);
  assert.equal(await chatflows.chatStream({ message: 'Hi' }).getFinalText(), 'Hello');
  assert.equal((await chatflows.chatStream({ message: 'Hi' }).getFinalEvent()).type, 'done');
});

test('a failed run ends a stream as an exception for who wants one', async () => {
  const server = await serve((response) => {
    stream(response);
    event(response, '1', { type: 'error', error: 'Too deep.', code: 'cap', session_id: 's', execution_id: 'e' });
  });
  const events = server.client({ raiseOnFailure: true }).chatflows.chatStream({ message: 'Hi' });
  await assert.rejects(events.untilDone(), (error) => error instanceof client.RunFailedError && error.code === 'cap');
});

test('a stream that cannot be taken up says how far it came', async () => {
  const server = await serve((response, _, number) => {
    stream(response);
    if (number === 1) event(response, 'e:1', START);
    response.end('retry: 1\n\n');
  });
  const events = server.client().chatflows.chatStream({ message: 'Hi' }, { maxRetries: 2 });
  await assert.rejects(events.untilDone(), (error) => error instanceof client.StreamBrokenError && error.lastEventId === 'e:1');
  assert.equal(server.requests.length, 3);
});

test('a page in place of a stream is told at once', async () => {
  const server = await serve((response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Log in</h1>'));
  const stream = server.client().chatflows.chatStream({ message: 'Hi' });
  await assert.rejects(async () => stream, client.APIResponseValidationError);
  assert.equal(server.requests.length, 1);
});
