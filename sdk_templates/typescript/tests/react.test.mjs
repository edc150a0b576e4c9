import assert from 'node:assert/strict';
import { File } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { createElement, StrictMode } from 'react';
import { act, create } from 'react-test-renderer';

import { RunError } from '../dist/esm/index.js';
import { useChat, useExecution } from '../dist/esm/react.js';
import { event, json, problem, serve, stream } from './loopback.mjs';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;

const START = { type: 'start', session_id: 's', execution_id: 'e' };
const content = (text, node = 'llm') => ({ type: 'content', content: text, node_id: node });
const done = (response) => ({ type: 'done', session_id: 's', execution_id: 'e', response, usage: { total_tokens: 3 } });
const citation = (number, facts) => ({ type: 'citation', number, url: `https://example.com/${number}`, node_id: 'llm', ...facts });
const INPUT = { input_id: 'i', node_id: 'ask', kind: 'approval', message: 'May I?', actions: ['approve'] };

/** Draw a component that uses a hook; `now()` is what it gives. */
async function draw(hook, props) {
  let now;
  const Probe = (given) => {
    now = hook(given);
    return null;
  };
  const element = (given) => createElement(StrictMode, null, createElement(Probe, given));
  let root;
  await act(async () => void (root = create(element(props))));
  return {
    now: () => now,
    draw: (given) => act(async () => root.update(element(given))),
    leave: () => act(async () => root.unmount()),
  };
}

/** Return when it holds, letting React work meanwhile. */
async function until(holds) {
  for (let tries = 0; tries < 500; tries += 1) {
    if (holds()) return;
    await act(() => new Promise((resolve) => setTimeout(resolve, 5)));
  }
  assert.fail(`it never held: ${holds}`);
}

test('a chat grows with its stream and goes on in its session', async () => {
  const gates = [];
  const server = await serve(async (response) => {
    stream(response);
    event(response, '1', START);
    event(response, '2', { type: 'reasoning', content: 'Hm. ', node_id: 'llm' });
    event(response, '3', content('wro'));
    event(response, '4', { type: 'reset', node_id: 'llm' });
    event(response, '5', content('Hel'));
    event(response, '6', { type: 'tool', name: 't', status: 'running', call_id: 'c', node_id: 'llm' });
    await new Promise((resolve) => gates.push(resolve));
    event(response, '7', { type: 'tool', name: 't', status: 'completed', call_id: 'c', node_id: 'llm' });
    event(response, '8', content('lo'));
    event(response, '9', citation(1, { start: 0, end: 2 }));
    event(response, '10', citation(2));
    event(response, '11', citation(1, { start: 3, end: 5 }));
    event(response, '12', done('Hello'));
    response.end();
  });
  const heard = [];
  const page = await draw(useChat, { client: server.client(), workflowId: 'w', onEvent: (each) => heard.push(each.type) });
  assert.deepEqual([page.now().status, page.now().messages], ['ready', []]);

  await act(async () => void page.now().send('Hi'));
  await until(() => page.now().messages.at(-1).tools.length === 1);
  const chat = page.now();
  assert.deepEqual([chat.status, chat.sessionId, chat.executionId], ['streaming', 's', 'e']);
  assert.deepEqual(chat.messages.map((each) => each.content), ['Hi', 'Hel']);
  await assert.rejects(chat.send('more'), /still being answered/);

  gates.shift()();
  await until(() => page.now().status === 'ready');
  assert.equal(page.now().messages.at(-1).content, 'Hello');
  assert.equal(page.now().messages.at(-1).tools[0].status, 'completed');
  assert.deepEqual(
    page.now().messages.map((each) => each.citations.map((cited) => [cited.number, cited.url, cited.nodeId, cited.start])),
    [[], [[1, 'https://example.com/1', 'llm', 0], [2, 'https://example.com/2', 'llm', undefined], [1, 'https://example.com/1', 'llm', 3]]],
  );
  assert.equal(page.now().usage.totalTokens, 3);
  assert.deepEqual(heard.slice(0, 3), ['start', 'reasoning', 'content']);

  await act(async () => void page.now().send('And?'));
  await until(() => gates.length > 0);
  assert.deepEqual(JSON.parse(server.requests[1].body), { message: 'And?', session_id: 's', workflow_id: 'w' });
  gates.shift()();
  await until(() => page.now().status === 'ready');
  assert.deepEqual(page.now().messages.map((each) => each.citations.length), [0, 3, 0, 3]);
  await act(async () => page.now().clear());
  assert.deepEqual([page.now().messages, page.now().sessionId], [[], undefined]);
  await page.leave();
});

