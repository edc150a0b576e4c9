import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { mkdtemp, open as openFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';

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
      [Number(status), 'word', 'It is word.', 'It is word.', 'e', 'p', 7],
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

const HOSTILE = [
  undefined, null, true, Number.NaN, 1.5, {}, [], ['x'],
  '', ' ', '.', '..', 'a/b', '../x', 'a\\b', '%2e%2e', '%2E.', 'x%2fy', 'nul\0', 'line\n', '\x85', '\ud800',
];

test('a repetition that waits too long is a time-out that names the run, and no conflict', async () => {
  const server = await serve((response) =>
    problem(response, 409, 'in_flight', { execution_id: 'run-1' }, { 'Retry-After': '0.01' }),
  );
  const call = server.client({ maxRetries: 0, timeout: 100 }).chatflows.chat({ message: 'Hi' }, { idempotencyKey: 'mine' });
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof client.APITimeoutError);
    assert.match(error.message, /run-1.*'mine'/);
    return true;
  });
});

test('ids stand in addresses as they are, and none leads elsewhere', async () => {
  const server = await serve((response) => json(response, {}));
  const { sessions } = server.client();
  await sessions.get('a b ?#%é');
  await sessions.get(17);
  const urls = server.requests.map((request) => request.url.replace(/.*sessions/, ''));
  assert.deepEqual(urls, ['/a%20b%20%3F%23%25%C3%A9', '/17']);
  for (const id of HOSTILE) assert.throws(() => sessions.get(id), client.ArgumentError);
});

test('ids in queries and bodies are refused like those in addresses, and names are not', async () => {
  const server = await serve((response) => json(response, {}));
  const { executions, chatflows, costTracking, flows } = server.client();
  for (const id of HOSTILE.filter((each) => each !== null && each !== undefined)) {
    await assert.rejects(async () => executions.list({ flowId: id }), client.ArgumentError);
    await assert.rejects(async () => chatflows.chat({ message: 'Hi', workflowId: id }), client.ArgumentError);
    await assert.rejects(async () => flows.runNode('f', 'n', {}, { executionId: id }), client.ArgumentError);
  }
  assert.deepEqual(server.requests, []);
  await chatflows.chat({ message: 'Hi', workflowId: null, sessionId: 'team/ann' });
  await costTracking.record({ provider: 'p', model: 'm', nodeId: '' });
  assert.equal(server.requests.length, 2);
});

test('options and headers that are none are refused, and nothing is sent', async () => {
  const server = await serve((response) => json(response, { workflows: [], total: 0 }));
  for (const odd of [{ timeout: -1 }, { timeout: Number.NaN }, { timeout: 'soon' }, { timeout: '5' }, { maxRetries: -1 }]) {
    assert.throws(() => server.client(odd), client.ArgumentError);
    await assert.rejects(async () => server.client().workflows.list({}, odd), client.ArgumentError);
    await assert.rejects(async () => server.client().chatflows.chatStream({ message: 'Hi' }, odd), client.ArgumentError);
  }
  for (const odd of [null, true, {}]) {
    await assert.rejects(server.client().workflows.list({}, { headers: { 'X-App': odd } }), client.ArgumentError);
  }
  assert.deepEqual(server.requests, []);
  await server.client({ baseUrl: new URL(server.url) }).workflows.list({}, { headers: { 'X-App': 3 } });
  assert.equal(server.requests[0].headers['x-app'], '3');
});

test('a level of the log that is none counts as warn', async () => {
  const server = await serve((response) => json(response, { workflows: [], total: 0 }));
  for (const [logLevel, count] of [['loud', 0], ['WARNING', 0], ['DEBUG', 1], ['off', 0]]) {
    const lines = [];
    const note = (line) => lines.push(line);
    await server.client({ logLevel, logger: { debug: note, info: note, warn: note } }).workflows.list();
    assert.equal(lines.length, count, logLevel);
  }
});

test('a refusal is told once to who asks for the whole response', async () => {
  const server = await serve((response) => response.writeHead(404).end('{}'));
  const told = [];
  const listen = (reason) => told.push(reason);
  process.on('unhandledRejection', listen);
  await assert.rejects(server.client().flows.get('x').withResponse(), client.NotFoundError);
  await assert.rejects(server.client().flows.get('x').asResponse(), client.NotFoundError);
  await new Promise((resolve) => setTimeout(resolve, 5));
  process.off('unhandledRejection', listen);
  assert.deepEqual(told, []);
});

