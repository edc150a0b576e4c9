/** A chat over one WebSocket: messages one way, frames the other, and no frame lost by a cut. */

import { AgenticRAGClient } from './client.js';
import type { Connection } from './connection.js';
import { segment } from './options.js';
import { delayBefore, newKey, sleep } from './patience.js';
import { AgenticRAGError, APIConnectionError, APITimeoutError, readProblem, StreamBrokenError } from './problems.js';

/** What a chat needs of a socket: those of browsers and runtimes have it, and those of the package ws. */
export interface ChatTransport {
  // Each library has events of its own; of those, `data`, `code` and `reason` are read.
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number): void;
}

/** What a chat is with. */
export interface ChatSocketOptions {
  /** The stored chatflow that answers; without one a model does, as the `config` of each message says. */
  workflowId?: string | undefined;
  /** The session to go on with, or a name for a new one. */
  sessionId?: string | undefined;
  /** What makes connections, in place of the global `WebSocket`, which Node has from version 22 on. */
  WebSocket?: (new (url: string) => ChatTransport) | undefined;
}

/** A frame as it came: plain JSON, with the names of the wire. */
export type SocketFrame = { type: string; execution_id?: string; seq?: number } & Record<string, unknown>;

const ENDS = new Set(['response', 'message', 'error']);
const PASSING = new Set([1001, 1006, 1011, 1012, 1013]);
/** Codes of closed connections after which to come back helps. */

/** A chat that is connected. One that is cut connects anew, and its run goes on after the last frame. */
export class ChatSocket {
  /** The session, once it is connected. */
  sessionId: string | undefined;
  /** The run that sent the last frame. */
  executionId: string | undefined;
  /** The number of that frame. */
  seq = 0;
  reconnects = 0;
  readonly #connection: Connection;
  readonly #options: ChatSocketOptions;
  #socket: ChatTransport | undefined;
  #frames: SocketFrame[] = [];
  #closed: { code?: number; reason?: string } | undefined;
  #wake: () => void = () => undefined;
  #waiting: object | undefined;
  #left = false;

  private constructor(connection: Connection, options: ChatSocketOptions) {
    this.#connection = connection;
    this.#options = options;
    this.sessionId = options.sessionId;
  }

  /** Connect to a chat. */
  static async connect(client: AgenticRAGClient, options: ChatSocketOptions = {}): Promise<ChatSocket> {
    const chat = new ChatSocket(AgenticRAGClient.connectionOf(client), options);
    await chat.#open();
    return chat;
  }

  /** Say something; `more` is what else a message may have: `files`, `metadata`, `config`. */
  async send(message: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const said = this.#options.workflowId === undefined ? { type: 'message', content: message } : { message };
    this.#waiting = { ...said, idempotency_key: newKey(), ...more };
    this.executionId = undefined;
    this.seq = 0;
    await this.command(this.#waiting);
  }

  /** Send a frame of any kind: `ping`, `history`, `clear`, `resume`. */
  async command(frame: object): Promise<void> {
    if (this.#closed !== undefined) await this.#return();
    else this.#socket?.send(JSON.stringify(frame));
  }

  /** End what this socket has under way. */
  async cancel(): Promise<void> {
    await this.command({ type: 'cancel' });
  }

  /** Return the next frame, connecting anew where the connection was cut. */
  async receive(): Promise<SocketFrame> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame === undefined) {
        if (this.#closed !== undefined) await this.#return();
        else await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.executionId = frame.execution_id ?? this.executionId;
      this.seq = frame.seq ?? this.seq;
      if (ENDS.has(frame.type)) this.#waiting = undefined;
      return frame;
    }
  }

  /** Go through the frames of the answer that is under way, to its last. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SocketFrame, void, undefined> {
    try {
      while (this.#waiting !== undefined) yield await this.receive();
    } catch (error) {
      if (!this.#left) throw error;
    }
  }

  /** Leave the chat: who reads it finds its end. A run that is under way goes on. */
  close(): void {
    this.#left = true;
    this.#socket?.close(1000);
  }

  async #open(): Promise<void> {
    const { workflowId, WebSocket = globalThis.WebSocket } = this.#options;
    if (WebSocket === undefined) {
      throw new AgenticRAGError("There is no WebSocket here: give one as 'WebSocket', of the package ws for example.");
    }
    const path = workflowId === undefined ? 'ai-agent-chat' : `chat/${segment('workflowId', workflowId)}`;
    const query = this.sessionId === undefined ? '' : `?${new URLSearchParams({ session_id: this.sessionId }).toString()}`;
    const key = await this.#connection.key(); // before there is a socket, which may open while a key is fetched
    const socket = new WebSocket(`${this.#connection.base.replace(/^http/, 'ws')}/api/agent-builder/${path}/ws${query}`);
    this.#socket = socket;
    this.#closed = undefined;
    this.#frames = [];
    socket.onopen = () => {
      // A page cannot set headers: who asks is the first message.
      if (key !== '') socket.send(JSON.stringify({ type: 'auth', token: key }));
    };
    socket.onmessage = ({ data }: { data: unknown }) => {
      this.#frames.push(JSON.parse(String(data)) as SocketFrame);
      this.#wake();
    };
    socket.onerror = () => undefined; // `onclose` follows; without a listener, the package ws ends the program
    socket.onclose = (event: { code?: number; reason?: string }) => {
      this.#closed = event;
      this.#wake();
    };
    const late = setTimeout(() => socket.close(), this.#connection.options.timeout ?? 120_000);
    await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(late);
    const first = this.#frames.shift();
    if (first === undefined) throw await this.#refusal();
    const { session_id } = { ...(first['metadata'] as object | undefined), ...first } as { session_id?: string };
    this.sessionId = session_id ?? this.sessionId;
  }

  /** Return why the chat was closed, as one of the errors that every call has: 4401 is a 401. */
  async #refusal(): Promise<AgenticRAGError> {
    const { code = 1006, reason = '' } = this.#closed ?? {};
    const words = `${this.#connection.base} closed the chat (${code}): ${reason || 'no reason was given.'}`;
    if (code > 4400 && code < 4500) return readProblem(new Response(words, { status: code - 4000 }));
    return this.#closed === undefined ? new APITimeoutError(words) : new APIConnectionError(words, { cause: { code, reason } });
  }

  /** Connect anew and go on with the run that was under way, or say again what may not have arrived. */
  async #return(): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const refusal = await this.#refusal();
      if (!PASSING.has(this.#closed?.code ?? 1006)) throw refusal;
      if (failures > this.#connection.reconnects({})) {
        throw new StreamBrokenError(refusal.message, `${this.executionId}:${this.seq}`, { cause: refusal });
      }
      await sleep(delayBefore(failures));
      this.reconnects += 1;
      try {
        await this.#open();
        break;
      } catch (error) {
        if (!(error instanceof APIConnectionError)) throw error;
      }
    }
    if (this.#waiting === undefined) return;
    const resume = { type: 'resume', execution_id: this.executionId, after: this.seq };
    this.#socket?.send(JSON.stringify(this.executionId === undefined ? this.#waiting : resume));
  }
}
