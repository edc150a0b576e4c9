import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { AgenticRAGClient } from '../dist/esm/index.js';
import { MODELS } from '../dist/esm/shapes.js';
import { fromWire, toWire } from '../dist/esm/wire.js';

/** Send one call, and return the body that was sent and what came of the answer. */
async function call(answer, send) {
  let body;
  const fetch = async (_, request) => {
    body = request.body === undefined ? undefined : JSON.parse(request.body);
    return Response.json(answer);
  };
  const read = await send(new AgenticRAGClient({ apiKey: '', baseUrl: 'http://127.0.0.1:9', fetch }));
  return { body, read };
}

test('fields of models are renamed both ways, and nothing else', async () => {
  const { body, read } = await call(
    { response: 'Hi', usage: { total_tokens: 3 }, inputs: [{ node_id: 'n', value: { a_b: 1 } }] },
    (client) =>
      client.chatflows.chat({
        message: 'Hi',
        sessionId: 's',
        inputs: { some_key: 1, otherKey: 2 },
        config: { maxTokens: 5, memoryConfig: { max_messages: 3, camelCase: 1 }, tools: [{ some_key: { b_c: 1 } }] },
      }),
  );
  assert.deepEqual(body, {
    message: 'Hi',
    session_id: 's',
    inputs: { some_key: 1, otherKey: 2 },
    config: { max_tokens: 5, memory_config: { max_messages: 3, camelCase: 1 }, tools: [{ some_key: { b_c: 1 } }] },
  });
  assert.deepEqual(read, {
    response: 'Hi',
    usage: { totalTokens: 3 },
    inputs: [{ nodeId: 'n', value: { a_b: 1 } }],
  });
});

test('input and output of runs are theirs who wrote the flow', async () => {
  const { body, read } = await call(
    { success: true, execution_id: 'e', output: { some_key: [{ other_key: 1 }] }, duration_ms: 1 },
    (client) =>
      client.workflows.execute('w', { some_key: 1, otherKey: { a_b: 2 } }, { variables: { x_y: 1 }, limits: { maxCostUsd: 1 } }),
  );
  assert.deepEqual(read, { success: true, executionId: 'e', output: { some_key: [{ other_key: 1 }] }, durationMs: 1 });
  assert.deepEqual(body, {
    input_data: { some_key: 1, otherKey: { a_b: 2 } },
    variables: { x_y: 1 },
    limits: { max_cost_usd: 1 },
  });
});

test('a graph keeps the names that its front end gave it', async () => {
  const nodes = [{ id: 'a', type: 'llm', data: { system_prompt: 'x' }, position: { x: 1, y: 2 }, parentId: 'p' }];
  const edges = [{ id: 'e', source: 'a', target: 'b', sourceHandle: 'out' }];
  const flow = { name: 'f', orchestrationType: 'sequential', graphDefinition: { nodes, edges } };
  const { body } = await call({}, (client) => client.agentflows.create(flow));
  assert.deepEqual(body, { name: 'f', orchestration_type: 'sequential', graph_definition: { nodes, edges } });
});

test('members of a union are told apart where a field of one is free JSON in another', () => {
  const either = 'ChatInput|ChatDone';
  const asks = { type: 'input', input: { input_id: 'i' } };
  const tool = { type: 'tool', call_id: 'c', input: { some_key: 1 } };
  assert.deepEqual(fromWire(asks, either, MODELS), { type: 'input', input: { inputId: 'i' } });
  assert.deepEqual(fromWire(tool, either, MODELS), { type: 'tool', callId: 'c', input: { some_key: 1 } });
  const newer = { type: 'new', some_field: 1, some_data: { a_b: 1 } };
  assert.deepEqual(fromWire(newer, either, MODELS), { type: 'new', someField: 1, someData: { a_b: 1 } });
});

test('the values of a map are renamed, and its keys are not', () => {
  const prices = { gpt_5: { input_price_per_1k: 1 } };
  assert.deepEqual(fromWire({ prices }, 'ConnectionView', MODELS), { prices: { gpt_5: { inputPricePer1K: 1 } } });
});

test('what a newer server adds is named by the same rule, and no name reaches a prototype', () => {
  const answer = JSON.parse('{"execution_id": "e", "brand_new": {"a_b": 1}, "__proto__": {"polluted": true}}');
  const read = fromWire(answer, '+', MODELS);
  assert.deepEqual(Object.keys(read), ['executionId', 'brandNew', '__proto__']);
  assert.deepEqual(read.brandNew, { a_b: 1 });
  assert.equal(read.polluted, undefined);
});

test('names that the rule gets wrong have their own', () => {
  assert.notEqual(Object.keys(MODELS.as).length, 0);
  for (const [there, here] of Object.entries(MODELS.as)) {
    assert.deepEqual(toWire({ [here]: 1 }, '+', MODELS), { [there]: 1 });
    assert.deepEqual(fromWire({ [there]: 1 }, '+', MODELS), { [here]: 1 });
  }
});

test('a console shows no secret of an answer, and programs and JSON find it', () => {
  const key = fromWire({ id: 'k', key: 'ar_secret', user_id: null }, '+', MODELS);
  assert.doesNotMatch(inspect(key), /ar_secret/);
  assert.match(inspect(key), /userId/);
  assert.equal(key.key, 'ar_secret');
  assert.equal(JSON.parse(JSON.stringify(key)).key, 'ar_secret');
  assert.deepEqual({ ...key }, { id: 'k', key: 'ar_secret', userId: null });
});
