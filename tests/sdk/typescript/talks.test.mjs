/** Chats, streams, cuts, questions, cancels and errors against a real server. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  AgenticRAGClient,
  ConflictError,
  InvalidError,
  NotFoundError,
  UnauthorizedError,
} from 'agenticrag-client';
import { ChatSocket } from 'agenticrag-client/socket';

const { AGENTICRAG_URL, AGENTICRAG_KEY, AGENTICRAG_CUT_URL } = process.env;
const client = new AgenticRAGClient({ baseUrl: AGENTICRAG_URL, apiKey: AGENTICRAG_KEY });
const behindCuts = new AgenticRAGClient({ baseUrl: AGENTICRAG_CUT_URL, apiKey: AGENTICRAG_KEY });
const LONG = Array.from({ length: 120 }, (_, number) => `word${number}`).join(' ');

const node = (id, type, data = {}) => ({ id, type, data });
const edge = (source, target, sourceHandle = null) => ({ id: `${source}-${target}`, source, target, sourceHandle });

/** Store an agentflow that asks, and return its id. */
async function flowThatAsks() {
  const flow = await client.agentflows.create({
    name: 'asks',
    graphDefinition: {
      nodes: [
        node('start', 'start'),
        node('ask', 'human_approval', { message: 'Send {{ input.some_text }}?', show: 'input.some_text' }),
        node('sent', 'template', { template: 'sent: {{ nodes.ask.value }}' }),
        node('end', 'end'),
      ],
      edges: [
        edge('start', 'ask'),
        edge('ask', 'sent', 'approved'),
        edge('ask', 'end', 'rejected'),
        edge('sent', 'end'),
      ],
    },
  });
  return flow.id;
}

async function read(events) {
  const found = [];
  for await (const event of events) found.push(event);
  return found;
}

const textOf = (events) => events.map((event) => (event.type === 'content' ? event.content : '')).join('');

test('a chat is answered and remembered', async () => {
  const first = await client.chatflows.chat({ message: 'Hello!', sessionId: 'ts-talk' });
  assert.ok(first.success && first.response.length > 0 && first.usage.totalTokens > 0);
  const second = await client.chatflows.chat({ message: 'And again', sessionId: first.sessionId });
  assert.equal(second.messageCount, 4);
  const history = await client.sessions.getHistory('ts-talk');
  assert.deepEqual(history.messages.map((message) => message.role), ['user', 'assistant', 'user', 'assistant']);
  assert.equal(history.messages[1].content, first.response);
});

test('one idempotency key starts one run', async () => {
  const [first, second] = await Promise.all(
    [1, 2].map(() => client.chatflows.chat({ message: 'Once' }, { idempotencyKey: 'ts-once' })),
  );
  assert.equal(first.executionId, second.executionId);
});

test('a stream ends with the whole answer, and its events are typed', async () => {
  const stream = client.chatflows.chatStream({ message: LONG });
  const events = await read(stream);
  assert.equal(events[0].type, 'start');
  assert.equal(events.at(-1).type, 'done');
  assert.equal(textOf(events), events.at(-1).response);
  assert.equal(stream.executionId, events[0].executionId);
  assert.equal(stream.reconnects, 0);
});

test('a stream that is cut again and again loses nothing and repeats nothing', async () => {
  const stream = behindCuts.chatflows.chatStream({ message: LONG });
  const events = await read(stream);
  assert.ok(stream.reconnects >= 3, `it was cut ${stream.reconnects} times`);
  assert.equal(textOf(events), events.at(-1).response);
  assert.equal(events.filter((event) => event.type === 'start').length, 1);
  const { executions } = await client.executions.list({ sessionId: events[0].sessionId });
  assert.equal(executions.length, 1);

  const journal = await read(behindCuts.executions.follow(events[0].executionId));
  assert.deepEqual(journal.map((event) => event.seq), journal.map((_, place) => place + 1));
  assert.equal(journal.at(-1).type, 'run.completed');
});

test('a stream goes on where an earlier one was left', async () => {
  const first = client.chatflows.chatStream({ message: LONG });
  const before = [];
  for await (const event of first) {
    before.push(event);
    if (before.length === 5) break;
  }
  const after = await read(client.executions.stream(first.executionId, { lastEventId: first.lastEventId }));
  assert.equal(textOf([...before, ...after]), after.at(-1).response);
});

