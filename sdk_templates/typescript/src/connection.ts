/** Sends requests: with the key, within a time, again where that is safe. */

import { promised, type APIPromise, type Received } from './answer.js';
import { Download } from './download.js';
import { failureOf } from './failures.js';
import { type Form, readForm } from './files.js';
import { environment, readBase, readCount, readHeader } from './options.js';
import type { ClientOptions, LogLevel, StartOptions, StreamOptions } from './options.js';
import { delayBefore, isWorthARetry, newKey, sleep, whenAborted } from './patience.js';
import {
  AgenticRAGError,
  APIConnectionError,
  APIResponseValidationError,
  APIStatusError,
  APITimeoutError,
  parsed,
  readProblem,
} from './problems.js';
import { EventStream } from './stream.js';
import { fromWire, toWire, type Models, type Shape } from './wire.js';

/** One operation of the API with its arguments. */
export interface Call {
  method: string;
  /** Its path with the arguments in it. */
  path: string;
  /** The same as errors and log lines show it. */
  place: string;
  query?: Readonly<Record<string, unknown>>;
  /** Headers that the caller has a say in. */
  headers?: Readonly<Record<string, string | undefined>>;
  /** True if it goes without the client's key. */
  open?: boolean;
  /** The JSON body. */
  body?: unknown;
  /** What the body is made of. */
  takes?: Shape | undefined;
  /** What the answer, or each event of a stream, is made of. */
  gives?: Shape | undefined;
  /** A form in place of a JSON body. */
  form?: Form;
  /** Media types that it may answer with. */
  accept?: string | undefined;
  /** True if it takes an idempotency key, which makes a repetition safe. */
  keyed?: boolean;
  /** Types of the events after which its stream has nothing more. */
  ends?: readonly string[];
}

/** Leaves the key out of what was answered. */
type Hide = (text: string) => string;

export type CallOptions = StartOptions & StreamOptions;

const SAFE = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'off'];

/** Where requests go, and how. */
export class Connection {
  readonly base: string;
  readonly heartbeatTimeout: number;
  readonly options: ClientOptions;
  readonly models: Models;
  readonly #key: ClientOptions['apiKey'];

  constructor(options: ClientOptions, models: Models) {
    const { apiKey = environment('AGENTICRAG_API_KEY'), baseUrl = environment('AGENTICRAG_BASE_URL') } = options;
    this.base = readBase(baseUrl || 'http://localhost:8000');
    this.#key = typeof apiKey === 'string' ? readHeader("'apiKey'", apiKey) : apiKey;
    this.heartbeatTimeout = options.heartbeatTimeout ?? 45_000;
    this.options = { ...options, apiKey: undefined };
    this.models = models;
    this.retries(options);
    this.#timeout(options);
  }

  /** How often a call is sent again. */
  retries(options: CallOptions): number {
    return readCount('maxRetries', options.maxRetries ?? this.options.maxRetries ?? 3);
  }

  /** How often a stream that has begun is taken up again. */
  reconnects(options: CallOptions): number {
    return options.maxRetries ?? this.options.maxReconnects ?? this.options.maxRetries ?? 10;
  }

  /** Return the client's key. */
  async key(): Promise<string> {
    const key = typeof this.#key === 'function' ? readHeader("'apiKey'", await this.#key()) : this.#key;
    return key ?? '';
  }