test('an answer that is no JSON is had as a response', async () => {
  const server = await serve((response) => response.end('plain words'));
  assert.equal(await (await server.client().flows.get('x').asResponse()).text(), 'plain words');
  await assert.rejects(server.client().flows.get('x'), client.APIResponseValidationError);
});

test('no call of any resource sends an id that leads elsewhere', async () => {
  const sent = [];
  const fetch = async (url) => {
    sent.push(new URL(url).pathname);
    return new Response('{}', { status: 404 });
  };
  const all = new client.AgenticRAGClient({ baseUrl: 'http://x', apiKey: '', fetch, maxRetries: 0 });
  const make = async (resource, method, given) => {
    const made = resource[method](...given, {});
    if (made?.[Symbol.asyncIterator]) for await (const _ of made);
    else await made;
  };
  let tried = 0;
  for (const resource of Object.values(all)) {
    for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(resource))) {
      if (method === 'constructor') continue;
      // Ids come first, as many as the path has: those that are found in what is sent.
      sent.length = 0;
      await make(resource, method, ['mark-0', 'mark-1']).catch(() => undefined);
      const count = ['mark-0', 'mark-1'].filter((mark) => sent[0]?.split('/').includes(mark)).length;
      for (let place = 0; place < count; place += 1) {
        sent.length = 0;
        for (const hostile of HOSTILE) {
          const given = Array.from({ length: count }, (_, at) => (at === place ? hostile : 'fine'));
          await assert.rejects(async () => make(resource, method, given), client.ArgumentError);
        }
        assert.deepEqual(sent, [], `${resource.constructor.name}.${method}`);
        tried += 1;
      }
    }
  }
  assert.ok(tried > 70, `${tried} ids`);
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

test('a key is sent without its line end, and no error or log line shows one', async () => {
  const secret = 'ar_Qk7pSeldomSeenAnywhere';
  const lines = [];
  const logger = { debug: (...words) => lines.push(words), info: (...words) => lines.push(words), warn: (...words) => lines.push(words) };
  const server = await serve((response) => problem(response, 500, 'broken'));
  const noisy = server.client({ apiKey: `${secret}\r\n`, maxRetries: 0, logger, logLevel: 'debug' });
  const calls = [
    () => noisy.agents.list({ search: secret }),
    () => noisy.withOptions({ baseUrl: 'http://127.0.0.1:9' }).agents.list(),
    () => noisy.agents.list({}, { headers: { 'X-Other': `${secret}\n${secret}` } }),
    () => noisy.withOptions({ apiKey: async () => `${secret}é` }).agents.list(),
    () => noisy.withOptions({ apiKey: `${secret}\n${secret}` }),
    () => noisy.withOptions({ baseUrl: `http://me:${secret}@x` }),
    () => noisy.chatflows.chatStream({ message: 'Hi' }),
  ];
  for (const call of calls) {
    const error = await (async () => call())().then(assert.fail, (thrown) => thrown);
    assert.ok(error instanceof client.AgenticRAGError, String(error));
    assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(secret), String(error));
  }
  assert.equal(server.requests[0].headers.authorization, `Bearer ${secret}`);
  assert.ok(!inspect([noisy, lines], { depth: 9, showHidden: true }).includes(secret));
  assert.match(String(lines[0]), /GET \/api\/agent-builder\/agents 500 in \d+ ms/);
});

test('an answer that repeats the key is told without it, and an address without its token', async () => {
  const secret = 'ar_Qk7pSeldomSeenAnywhere';
  const lines = [];
  const logger = { debug: (...words) => lines.push(words), info: () => undefined, warn: () => undefined };
  const server = await serve((response, _, number) => {
    response.writeHead(number === 1 ? 200 : 502, { 'Content-Type': 'text/html' });
    response.end(`You sent Authorization: Bearer ${secret}`);
  });
  const { agents, webhooks } = server.client({ apiKey: secret, maxRetries: 0, logger, logLevel: 'debug' });
  for (const call of [() => agents.list(), () => agents.list()]) {
    await assert.rejects(call, (error) => /Bearer …/.test(error.message) && !inspect(error).includes(secret));
  }
  await assert.rejects(webhooks.answerByMail(secret), client.InternalServerError);
  assert.equal(server.requests.at(-1).url, `/api/agent-builder/answers/${secret}`);
  assert.match(String(lines.at(-1)), /answers\/{token} 502/);
  assert.ok(!String(lines).includes(secret));
});

test('an answer that is empty, null or no object is an error', async () => {
  const bodies = ['', 'null', '3', '"text"'];
  const server = await serve((response, _, number) =>
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(bodies[number - 1]),
  );
  for (const _ of bodies) await assert.rejects(server.client().agents.list(), client.APIResponseValidationError);
});