test('a chat that waits for people is answered, one that fails says why', async () => {
  let answered;
  const server = await serve(async (response, request) => {
    if (request.url.endsWith('/respond')) {
      json(response, { input: {}, execution: {} });
      return answered(JSON.parse(request.body));
    }
    stream(response);
    event(response, '1', START);
    event(response, '2', { type: 'input', input: INPUT, execution_id: 'e' });
    assert.deepEqual(await new Promise((resolve) => (answered = resolve)), { action: 'approve' });
    event(response, '3', { type: 'error', error: 'It broke.', code: 'tool', session_id: 's', execution_id: 'e' });
    return response.end();
  });
  const page = await draw(useChat, { client: server.client() });
  await act(async () => void page.now().send('Hi'));
  await until(() => page.now().status === 'waiting');
  assert.equal(page.now().inputs[0].message, 'May I?');
  await act(async () => page.now().respond({ action: 'approve' }));
  await until(() => page.now().status === 'failed');
  const { error } = page.now();
  assert.ok(error instanceof RunError);
  assert.deepEqual([error.message, error.code, error.executionId], ['It broke.', 'tool', 'e']);
  await page.leave();
});

test('a run that ends before its answer is acknowledged has ended', async () => {
  let [answered, acknowledge, responding] = [];
  const acknowledged = new Promise((resolve) => (acknowledge = resolve));
  const server = await serve(async (response, request) => {
    if (request.url.endsWith('/respond')) {
      answered();
      await acknowledged;
      return json(response, { input: {}, execution: {} });
    }
    stream(response);
    event(response, '1', START);
    event(response, '2', { type: 'input', input: INPUT, execution_id: 'e' });
    await new Promise((resolve) => (answered = resolve));
    event(response, '3', done('Yes.'));
    return response.end();
  });
  const page = await draw(useChat, { client: server.client() });
  await act(async () => void page.now().send('Hi'));
  await until(() => page.now().status === 'waiting');
  await act(async () => void (responding = page.now().respond({ action: 'approve' })));
  await until(() => page.now().status === 'ready');
  acknowledge();
  await act(() => responding);
  assert.equal(page.now().status, 'ready');
  await page.leave();
});