  /** Return the options of a client that differs in some of them. */
  changed(options: ClientOptions): ClientOptions {
    return { ...this.options, apiKey: this.#key, baseUrl: this.base, ...known(options) };
  }

  /** Write a line to the log; `words` hold no secret. */
  log(level: 'debug' | 'info' | 'warn', words: string): void {
    const { logger = console, logLevel = environment('AGENTICRAG_LOG') ?? 'warn' } = this.options;
    // The word of the environment may be that of the Python SDK, and a word that is none counts as 'warn'.
    const least = LEVELS.indexOf(String(logLevel).toLowerCase() as LogLevel);
    if (LEVELS.indexOf(level) >= (least < 0 ? 2 : least)) logger[level](`agenticrag: ${words}`);
  }

  /** Return the answer of a call as JSON with this package's names; undefined where it has no content. */
  json<Answer>(call: Call, options: CallOptions = {}): APIPromise<Answer> {
    const read = async (response: Response, hide: Hide): Promise<Received<Answer>> => {
      const text = await response.text();
      const data = (): Answer => {
        if (response.status === 204) return undefined as Answer;
        const value = parsed(text);
        if (value === undefined) {
          throw new APIResponseValidationError(
            `${call.method} ${call.place} was answered ${response.status} with what is no JSON object: ` +
              hide(text).slice(0, 200),
          );
        }
        const found = fromWire(value, call.gives ?? '', this.models) as Answer;
        this.check(found, options);
        return found;
      };
      return { response, body: text === '' ? null : text, data };
    };
    return promised(this.send(call, options, read));
  }

  /** Throw the error of a run that failed, where the caller wants one. */
  check(found: unknown, options: CallOptions, executionId?: string): void {
    if (!(options.raiseOnFailure ?? this.options.raiseOnFailure)) return;
    const failed = failureOf(found, executionId);
    if (failed !== undefined) throw failed;
  }

  /** Return the answer of a call as text. */
  text(call: Call, options: CallOptions = {}): APIPromise<string> {
    const read = async (response: Response): Promise<Received<string>> => {
      const body = await response.text();
      return { response, body, data: () => body };
    };
    return promised(this.send(call, options, read));
  }

  /** Return the answer of a call as what it is: text, a picture, a file. */
  download(call: Call, options: CallOptions = {}): APIPromise<Download> {
    const read = async (response: Response): Promise<Received<Download>> => {
      const body = await response.blob();
      return { response, body, data: () => new Download(response.headers, body) };
    };
    return promised(this.send(call, options, read));
  }

  /** Return the events of a call; it is sent when they are asked for, or when the stream is awaited. */
  stream<Event>(call: Call, options: CallOptions = {}): EventStream<Event> {
    return new EventStream<Event>(this, call, { idempotencyKey: newKey(), ...known(options) });
  }

  /**
   * Send a call until it succeeds, and read its answer.
   *
   * @throws {APIStatusError} the server answered with a problem that a retry does not mend.
   * @throws {APIConnectionError} there was no answer, or not in time.
   */
  async send<Answer>(
    call: Call,
    options: CallOptions,
    read: (response: Response, hide: Hide) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const retries = this.retries(options);
    const once: CallOptions = { idempotencyKey: newKey(), ...known(options) };
    const repeatable = SAFE.has(call.method) || call.keyed === true;
    const ends = Date.now() + (this.#timeout(options) || Infinity) * (retries + 1);
    const sent = call.form === undefined ? call : { ...call, body: await readForm(call.form) };
    for (let failures = 0; ; ) {
      try {
        return await this.attempt(sent, once, read);
      } catch (error) {
        // An earlier attempt is being worked on: its answer is waited for, and is no failure.
        const isUnderWay = call.keyed === true && error instanceof APIStatusError && error.code === 'in_flight';
        const delay = delayBefore(failures + 1, error);
        if (isUnderWay && Date.now() + delay > ends) {
          throw new APITimeoutError(
            `${call.place} had no answer in time; its run, ${error.executionId}, goes on. The same call with ` +
              `idempotencyKey: '${once.idempotencyKey}' waits for it, and so does a longer timeout.`,
          );
        }
        if (!isUnderWay) {
          if (failures >= retries || !isWorthARetry(error, repeatable)) throw error;
          failures += 1;
          this.log('info', `${call.method} ${call.place} failed, again in ${Math.round(delay)} ms: ${String(error)}`);
        }
        await sleep(delay, options.signal);
      }
    }
  }

  /** Send a call once and read its answer; `signal` of the options ends both. */
  async attempt<Answer>(
    call: Call,
    options: CallOptions,
    read: (response: Response, hide: Hide) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const timeout = this.#timeout(options);
    const controller = new AbortController();
    const forget = whenAborted(options.signal, () => controller.abort());
    const began = Date.now();
    let late = false;
    const timer =
      timeout > 0
        ? setTimeout(() => {
            late = true;
            controller.abort();
          }, timeout)
        : undefined;
    try {
      const request = await this.#request(call, options, controller.signal);
      const secret = (request.headers as Headers).get('Authorization')?.slice('Bearer '.length);
      const hide: Hide = (text) => (secret ? text.replaceAll(secret, '…') : text); // some proxies repeat requests
      const send = this.options.fetch ?? globalThis.fetch;
      const response = await send(this.#address(call), request);
      const name = response.headers.get('X-Request-Id') ?? '-';
      this.log('debug', `${call.method} ${call.place} ${response.status} in ${Date.now() - began} ms, request ${name}`);
      if (!response.ok) throw await readProblem(response, hide);
      return await read(response, hide);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof AgenticRAGError) throw error;
      const where = `${call.method} ${this.base}${call.place}`;
      if (late) throw new APITimeoutError(`${where} had no whole answer within ${timeout} ms.`, { cause: error });
      throw new APIConnectionError(`${where} has failed: ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  #timeout(options: CallOptions): number {
    return readCount('timeout', options.timeout ?? this.options.timeout ?? 120_000);
  }

  #address(call: Call): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value === undefined || value === null) continue;
      for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) query.append(name, String(each));
    }
    const text = query.toString();
    return this.base + call.path + (text === '' ? '' : `?${text}`);
  }

  async #request(call: Call, options: CallOptions, signal: AbortSignal): Promise<RequestInit> {
    const key = call.open === true ? '' : await this.key();
    const headers = new Headers();
    const given = {
      Accept: call.accept ?? 'application/json',
      Authorization: key === '' ? undefined : `Bearer ${key}`,
      'Idempotency-Key': call.keyed === true ? options.idempotencyKey : undefined,
      'Last-Event-ID': options.lastEventId,
      'Content-Type': call.form !== undefined || call.body === undefined ? undefined : 'application/json',
      ...this.options.headers,
      ...call.headers,
      ...options.headers,
    };
    for (const [name, value] of Object.entries(given)) {
      if (value !== undefined) headers.set(name, readHeader(name, value));
    }
    const request: RequestInit = { method: call.method, headers, signal, redirect: 'manual' };
    const { body } = call;
    if (call.form !== undefined || isRaw(body)) request.body = body as BodyInit;
    else if (body !== undefined) request.body = JSON.stringify(toWire(body, call.takes ?? '', this.models));
    return request;
  }
}

/** Say whether a body is sent as it is. */
function isRaw(body: unknown): boolean {
  return typeof body === 'string' || body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** Leave out what is given as undefined, so that defaults count. */
function known<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}
