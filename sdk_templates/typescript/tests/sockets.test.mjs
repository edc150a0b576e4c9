import assert from 'node:assert/strict';
import { test } from 'node:test';

import { AgenticRAGClient, APIConnectionError } from '../dist/esm/index.js';
import { ChatSocket } from '../dist/esm/socket.js';

const BASE = { baseUrl: 'http://127.0.0.1:9', apiKey: 'key' };

/** Return the class of sockets that open at once and then do what `opened` says, or that fail as those of the package ws. */
function sockets(opened) {
  return class {
    sent = [];
    onopen;
    onmessage;
    onclose;
    onerror;

    constructor(url) {
      this.url = url;
      setTimeout(() => {
        if (opened === undefined) return this.fail();
        this.onopen?.({});
        return opened(this);
      });
    }

    send(text) {
      this.sent.push(JSON.parse(text));
      if (this.sent.at(-1).type === 'auth') this.hear({ type: 'connected', session_id: 's' });
    }

    hear(frame) {
      this.onmessage({ data: JSON.stringify(frame) });
    }

    close(code) {
      setTimeout(() => this.onclose({ code, reason: '' }));
    }

    /** Fail as an event emitter does: an error that nobody hears is thrown. */
    fail() {
      if (!this.onerror) throw new Error('ECONNREFUSED');
      this.onerror({ message: 'ECONNREFUSED' });
      this.onclose({ code: 1006, reason: '' });
    }
  };
}

test('a server that is not there is an error of the call, whatever makes the connection', async () => {
  const WebSocket = sockets();
  await assert.rejects(ChatSocket.connect(new AgenticRAGClient(BASE), { WebSocket }), APIConnectionError);
});

test('a key that is fetched is fetched before the socket opens', async () => {
  const made = [];
  const WebSocket = sockets((socket) => made.push(socket));
  const apiKey = () => new Promise((resolve) => setTimeout(() => resolve('later'), 50));
  const chat = await ChatSocket.connect(new AgenticRAGClient({ ...BASE, apiKey, timeout: 2000 }), { WebSocket });
  assert.equal(chat.sessionId, 's');
  assert.deepEqual(made[0].sent, [{ type: 'auth', token: 'later' }]);
});

test('closing a chat ends the reading without an error', async () => {
  let socket;
  const WebSocket = sockets((made) => (socket = made));
  const chat = await ChatSocket.connect(new AgenticRAGClient(BASE), { WebSocket });
  await chat.send('Hi');
  socket.hear({ type: 'started', execution_id: 'e', seq: 1 });
  const types = [];
  for await (const { type } of chat) {
    types.push(type);
    setTimeout(() => chat.close(), 10);
  }
  assert.deepEqual(types, ['started']);
});