test('the environment says what the caller does not', () => {
  const urlOf = (options) => client.AgenticRAGClient.connectionOf(new client.AgenticRAGClient(options)).base;
  assert.equal(urlOf(), 'http://localhost:8000');
  process.env.AGENTICRAG_BASE_URL = 'https://agents.example/';
  assert.equal(urlOf(), 'https://agents.example');
  assert.equal(urlOf({ baseUrl: 'http://here' }), 'http://here');
  delete process.env.AGENTICRAG_BASE_URL;
});

test('a client differs from another in what is given', async () => {
  const server = await serve((response, _, number) =>
    number === 1 ? problem(response, 503, 'stopping', {}, { 'Retry-After': '0' }) : json(response, { agents: [], total: 0 }),
  );
  const first = server.client({ maxRetries: 0, headers: { 'X-App': 'a' } });
  await assert.rejects(first.agents.list(), client.ServiceUnavailableError);
  await first.withOptions({ headers: { 'X-App': 'b' } }).agents.list();
  const sent = server.requests.map(({ headers }) => [headers['x-app'], headers.authorization]);
  assert.deepEqual(sent, [['a', 'Bearer key'], ['b', 'Bearer key']]);
});

test('an answer may be had with its response, or as that', async () => {
  const server = await serve((response) => json(response, { agents: [], page_size: 9 }, 200, { 'X-Request-Id': 'req-1' }));
  const { data, response, requestId } = await server.client().agents.list().withResponse();
  assert.deepEqual([data.pageSize, response.status, requestId], [9, 200, 'req-1']);
  const raw = await server.client().agents.list().asResponse();
  assert.deepEqual(await raw.json(), { agents: [], page_size: 9 });
});

