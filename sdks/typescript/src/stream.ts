/** Events of a run as they happen. A stream that breaks off is taken up right after the last event that arrived. */

import type { Call, Connection, StartOptions, StreamOptions } from './connection.js';
import { readFrames } from './frames.js';
import { delayBefore, isWorthARetry, sleep, whenAborted } from './patience.js';
import { AgenticRAGError, AnswerError, ConnectionError } from './problems.js';
import { fromWire } from './wire.js';

const END = '[DONE]';

/**
 * The events of one call, to be read once: `for await (const event of stream) …`.
 *
 * Leaving the loop closes the connection and nothing else: the run goes on at the server.
 */
export class EventStream<Event> implements AsyncIterable<Event> {
  /** The execution whose events these are; undefined until the first has arrived. */
  executionId: string | undefined;
  /** The id of the last event that was read: what another stream may go on from. */
  lastEventId: string | undefined;
  /** How often it was taken up again. */
  reconnects = 0;
  readonly #connection: Connection;
  readonly #call: Call;
  readonly #options: StartOptions & StreamOptions;
  readonly #ending = new AbortController();
  #begun = false;

  constructor(connection: Connection, call: Call, options: StartOptions & StreamOptions) {
    this.#connection = connection;
    this.#call = { ...call, accept: 'text/event-stream' };
    this.#options = options;
    this.lastEventId = options.lastEventId;
  }

  /** Stop reading: the loop over the events ends without an error. */
  close(): void {
    this.#ending.abort();
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    if (this.#begun) throw new AgenticRAGError('A stream can be read once. Make the call again for another.');
    this.#begun = true;
    return this.#events();
  }

  async *#events(): AsyncGenerator<Event, void, undefined> {
    const { signal } = this.#options;
    const forget = whenAborted(signal, () => this.#ending.abort());
    try {
      for await (const text of this.#data()) {
        const value = readJson(text);
        yield fromWire(value, this.#call.gives ?? null, this.#connection.models) as Event;
        if (this.#isLast(value)) return;
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) throw error;
    } finally {
      forget();
    }
    signal?.throwIfAborted();
  }

  /** Yield the data of each event, over as many connections as it takes. */
  async *#data(): AsyncGenerator<string, void, undefined> {
    let limit = this.#options.maxRetries ?? this.#connection.maxRetries;
    let vain = 0;
    for (;;) {
      let pause: number | undefined;
      let failure: unknown;
      const broken = new AbortController();
      const forget = whenAborted(this.#ending.signal, () => broken.abort());
      const alarm = new Alarm(this.#connection.heartbeatTimeout, () => broken.abort());
      try {
        const body = await this.#open();
        if (body === undefined) return;
        limit = this.#connection.maxReconnects;
        alarm.set();
        for await (const frame of readFrames(body, broken.signal)) {
          pause = frame.retry ?? pause;
          alarm.clear(); // whoever reads may take as long as they like
          if (frame.data === END) return;
          if (frame.data !== undefined) {
            vain = 0;
            if (frame.id !== '') this.lastEventId = frame.id;
            yield frame.data;
          }
          alarm.set();
        }
      } catch (error) {
        failure = error;
      } finally {
        alarm.clear();
        forget();
      }
      this.#ending.signal.throwIfAborted();
      if (failure instanceof AgenticRAGError && !isWorthARetry(failure, true)) throw failure;
      vain += 1;
      if (vain > limit) throw brokenOff(this.#call, vain, failure);
      this.reconnects += 1;
      // At once where it had got on: most breaks are of the line, not of the server.
      const refused = failure instanceof AgenticRAGError;
      await sleep(pause ?? (vain === 1 && !refused ? 0 : delayBefore(vain, failure)), this.#ending.signal);
    }
  }

  /** Connect and return the body; undefined where there is nothing more to come. */
  async #open(): Promise<ReadableStream<Uint8Array> | undefined> {
    const options: StartOptions & StreamOptions = { ...this.#options, signal: this.#ending.signal };
    if (this.lastEventId !== undefined) options.lastEventId = this.lastEventId;
    return await this.#connection.attempt(this.#call, options, (response) => {
      this.executionId = response.headers.get('X-Execution-Id') ?? this.executionId;
      if (response.status === 204) return undefined;
      if (response.body === null) throw new AnswerError('The stream has no body: this `fetch` cannot stream.');
      return response.body;
    });
  }

  #isLast(value: unknown): boolean {
    if (typeof value !== 'object' || value === null || !('type' in value)) return false;
    return typeof value.type === 'string' && (this.#call.ends ?? []).includes(value.type);
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AnswerError(`An event is no JSON: ${text.slice(0, 200)}`, { cause: error });
  }
}

function brokenOff(call: Call, times: number, failure: unknown): unknown {
  if (failure instanceof AgenticRAGError) return failure;
  const cause = failure === undefined ? undefined : { cause: failure };
  return new ConnectionError(`${call.method} ${call.path} broke off ${times} times without a new event.`, cause);
}

/** Rings when it was not set anew for so long. */
class Alarm {
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly milliseconds: number,
    readonly ring: () => void,
  ) {}

  set(): void {
    clearTimeout(this.#timer);
    if (this.milliseconds > 0) this.#timer = setTimeout(this.ring, this.milliseconds);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}