test('stopping cancels the run, leaving the page does not', async () => {
  const left = [];
  const server = await serve((response, request) => {
    if (request.url.endsWith('/cancel')) return json(response, { id: 'e', status: 'cancelled' });
    response.on('close', () => left.push(request.url));
    stream(response);
    return event(response, '1', START);
  });
  const page = await draw(useChat, { client: server.client() });
  await act(async () => void page.now().send('Hi'));
  await until(() => page.now().executionId === 'e');
  await act(async () => page.now().stop());
  assert.equal(page.now().status, 'ready');
  await until(() => left.length === 1);
  await act(async () => void page.now().send('Hi'));
  await until(() => page.now().executionId === 'e');
  await page.leave();
  while (left.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const cancels = server.requests.filter((request) => request.url.endsWith('/cancel'));
  assert.equal(cancels.length, 1);
});

test('an error of the API is the chat’s', async () => {
  const server = await serve((response) => problem(response, 404, 'not_found'));
  const page = await draw(useChat, { client: server.client(), workflowId: 'none' });
  await act(async () => page.now().send('Hi'));
  assert.deepEqual([page.now().status, page.now().error.status], ['failed', 404]);
  await page.leave();
});

test('an execution is followed to its end, and another one in its place', async () => {
  let status = 'running';
  let go;
  const server = await serve(async (response, request) => {
    const name = request.url.split('/')[4];
    if (request.url.endsWith('/inputs')) {
      return json(response, { inputs: status === 'waiting_approval' ? [{ id: 'i', status: 'open' }] : [] });
    }
    if (request.url.endsWith('/respond')) {
      json(response, { input: {}, execution: {} });
      return go();
    }
    if (!request.url.includes('/events')) return json(response, { id: name, status, output_data: { a_b: 1 } });
    stream(response);
    const say = (seq, type) => event(response, String(seq), { seq, type, execution_id: name, ts: 0 });
    say(1, 'run.started');
    if (name === 'first') {
      status = 'waiting_approval';
      say(2, 'run.paused');
      await new Promise((resolve) => (go = resolve));
    }
    status = 'completed';
    say(3, 'run.completed');
    return response.end();
  });
  const client = server.client();
  const page = await draw(useExecution, { client, executionId: undefined });
  assert.equal(page.now().status, undefined);
  await page.draw({ client, executionId: 'first' });
  await until(() => page.now().inputs.length === 1);
  await until(() => page.now().status === 'waiting_approval');
  await act(async () => page.now().respond({ action: 'approve' }));
  await until(() => page.now().execution?.status === 'completed');
  assert.deepEqual(page.now().events.map((each) => each.type), ['run.started', 'run.paused', 'run.completed']);
  assert.deepEqual(page.now().execution.outputData, { a_b: 1 });
  status = 'running';
  await page.draw({ client, executionId: 'second' });
  await until(() => page.now().execution?.status === 'completed' && page.now().execution.id === 'second');
  assert.deepEqual(page.now().events.map((each) => each.type), ['run.started', 'run.completed']);
  await page.leave();
});

test('a chat begins with what the page knows, and the last message may be asked again', async () => {
  const parts = [{ type: 'text', text: 'Hi' }, { type: 'file', name: 'a.txt' }];
  const stored = [{ id: 'm-1', role: 'user', content: 'Before' }, { id: 'm-2', role: 'user', content: parts }];
  const server = await serve((response, request) => {
    if (request.url.includes('/history')) return json(response, { messages: stored, total: stored.length });
    const number = server.requests.filter(({ method }) => method === 'POST').length;
    stream(response);
    event(response, '1', START);
    event(response, '2', { ...done(`answer ${number}`), files: [{ id: 'f', name: 'c.txt', media_type: 'text/plain' }] });
    response.end();
  });
  const initialMessages = [
    { role: 'user', content: 'Before' },
    { role: 'assistant', content: 'Yes' },
  ];
  const given = { inputs: { city: 'Oslo' }, variables: { snake_case: 1 } };
  const page = await draw(useChat, { client: server.client(), sessionId: 's', initialMessages, ...given });
  assert.deepEqual(page.now().messages.map((each) => each.content), ['Before', 'Yes']);
  await act(async () => page.now().send('Hi', { files: [{ name: 'a.txt', data: 'aGk=' }, new File(['hi'], 'b.txt')] }));
  await until(() => page.now().status === 'ready');
  assert.deepEqual(page.now().messages.map((each) => each.content), ['Before', 'Yes', 'Hi', 'answer 1']);
  assert.deepEqual(page.now().messages[2].files, ['a.txt', 'b.txt']);
  assert.deepEqual(page.now().messages[3].answerFiles, [{ id: 'f', name: 'c.txt', mediaType: 'text/plain' }]);
  await act(async () => page.now().regenerate());
  await until(() => page.now().status === 'ready');
  assert.deepEqual(page.now().messages.map((each) => each.content), ['Before', 'Yes', 'Hi', 'answer 2']);
  stored.pop(); // as where the message was refused
  await act(async () => page.now().regenerate());
  await until(() => page.now().status === 'ready');
  const posts = server.requests.filter(({ method }) => method === 'POST');
  const paths = posts.map(({ url }) => url.replace('/api/agent-builder/chatflow/', ''));
  assert.deepEqual(paths, ['chat/stream', 'sessions/s/messages/m-2/regenerate/stream', 'chat/stream']);
  const bodies = posts.map(({ body }) => JSON.parse(body));
  assert.deepEqual(bodies[0].files, [{ name: 'a.txt', data: 'aGk=' }, { name: 'b.txt', data: 'aGk=' }]);
  assert.deepEqual([bodies[0].inputs, bodies[0].variables], [given.inputs, given.variables]);
  assert.deepEqual(bodies[2], bodies[0]);
});

test('a chat that is stopped before its run has a name is cancelled once it has one', async () => {
  let answer;
  const server = await serve((response, request) => {
    if (request.url.endsWith('/cancel')) return json(response, { id: 'e', status: 'cancelled' });
    answer = () => {
      stream(response, { 'X-Execution-Id': 'e' });
      event(response, '1', START);
    };
  });
  const page = await draw(useChat, { client: server.client() });
  await act(async () => void page.now().send('Hi'));
  await until(() => answer !== undefined);
  await act(async () => page.now().stop());
  assert.equal(page.now().status, 'ready');
  answer();
  await until(() => server.requests.some(({ url }) => url.endsWith('/executions/e/cancel')));
  assert.deepEqual([page.now().status, page.now().error], ['ready', undefined]);
});

test('a component that is drawn anew shows its session and goes on with the run that is under way', async () => {
  const gates = [];
  const server = await serve(async (response, request) => {
    const path = request.url.split('?')[0].split('/').slice(3).join('/');
    if (path === 'chatflow/sessions/s/history') {
      const cited = [{ url: 'https://a.example', node_id: 'llm' }, { url: '', passage_id: 'p' }, { url: 'https://a.example' }];
      const messages = [
        { role: 'user', content: [{ type: 'text', text: 'Before' }, { type: 'file', id: 'f', name: 'a.txt' }], message_metadata: {} },
        { role: 'assistant', content: '', message_metadata: { tool_calls: [] } },
        { role: 'tool', content: '42', message_metadata: {} },
        { role: 'assistant', content: 'Yes', message_metadata: { citations: cited, execution_id: 'd' } },
        { role: 'user', content: 'Hi', message_metadata: {} },
      ];
      return json(response, { session_id: 's', messages });
    }
    if (path === 'executions') return json(response, { executions: [{ id: 'e', status: 'running' }], total: 1 });
    if (path === 'executions/e') return json(response, { id: 'e', status: 'running', input_data: { message: 'Hi' } });
    stream(response);
    event(response, 'e:1', START);
    event(response, 'e:2', content('Hel'));
    await new Promise((resolve) => gates.push(resolve));
    event(response, 'e:3', done('Hello'));
    return response.end();
  });
  const page = await draw(useChat, { client: server.client(), sessionId: 's', resume: true });
  await until(() => page.now().messages.at(-1)?.content === 'Hel');
  assert.equal(page.now().status, 'streaming');
  while (gates.length > 0) gates.shift()();
  await until(() => page.now().status === 'ready');
  const [before, yes] = page.now().messages;
  assert.deepEqual(page.now().messages.map((each) => each.content), ['Before', 'Yes', 'Hi', 'Hello']);
  assert.deepEqual([before.files, yes.executionId], [['a.txt'], 'd']);
  assert.deepEqual(yes.citations.map(({ number, passageId }) => [number, passageId]), [[1, undefined], [2, 'p'], [1, undefined]]);
});

test('many tokens are drawn once a frame', async () => {
  const server = await serve((response) => {
    stream(response);
    event(response, '1', START);
    for (let number = 2; number < 502; number += 1) event(response, String(number), content('x'));
    event(response, '502', done('x'.repeat(500)));
    response.end();
  });
  let drawn = 0;
  const page = await draw((given) => {
    drawn += 1;
    return useChat(given);
  }, { client: server.client() });
  await act(async () => page.now().send('Hi'));
  await until(() => page.now().status === 'ready');
  assert.equal(page.now().messages.at(-1).content.length, 500);
  assert.ok(drawn < 120, `it was drawn ${drawn} times`);
});

test('the hooks are for the client side of a framework', async () => {
  for (const format of ['esm', 'cjs']) {
    const text = await readFile(new URL(`../dist/${format}/react.js`, import.meta.url), 'utf-8');
    assert.match(text, /^(['"]use strict['"];\s*)?['"]use client['"];/);
  }
});
