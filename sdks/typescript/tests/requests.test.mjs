import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as client from '../dist/esm/index.js';
import { all, json, problem, serve } from './loopback.mjs';

const ANSWER = { success: true, response: 'Hello', session_id: 's', execution_id: 'e' };

test('a request carries the key, its names and one idempotency key, over retries', async () => {
  const server = await serve((response, _, number) =>
    number < 3 ? problem(response, 503, 'stopping', {}, { 'Retry-After': '0' }) : json(response, ANSWER),
  );
  const answer = await server.client().chatflows.chat({ message: 'Hi', sessionId: 's', config: { maxTokens: 5 } });
  assert.deepEqual(answer, { success: true, response: 'Hello', sessionId: 's', executionId: 'e' });
  assert.equal(server.requests.length, 3);
  const [first, ...others] = server.requests;
  assert.equal(first.headers.authorization, 'Bearer key');
  assert.deepEqual(JSON.parse(first.body), { message: 'Hi', session_id: 's', config: { max_tokens: 5 } });
  assert.match(first.headers['idempotency-key'], /^[0-9a-f-]{32,36}$/);
  for (const each of others) assert.equal(each.headers['idempotency-key'], first.headers['idempotency-key']);
});

test('two calls have two idempotency keys, and a call may bring its own', async () => {
  const server = await serve((response) => json(response, ANSWER));
  await server.client().chatflows.chat({ message: 'Hi' });
  await server.client().chatflows.chat({ message: 'Hi' });
  await server.client().chatflows.chat({ message: 'Hi' }, { idempotencyKey: 'mine' });
  const keys = server.requests.map((request) => request.headers['idempotency-key']);
  assert.equal(new Set(keys).size, 3);
  assert.equal(keys[2], 'mine');
});

test('a POST that must not happen twice is sent once', async () => {
  const server = await serve((response) => response.destroy());
  await assert.rejects(server.client().agents.create({ name: 'a' }), client.ConnectionError);
  assert.equal(server.requests.length, 1);
});

test('a request that was refused for its rate is sent again, whatever it is', async () => {
  const server = await serve((response, _, number) =>
    number === 1 ? problem(response, 429, 'rate_limited', {}, { 'Retry-After': '0' }) : json(response, {}, 201),
  );
  await server.client().agents.create({ name: 'a' });
  assert.equal(server.requests.length, 2);
});

test('problems become errors of their status, with their fields', async () => {
  const kinds = {
    400: client.BadRequestError,
    401: client.UnauthorizedError,
    403: client.ForbiddenError,
    404: client.NotFoundError,
    409: client.ConflictError,
    413: client.TooLargeError,
    422: client.InvalidError,
    429: client.RateLimitedError,
    500: client.ServerError,
    503: client.UnavailableError,
    418: client.APIError,
  };
  const more = { execution_id: 'e', problem_id: 'p', errors: [{ message: 'No.', pointer: '/a' }] };
  const server = await serve((response, request) => {
    const status = Number(new URL(request.url, 'http://x').searchParams.get('search'));
    problem(response, status, 'word', more, { 'Retry-After': '7' });
  });
  for (const [status, kind] of Object.entries(kinds)) {
    const error = await server
      .client({ maxRetries: 0 })
      .agents.list({ search: status })
      .catch((thrown) => thrown);
    assert.equal(Object.getPrototypeOf(error), kind.prototype, status);
    assert.ok(error instanceof client.APIError && error instanceof client.AgenticRAGError);
    assert.equal(error.name, kind.name);
    assert.deepEqual(
      [error.status, error.code, error.message, error.detail, error.executionId, error.problemId, error.retryAfter],
      [Number(status), 'word', 'It is word.', 'It is word.', 'e', 'p', 7000],
    );
    assert.deepEqual(error.errors, more.errors);
  }
});

test('an answer of something else is an error that shows it', async () => {
  const server = await serve((response, _, number) => {
    response.writeHead(number === 1 ? 200 : 502, { 'Content-Type': 'text/html' });
    response.end('<h1>proxy</h1>');
  });
  const { agents } = server.client({ maxRetries: 0 });
  await assert.rejects(agents.list(), (error) => error instanceof client.AnswerError && /proxy/.test(error.message));
  await assert.rejects(agents.list(), (error) => error.status === 502 && error.code === '' && /proxy/.test(error.detail));
});

test('time runs out, and a signal ends a call with its reason', async () => {
  const server = await serve(() => undefined);
  const { agents } = server.client({ timeout: 40, maxRetries: 0 });
  await assert.rejects(agents.list(), client.TimeoutError);
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await assert.rejects(agents.list({}, { signal: controller.signal, timeout: 5000 }), /^Error: enough$/);
  assert.throws(() => AbortSignal.abort(new Error('before')).throwIfAborted(), /before/);
  await assert.rejects(agents.list({}, { signal: AbortSignal.abort(new Error('before')) }), /before/);
});

test('a repetition waits for the first request of its key', async () => {
  const server = await serve((response, _, number) =>
    number < 5 ? problem(response, 409, 'in_flight', {}, { 'Retry-After': '0.01' }) : json(response, ANSWER),
  );
  assert.equal((await server.client({ maxRetries: 0 }).chatflows.chat({ message: 'Hi' })).response, 'Hello');
});