test('a visitor chats from the page of a site, over cuts too, and is refused from another', async () => {
  const site = 'https://shop.example';
  const flow = await client.chatflows.create({
    name: 'ts shop',
    chatConfig: { llmProvider: 'demo', llmModel: 'demo' },
  });
  const { embedToken } = await client.embeds.put({ chatflowId: flow.id, allowedDomains: [site] });
  const visitor = client.embeds;
  for (const elsewhere of [{}, { origin: 'https://other.example' }]) {
    await assert.rejects(visitor.beginVisitorSession(embedToken, elsewhere), (error) => {
      assert.deepEqual([error.status, error.code], [403, 'forbidden_origin']);
      return true;
    });
  }
  const { sessionId } = await visitor.beginVisitorSession(embedToken, { origin: site });
  const visit = { visitorSession: sessionId, origin: site };
  const stream = behindCuts.embeds.visitorChatStream(embedToken, { message: LONG, ...visit });
  const events = await read(stream);
  assert.ok(stream.reconnects >= 1, `it was cut ${stream.reconnects} times`);
  assert.equal(textOf(events), events.at(-1).response);
  const run = { executionId: stream.executionId, ...visit };
  const again = await read(visitor.visitorChatResume(embedToken, run));
  assert.equal(textOf(again), textOf(events));
  assert.equal((await visitor.visitorFeedback(embedToken, { rating: 'down', ...run })).rating, 'down');
  const { turns } = await visitor.visitorHistory(embedToken, visit);
  assert.deepEqual(turns.map((turn) => [turn.message, turn.status, turn.rating]), [[LONG, 'completed', 'down']]);
});

test('aborting ends the reading, not the run; cancelling ends the run', async () => {
  const controller = new AbortController();
  const stream = client.chatflows.chatStream({ message: LONG }, { signal: controller.signal });
  await assert.rejects(async () => {
    for await (const event of stream) if (event.type === 'content') controller.abort();
  }, { name: 'AbortError' });
  assert.equal((await client.executions.wait(stream.executionId)).status, 'completed');

  const flow = await client.agentflows.create({
    name: 'sleeps',
    graphDefinition: {
      nodes: [node('start', 'start'), node('sleep', 'delay', { seconds: 4 }), node('end', 'end')],
      edges: [edge('start', 'sleep'), edge('sleep', 'end')],
    },
  });
  const started = await client.flows.execute(flow.id);
  await client.executions.cancel(started.id);
  assert.equal((await client.executions.wait(started.id, { within: 10_000 })).status, 'cancelled');
});

test('a run that asks is waited for and answered; its input and output keep their names', async () => {
  const flow = await flowThatAsks();
  const input = { some_text: 'Hi', otherThing: { a_b: [{ c_d: 1 }] } };
  const started = await client.flows.execute(flow, input);
  const waiting = await client.executions.wait(started.id);
  assert.equal(waiting.status, 'waiting_approval');
  assert.deepEqual(waiting.inputData, input);
  const { inputs } = await client.executions.listInputs(started.id);
  assert.deepEqual([inputs[0].message, inputs[0].nodeId], ['Send Hi?', 'ask']);
  await client.executions.respond(started.id, { action: 'approve', inputId: inputs[0].id });
  const ended = await client.executions.wait(started.id);
  assert.equal(ended.status, 'completed');
  assert.equal(ended.outputData.output ?? ended.outputData, 'sent: Hi');
  assert.equal(ended.nodeExecutions.find((each) => each.nodeId === 'sent').status, 'completed');
  await assert.rejects(client.executions.respond(started.id, { action: 'approve' }), ConflictError);
});

test('an agentflow is streamed node by node', async () => {
  const flow = await flowThatAsks();
  const stream = client.agentflows.executeStream(flow, { some_text: 'Hi' });
  const seen = [];
  for await (const event of stream) {
    seen.push(event.type);
    if (event.type === 'status' && event.status === 'waiting_approval') {
      assert.equal(event.inputs[0].kind, 'approval');
      await client.executions.respond(stream.executionId, { action: 'reject' });
    }
    if (event.type === 'node' && event.node.status === 'running') assert.ok(event.node.nodeType.length > 0);
    if (event.type === 'complete') assert.equal(event.status, 'completed');
  }
  assert.equal(seen[0], 'start');
  assert.equal(seen.at(-1), 'complete');
});

test('a flow is stored, read, changed, listed and deleted', async () => {
  const made = await client.chatflows.create({
    name: 'ts talk flow',
    chatConfig: { llmProvider: 'demo', llmModel: 'demo', systemPrompt: 'Be kind.', maxTokens: 50 },
    tags: ['ts'],
  });
  assert.deepEqual([made.flowType, made.version], ['chatflow', 1]);
  assert.equal(made.chatConfig.max_tokens, 50);
  const answer = await client.chatflows.chat({ message: 'Hi', workflowId: made.id });
  assert.equal(answer.success, true);
  const changed = await client.chatflows.update(made.id, { description: 'new' });
  assert.deepEqual([changed.version, changed.description], [2, 'new']);
  const found = [];
  for await (const flow of client.flows.listAll({ search: 'ts talk', pageSize: 1 })) found.push(flow.id);
  assert.deepEqual(found, [made.id]);
  const picture = await client.flows.draw(made.id, { format: 'svg' });
  assert.match(await picture.text(), /<svg/);
  assert.equal((await client.chatflows.delete(made.id)).deleted, true);
  await assert.rejects(client.flows.get(made.id), NotFoundError);
});

test('a session is exported and imported', async () => {
  await client.chatflows.chat({ message: 'Keep this', sessionId: 'ts-kept' });
  const file = await client.sessions.download('ts-kept', { format: 'json' });
  const imported = await client.sessions.importFile({ file: file.blob() });
  assert.equal(imported.messageCount, 2);
  const text = await client.sessions.download('ts-kept', { format: 'txt' });
  assert.match(await text.text(), /Keep this/);
  assert.equal((await client.sessions.delete('ts-kept')).cleared, true);
  await assert.rejects(client.sessions.get('ts-kept'), NotFoundError);
});

