import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readFrames } from '../dist/esm/frames.js';

const TEXT =
  '\uFEFFid: 1\nevent: content\ndata: {"a":"ü€😀"}\n\n' +
  ': heartbeat\n\n' +
  'id:2\r\ndata:one\r\ndata: two\r\n\r\n' +
  'retry: 1000\r\r' +
  'data\n\n' +
  'id: 3\ndata: cut of';

const FRAMES = [
  { id: '1', event: 'content', data: '{"a":"ü€😀"}', retry: undefined },
  { id: '', event: '', data: undefined, retry: undefined },
  { id: '2', event: '', data: 'one\ntwo', retry: undefined },
  { id: '', event: '', data: undefined, retry: 1000 },
  { id: '', event: '', data: '', retry: undefined },
];

/** A body that comes in pieces of so many bytes. */
function bodyOf(text, size) {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}

async function framesOf(body, signal) {
  const found = [];
  for await (const frame of readFrames(body, signal)) found.push(frame);
  return found;
}

test('frames are the same however the bytes are cut, and an unfinished one is dropped', async () => {
  for (let size = 1; size <= 70; size += 1) assert.deepEqual(await framesOf(bodyOf(TEXT, size)), FRAMES);
});

test('a signal ends a read that waits', async () => {
  const controller = new AbortController();
  let cancelled = false;
  const silent = new ReadableStream({ cancel: () => void (cancelled = true) });
  setTimeout(() => controller.abort(), 10);
  assert.deepEqual(await framesOf(silent, controller.signal), []);
  assert.equal(cancelled, true);
});