test('ids stand in addresses as they are, and none leads elsewhere', async () => {
  const server = await serve((response) => json(response, {}));
  const { sessions } = server.client();
  await sessions.get('a/b ?#%');
  assert.equal(server.requests[0].url, '/api/agent-builder/chatflow/sessions/a%2Fb%20%3F%23%25');
  for (const id of ['', '.', '..']) assert.throws(() => sessions.get(id), client.AgenticRAGError);
});

test('an address before the API is kept, and queries are written', async () => {
  const server = await serve((response) => json(response, { executions: [], total: 0 }));
  const behind = server.client({ baseUrl: `${server.url}/rag/` });
  await behind.executions.list({ limit: 5, flowId: 'f&g', status: undefined, sessionId: null });
  assert.equal(server.requests[0].url, '/rag/api/agent-builder/executions?limit=5&flow_id=f%26g');
});

test('an address that is none, or that holds a secret, is refused without showing it', () => {
  for (const baseUrl of ['agents', 'ftp://x', 'http://user:hush@x', 'http://x/?token=hush']) {
    assert.throws(
      () => new client.AgenticRAGClient({ baseUrl }),
      (error) => error instanceof client.AgenticRAGError && !error.message.includes('hush'),
    );
  }
});

test('a key may be fetched for each request, and may be left out', async () => {
  const server = await serve((response) => json(response, { agents: [], total: 0 }));
  let number = 0;
  const fetched = server.client({ apiKey: async () => `key-${(number += 1)}` });
  await fetched.agents.list();
  await fetched.agents.list();
  await server.client({ apiKey: undefined }).agents.list();
  const sent = server.requests.map((request) => request.headers.authorization);
  assert.deepEqual(sent, ['Bearer key-1', 'Bearer key-2', undefined]);
});

test('a visitor is named by headers, and the key is not sent', async () => {
  const server = await serve((response) => json(response, { status: 'completed', inputs: [], session_id: 'vs' }));
  const apiKey = () => assert.fail('the key was fetched');
  const visit = { visitorSession: 'vs', origin: 'https://shop.example' };
  await server.client({ apiKey }).embeds.visitorChat('t', { message: 'Hi', ...visit });
  const [{ headers, body }] = server.requests;
  assert.deepEqual(
    [headers['x-visitor-session'], headers.origin, headers.authorization],
    ['vs', 'https://shop.example', undefined],
  );
  assert.deepEqual(JSON.parse(body), { message: 'Hi' });
});

test('a list is gone through page by page', async () => {
  const items = Array.from({ length: 7 }, (_, number) => ({ id: String(number) }));
  const server = await serve((response, request) => {
    const query = new URL(request.url, 'http://x').searchParams;
    const size = Number(query.get('limit') ?? query.get('page_size'));
    const from = query.has('page') ? (Number(query.get('page')) - 1) * size : Number(query.get('offset'));
    const some = items.slice(from, from + size);
    json(response, { executions: some, agents: some, total: items.length });
  });
  const { agents, executions } = server.client();
  const ids = (found) => found.map((each) => each.id).join('');
  assert.equal(ids(await all(executions.listAll({ limit: 3 }))), '0123456');
  assert.equal(ids(await all(executions.listAll({ limit: 3, offset: 5 }))), '56');
  assert.equal(ids(await all(agents.listAll({ pageSize: 3 }))), '0123456');
  assert.equal(server.requests.length, 3 + 1 + 3);
  for await (const first of executions.listAll({ limit: 3 })) {
    assert.equal(first.id, '0');
    break;
  }
  assert.equal(server.requests.length, 8);
});

test('wait asks until a run has ended', async () => {
  const server = await serve((response, _, number) =>
    json(response, { id: 'e', status: number < 3 ? 'running' : 'completed' }),
  );
  assert.equal((await server.client().executions.wait('e')).status, 'completed');
  const running = await serve((response) => json(response, { id: 'e', status: 'running' }));
  await assert.rejects(running.client().executions.wait('e', { within: 30 }), client.TimeoutError);
});

test('files are sent as forms and come as downloads', async () => {
  const server = await serve((response, _, number) => {
    if (number < 4) return json(response, { session_id: 's' }, 201);
    response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="talk.csv"' });
    return response.end('a,b');
  });
  const { sessions } = server.client();
  const bytes = new TextEncoder().encode('{"a":1}');
  await sessions.importFile({ file: '{"a":1}', chatflowId: 'c' });
  await sessions.importFile({ file: bytes });
  await sessions.importFile({ file: new Blob([bytes]) });
  for (const request of server.requests) {
    assert.match(request.headers['content-type'], /^multipart\/form-data; boundary=/);
    assert.match(request.body, /name="file"; filename="file"[^]*\r\n\r\n\{"a":1\}\r\n/);
  }
  assert.equal(server.requests[0].url, '/api/agent-builder/chatflow/sessions/import?chatflow_id=c');
  const file = await sessions.download('s', { format: 'csv' });
  assert.deepEqual([file.filename, file.contentType, await file.text()], ['talk.csv', 'text/csv', 'a,b']);
  assert.deepEqual([...(await file.bytes())], [97, 44, 98]);
});
