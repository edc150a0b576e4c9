import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { MODELS } from '../dist/esm/shapes.js';
import { fromWire, toWire } from '../dist/esm/wire.js';

test('fields of models are renamed both ways, and nothing else', () => {
  const request = {
    message: 'Hi',
    sessionId: 's',
    config: { maxTokens: 5, memoryConfig: { max_messages: 3, camelCase: 1 }, tools: [{ some_key: { b_c: 1 } }] },
  };
  const wire = {
    message: 'Hi',
    session_id: 's',
    config: { max_tokens: 5, memory_config: { max_messages: 3, camelCase: 1 }, tools: [{ some_key: { b_c: 1 } }] },
  };
  assert.deepEqual(toWire(request, 'ChatRequest', MODELS), wire);
  assert.deepEqual(fromWire(wire, 'ChatRequest', MODELS), request);
});

test('input and output of runs are theirs who wrote the flow', () => {
  const answer = { success: true, execution_id: 'e', output: { some_key: [{ other_key: 1 }] }, duration_ms: 1 };
  const read = fromWire(answer, 'ExecutionAnswer', MODELS);
  assert.deepEqual(read, { success: true, executionId: 'e', output: { some_key: [{ other_key: 1 }] }, durationMs: 1 });
  const request = { inputData: { some_key: 1, otherKey: { a_b: 2 } }, variables: { x_y: 1 } };
  const sent = { input_data: { some_key: 1, otherKey: { a_b: 2 } }, variables: { x_y: 1 } };
  assert.deepEqual(toWire(request, 'ExecutionRequest', MODELS), sent);
});

test('a graph keeps the names that its front end gave it', () => {
  const nodes = [{ id: 'a', type: 'llm', data: { system_prompt: 'x' }, position: { x: 1, y: 2 }, parentId: 'p' }];
  const edges = [{ id: 'e', source: 'a', target: 'b', sourceHandle: 'out' }];
  const flow = { name: 'f', orchestrationType: 'sequential', graphDefinition: { nodes, edges } };
  const wire = { name: 'f', orchestration_type: 'sequential', graph_definition: { nodes, edges } };
  assert.deepEqual(toWire(flow, 'Agentflow', MODELS), wire);
});

test('members of a union are told apart', () => {
  const either = { any: ['ChatStart', 'ExecutionStart'] };
  const chat = { type: 'start', session_id: 's', execution_id: 'e' };
  const execution = { type: 'start', execution_id: 'e', workflow_id: 'w' };
  assert.deepEqual(fromWire(chat, either, MODELS), { type: 'start', sessionId: 's', executionId: 'e' });
  assert.deepEqual(fromWire(execution, either, MODELS), { type: 'start', executionId: 'e', workflowId: 'w' });
  const newer = { type: 'new', some_field: 1 };
  assert.deepEqual(fromWire(newer, either, MODELS), newer);
});

test('what a newer server adds is named by the same rule, and no name reaches a prototype', () => {
  const answer = JSON.parse('{"execution_id": "e", "brand_new": {"a_b": 1}, "__proto__": {"polluted": true}}');
  const read = fromWire(answer, 'ChatAnswer', MODELS);
  assert.deepEqual(Object.keys(read), ['executionId', 'brandNew', '__proto__']);
  assert.deepEqual(read.brandNew, { a_b: 1 });
  assert.equal(read.polluted, undefined);
});

test('names that the rule gets wrong have their own', () => {
  assert.ok(Object.values(MODELS).some((model) => model.as !== undefined));
  for (const [name, { as = {} }] of Object.entries(MODELS)) {
    for (const [there, here] of Object.entries(as)) {
      assert.deepEqual(toWire({ [here]: 1 }, name, MODELS), { [there]: 1 });
      assert.deepEqual(fromWire({ [there]: 1 }, name, MODELS), { [here]: 1 });
    }
  }
});

test('a console shows no secret of an answer, and programs and JSON find it', () => {
  const key = fromWire({ id: 'k', key: 'ar_secret', user_id: null }, 'MadeKey', MODELS);
  assert.doesNotMatch(inspect(key), /ar_secret/);
  assert.match(inspect(key), /userId/);
  assert.equal(key.key, 'ar_secret');
  assert.equal(JSON.parse(JSON.stringify(key)).key, 'ar_secret');
  assert.deepEqual({ ...key }, { id: 'k', key: 'ar_secret', userId: null });
});