test('a document comes as a file or as a text', async () => {
  const base = await client.knowledgeBases.create({ name: 'ts manuals', embedding: { provider: 'demo' } });
  const pump = await client.knowledgeBases.addDocument(base.id, {
    file: ['pump.md', '# Pump\n\nPump P-100 leaks when it is cold.'],
    metadata: { year: 2026 },
  });
  const valve = await client.knowledgeBases.addDocument(base.id, { name: 'Valve', text: '# Valve\n\nOpens at 3 bar.' });
  assert.deepEqual([pump.name, valve.name], ['pump.md', 'Valve']);
  for (const { executionId } of [pump, valve]) {
    assert.equal((await client.executions.wait(executionId)).status, 'completed');
  }
  assert.deepEqual((await client.knowledgeBases.getDocument(base.id, pump.id)).metadata, { year: 2026 });
  const { results } = await client.knowledgeBases.search(base.id, { query: 'At how many bar does the valve open?' });
  assert.match(results[0].text, /3 bar/);
  await assert.rejects(client.knowledgeBases.addDocument(base.id), InvalidError);
});

test('errors say what is wrong', async () => {
  const stranger = new AgenticRAGClient({ baseUrl: AGENTICRAG_URL, apiKey: 'wrong' });
  await assert.rejects(stranger.workflows.list(), (error) => {
    assert.ok(error instanceof UnauthorizedError);
    assert.deepEqual([error.status, error.code], [401, 'unauthorized']);
    return true;
  });
  await assert.rejects(read(stranger.chatflows.chatStream({ message: 'Hi' })), UnauthorizedError);
  await assert.rejects(client.chatflows.chat({ message: 'Hi', config: { temprature: 1 } }), (error) => {
    assert.ok(error instanceof InvalidError);
    assert.equal(error.errors[0].pointer, '/config/temprature');
    return true;
  });
  const unknown = '00000000-0000-4000-8000-000000000000';
  await assert.rejects(client.executions.get(unknown), NotFoundError);
});

test('a chat over a WebSocket is answered frame by frame, over cuts too', async () => {
  const flow = await client.chatflows.create({ name: 'ts socket', chatConfig: { llmProvider: 'demo', llmModel: 'demo' } });
  for (const connected of [client, behindCuts]) {
    const chat = await ChatSocket.connect(connected, { workflowId: flow.id });
    assert.ok(chat.sessionId.length > 0);
    await chat.send(LONG);
    const frames = await read(chat);
    const said = frames.map((frame) => (frame.type === 'chunk' ? frame.content : '')).join('');
    assert.equal(said, frames.at(-1).response);
    assert.equal(chat.reconnects > 0, connected === behindCuts);
    chat.close();
  }
  await assert.rejects(ChatSocket.connect(client, { workflowId: 'none' }), /4404/);
  await assert.rejects(ChatSocket.connect(client, { workflowId: 'none' }), NotFoundError);
  const stranger = client.withOptions({ apiKey: 'none' });
  await assert.rejects(ChatSocket.connect(stranger, { workflowId: flow.id }), UnauthorizedError);
  await assert.rejects(async () => ChatSocket.connect(client, { workflowId: '..' }), /takes the id/);
});

test('a webhook is called with any JSON, a signed text, bytes and a form', async () => {
  const graphDefinition = {
    nodes: [node('start', 'start'), node('hello', 'template', { template: 'Hello, {{ input.name }}' }), node('end', 'end')],
    edges: [edge('start', 'hello'), edge('hello', 'end')],
  };
  const flow = await client.agentflows.create({ name: 'ts echo', graphDefinition });
  const hook = await client.webhooks.create({ flowId: flow.id, style: 'token', answer: 'sync' });
  const token = hook.url.split('/').at(-1);
  const stranger = client.withOptions({ apiKey: 'not sent', headers: { 'X-Webhook-Token': hook.secret } }).webhooks;
  const json = '{"name":"Ada"}';
  for (const body of [{ name: 'Ada', some_Key: [1, null] }, json, new TextEncoder().encode(json), new Blob([json])]) {
    assert.equal((await stranger.call(token, body)).output, 'Hello, Ada');
  }
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  assert.equal((await stranger.call(token, 'name=Grace+Hopper', { headers })).output, 'Hello, Grace Hopper');
  await client.webhooks.update(hook.id, { answer: 'stream' });
  const raw = await stranger.call(token, { name: 'Bob' }).asResponse();
  assert.match(await raw.text(), /Hello, Bob/);
  await client.webhooks.update(hook.id, { answer: 'async' });
  const receipt = await stranger.call(token, { name: 'Eve' });
  const ended = await client.executions.wait(receipt.executionId);
  assert.match(JSON.stringify(ended.outputData), /Hello, Eve/);
  await assert.rejects(client.webhooks.call(token, { name: 'Bob' }), UnauthorizedError);
});
