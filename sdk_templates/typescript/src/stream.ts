/** Events of a run as they happen. A stream that breaks off is taken up right after the last event that arrived. */

import type { Call, CallOptions, Connection } from './connection.js';
import { textOf } from './failures.js';
import { readFrames } from './frames.js';
import { delayBefore, isWorthARetry, sleep, whenAborted } from './patience.js';
import { AgenticRAGError, APIResponseValidationError, parsed, StreamBrokenError } from './problems.js';
import { fromWire } from './wire.js';

const END = '[DONE]';

/** A stream that is connected: what `await` gives of a call. */
export type OpenStream<Event> = Omit<EventStream<Event>, 'then'>;

/**
 * The events of one call, to be read once: `for await (const event of stream) …`. Await it to connect before that.
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
  /** The answer that carries it, with its headers. */
  response: Response | undefined;
  readonly #connection: Connection;
  readonly #call: Call;
  readonly #options: CallOptions;
  readonly #ending = new AbortController();
  #opened: Promise<ReadableStream<Uint8Array> | undefined> | undefined;
  #begun = false;
  #final: Event | undefined;

  constructor(connection: Connection, call: Call, options: CallOptions) {
    this.#connection = connection;
    this.#call = { ...call, accept: 'text/event-stream' };
    this.#options = options;
    this.lastEventId = options.lastEventId ?? options.after?.toString();
  }

  /** Connect; what refuses the call is thrown here. */
  then<Done = OpenStream<Event>, Failed = never>(
    done?: ((stream: OpenStream<Event>) => Done | PromiseLike<Done>) | null,
    failed?: ((reason: unknown) => Failed | PromiseLike<Failed>) | null,
  ): Promise<Done | Failed> {
    this.#opened ??= this.#connect();
    return this.#opened
      .then((): OpenStream<Event> => {
        // What is awaited must not be awaited again, or it would never end.
        Object.defineProperty(this, 'then', { value: undefined, configurable: true });
        return this;
      })
      .then(done, failed);
  }

  /** Stop reading: the loop over the events ends without an error. */
  close(): void {
    this.#ending.abort();
    if (!this.#begun) this.#opened?.then((body) => body?.cancel()).catch(() => undefined);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    if (this.#begun) throw new AgenticRAGError('A stream can be read once. Make the call again for another.');
    this.#begun = true;
    return this.#events();
  }

  /** The text of the answer, piece by piece as it comes. */
  get textStream(): AsyncGenerator<string, void, undefined> {
    return this.#texts();
  }

  /** Read to the end. */
  async untilDone(): Promise<void> {
    for await (const _ of this);
  }

  /** Read to the end and return the last event, which says how it ended. */
  async getFinalEvent(): Promise<Event> {
    await this.untilDone();
    if (this.#final === undefined) throw new AgenticRAGError(`The stream of ${this.#call.place} ended without an event.`);
    return this.#final;
  }

  /** Read to the end and return the whole answer; what came of one that was left off. */
  async getFinalText(): Promise<string> {
    let text = '';
    for await (const event of this) {
      text = /^(message\.)?reset$/.test(String((event as { type?: string }).type)) ? '' : text + textOf(event);
    }
    const { response, output } = Object(this.#final) as { response?: unknown; output?: unknown };
    return [response, output].find((each) => typeof each === 'string') ?? text;
  }

  async *#texts(): AsyncGenerator<string, void, undefined> {
    for await (const event of this) {
      const text = textOf(event);
      if (text !== '') yield text;
    }
  }

  async *#events(): AsyncGenerator<Event, void, undefined> {
    const { signal } = this.#options;
    const forget = whenAborted(signal, () => this.#ending.abort());
    try {
      for await (const text of this.#data()) {
        const value = parsed(text);
        if (value === undefined) throw new APIResponseValidationError(`An event is no JSON: ${text.slice(0, 200)}`);
        const event = fromWire(value, this.#call.gives ?? '', this.#connection.models) as Event;
        this.#final = event;
        this.#connection.check(event, this.#options, this.executionId);
        yield event;
        if (this.#isLast(value)) return;
      }
    } catch (error) {
      if (!this.#ending.signal.aborted) throw error;
    } finally {
      forget();
      this.#ending.abort();
    }
    signal?.throwIfAborted();
  }

  /** Yield the data of each event, over as many connections as it takes. */
  async *#data(): AsyncGenerator<string, void, undefined> {
    let vain = 0;
    for (;;) {
      let pause: number | undefined;
      let failure: unknown;
      const broken = new AbortController();
      const forget = whenAborted(this.#ending.signal, () => broken.abort());
      const alarm = new Alarm(this.#connection.heartbeatTimeout, () => broken.abort());
      try {
        const opening = this.#opened ?? this.#connect();
        this.#opened = undefined;
        const body = await opening;
        if (body === undefined) return;
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
      // A connection that was never made has been tried often enough.
      if (failure instanceof AgenticRAGError && (!this.#hasBegun || !isWorthARetry(failure, true))) throw failure;
      vain += 1;
      if (vain > this.#connection.reconnects(this.#options)) throw this.#brokenOff(vain, failure);
      this.reconnects += 1;
      const { method, place: path } = this.#call;
      this.#connection.log('warn', `The stream of ${method} ${path} broke, it is taken up again.`);
      // At once where it had got on: most breaks are of the line, not of the server.
      const refused = failure instanceof AgenticRAGError;
      await sleep(pause ?? (vain === 1 && !refused ? 0 : delayBefore(vain, failure)), this.#ending.signal);
    }
  }

  get #hasBegun(): boolean {
    return this.response !== undefined;
  }

  /** Connect and return the body, at first as often as a call is tried; undefined where nothing more comes. */
  async #connect(): Promise<ReadableStream<Uint8Array> | undefined> {
    const { signal } = this.#options;
    const forget = whenAborted(signal, () => this.#ending.abort());
    const options: CallOptions = { ...this.#options, signal: this.#ending.signal };
    if (this.lastEventId !== undefined) options.lastEventId = this.lastEventId;
    const read = (response: Response): ReadableStream<Uint8Array> | undefined => {
      this.executionId = response.headers.get('X-Execution-Id') ?? this.executionId;
      this.response = response;
      if (response.status === 204) return undefined;
      const type = response.headers.get('Content-Type');
      if (type !== null && /html|json|xml/i.test(type)) {
        const { method, place: path } = this.#call;
        throw new APIResponseValidationError(
          `${method} ${path} was answered ${response.status} with '${type}' in place of a stream of events.`,
        );
      }
      if (response.body === null) {
        throw new APIResponseValidationError('The stream has no body: this `fetch` cannot stream.');
      }
      return response.body;
    };
    try {
      return await (this.#hasBegun
        ? this.#connection.attempt(this.#call, options, read)
        : this.#connection.send(this.#call, options, read));
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      forget();
    }
  }

  #brokenOff(times: number, failure: unknown): unknown {
    if (failure instanceof AgenticRAGError && 'status' in failure) return failure;
    const { method, place: path } = this.#call;
    const words = `${method} ${path} broke off ${times} times without a new event.`;
    return new StreamBrokenError(words, this.lastEventId, { cause: failure });
  }

  #isLast(value: Record<string, unknown>): boolean {
    return (this.#call.ends ?? []).includes(String(value['type']));
  }
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