test('a redirect is told and not followed', async () => {
  const cases = [
    ['https://elsewhere.example/?a=b', /https:\/\/elsewhere\.example\/, and .* give the API's own address/],
    ['https://elsewhere.example/rag/api/agent-builder/agents?a=b', /give 'https:\/\/elsewhere\.example\/rag' as/],
  ];
  const server = await serve((response, _, number) =>
    response.writeHead(308, { Location: cases[number - 1][0] }).end(),
  );
  for (const [, told] of cases) {
    await assert.rejects(server.client().agents.list(), (error) => {
      assert.ok(error instanceof client.RedirectError);
      assert.match(error.message, told);
      assert.ok(!error.message.includes('a=b'));
      return true;
    });
  }
  assert.equal(server.requests.length, 2);
});

test('a run that fails is an exception for who wants one', async () => {
  const failed = { ...ANSWER, success: false, status: 'failed', error: 'The model is away.' };
  const server = await serve((response) => json(response, failed));
  const strict = server.client({ raiseOnFailure: true });
  await assert.rejects(strict.chatflows.chat({ message: 'Hi' }), (error) => {
    assert.ok(error instanceof client.RunFailedError);
    assert.deepEqual([error.message, error.code, error.executionId], ['The model is away.', 'failed', 'e']);
    return true;
  });
  assert.equal((await strict.chatflows.chat({ message: 'Hi' }, { raiseOnFailure: false })).success, false);
});

test('a call that cannot have arrived is sent again, whatever it is', async () => {
  let tried = 0;
  const fetch = async () => {
    tried += 1;
    throw Object.assign(new TypeError('fetch failed'), { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
  };
  const nobody = new client.AgenticRAGClient({ baseUrl: 'http://x', apiKey: '', fetch, maxRetries: 1 });
  await assert.rejects(nobody.agents.create({ name: 'a' }), client.APIConnectionError);
  assert.equal(tried, 2);
});

test('names of earlier versions are the same classes', () => {
  const names = {
    APIError: 'APIStatusError', UnauthorizedError: 'AuthenticationError', ForbiddenError: 'PermissionDeniedError',
    TooLargeError: 'RequestTooLargeError', InvalidError: 'UnprocessableEntityError', RateLimitedError: 'RateLimitError',
    ServerError: 'InternalServerError', UnavailableError: 'ServiceUnavailableError', RunError: 'RunFailedError',
    ConnectionError: 'APIConnectionError', TimeoutError: 'APITimeoutError', AnswerError: 'APIResponseValidationError',
  };
  for (const [old, now] of Object.entries(names)) assert.equal(client[old], client[now], old);
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

test('a list with cursors is gone through by them, though items are deleted meanwhile', async () => {
  const items = Array.from({ length: 7 }, (_, number) => ({ id: String(number) }));
  const server = await serve((response, request) => {
    const after = new URL(request.url, 'http://x').searchParams.get('after');
    const some = items.filter((each) => after === null || each.id > after).slice(0, 3);
    json(response, { executions: some, total: items.length, next_cursor: some.length === 3 ? some.at(-1).id : null });
  });
  const seen = [];
  for await (const each of server.client().executions.listAll({ limit: 3 })) {
    seen.push(each.id);
    items.splice(items.findIndex((item) => item.id === each.id), 1);
  }
  assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6']);
});

test('wait asks until a run has ended', async () => {
  const server = await serve((response, _, number) =>
    json(response, { id: 'e', status: number < 3 ? 'running' : 'completed' }),
  );
  assert.equal((await server.client().executions.wait('e')).status, 'completed');
  const running = await serve((response) => json(response, { id: 'e', status: 'running' }));
  await assert.rejects(running.client().executions.wait('e', { within: 30 }), client.TimeoutError);
});

test('a form holds the files and texts that are given', async () => {
  const server = await serve((response) => problem(response, 404, 'not_found'));
  const { knowledgeBases } = server.client();
  const forms = [];
  for (const input of [
    { file: ['pump.md', '# Pump'], name: 'Pump 7 é', contentType: 'text/markdown', metadata: '{"year":2026}' },
    { text: '# Pump' },
    {},
  ]) {
    await assert.rejects(knowledgeBases.addDocument('k', input, { maxRetries: 0 }), client.NotFoundError);
    const { headers, body } = server.requests.at(-1);
    const form = await new Response(body, { headers: { 'Content-Type': headers['content-type'] } }).formData();
    forms.push(
      await Promise.all(
        [...form].map(async ([name, part]) => [name, typeof part === 'string' ? part : [part.name, await part.text()]]),
      ),
    );
  }
  assert.deepEqual(forms.map((form) => form.sort()), [
    [
      ['content_type', 'text/markdown'],
      ['file', ['pump.md', '# Pump']],
      ['metadata', '{"year":2026}'],
      ['name', 'Pump 7 é'],
    ],
    [['text', '# Pump']],
    [],
  ]);
});

test('files are sent as forms and come as downloads', async () => {
  const server = await serve((response, _, number) => {
    if (number < 4) return json(response, { session_id: 's' }, 201);
    if (number < 11) return problem(response, 404, 'not_found');
    response.writeHead(200, { 'Content-Type': 'text/csv', 'Content-Disposition': 'attachment; filename="talk.csv"' });
    return response.end('a,b');
  });
  const { sessions } = server.client();
  const bytes = new TextEncoder().encode('{"a":1}');
  await sessions.importFile({ file: '{"a":1}', chatflowId: 'c' });
  await sessions.importFile({ file: bytes });
  await sessions.importFile({ file: new Blob([bytes]) });
  for (const request of server.requests.slice(0, 3)) {
    assert.match(request.headers['content-type'], /^multipart\/form-data; boundary=/);
    assert.match(request.body, /name="file"; filename="file"[^]*\r\n\r\n\{"a":1\}\r\n/);
  }
  assert.equal(server.requests[0].url, '/api/agent-builder/chatflow/sessions/import?chatflow_id=c');
  const path = join(await mkdtemp(join(tmpdir(), 'sdk-')), 'talk.json');
  await writeFile(path, '{"a":1}');
  const open = createReadStream(path);
  for (const [file, name, type] of [
    [{ path }, 'talk.json'],
    [open, 'talk.json'],
    [await openFile(path), 'file'],
    [new File(['{"a":1}'], 'mine.json', { type: 'application/json' }), 'mine.json', 'application/json'],
    [['mine.json', bytes], 'mine.json'],
    [['mine.json', '{"a":1}', 'application/json'], 'mine.json', 'application/json'],
    [new Response('{"a":1}'), 'file', 'text/plain'],
  ]) {
    await assert.rejects(sessions.importFile({ file }, { maxRetries: 0 }), client.NotFoundError);
    const { body } = server.requests.at(-1);
    assert.match(body, new RegExp(`name="file"; filename="${name}"[^]*\\{"a":1\\}`));
    if (type !== undefined) assert.match(body, new RegExp(`Content-Type: ${type}`));
  }
  await assert.rejects(sessions.importFile({ file: 17 }), client.ArgumentError);
  const file = await sessions.download('s', { format: 'csv' });
  assert.deepEqual([file.filename, file.contentType, await file.text()], ['talk.csv', 'text/csv', 'a,b']);
  assert.deepEqual([...(await file.bytes())], [97, 44, 98]);
});
