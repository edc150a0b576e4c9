/** Sends requests: with the key, within a time, again where that is safe. */

import { delayBefore, isWorthARetry, newKey, sleep, whenAborted } from './patience.js';
import { AgenticRAGError, AnswerError, APIError, ConnectionError, readProblem, TimeoutError } from './problems.js';
import { Download } from './download.js';
import { EventStream } from './stream.js';
import { fromWire, toWire, type Models, type Shape } from './wire.js';

/** What a client is made of. */
export interface ClientOptions {
  /** Where the server is: `https://agents.example.com`. A path before the API's own is kept. */
  baseUrl: string;
  /** The key, or what gives it for each request; left out where the server's auth is off. */
  apiKey?: string | (() => string | Promise<string>) | undefined;
  /** Milliseconds until an attempt without an answer is given up; 0 for never. Default: 120000. */
  timeout?: number | undefined;
  /** How often a request that may be repeated is sent again. Default: 2. */
  maxRetries?: number | undefined;
  /** How often in a row a stream that broke off is taken up again without a new event. Default: 10. */
  maxReconnects?: number | undefined;
  /** Milliseconds of silence after which a stream counts as broken; the server speaks every 10 s. Default: 35000. */
  heartbeatTimeout?: number | undefined;
  /** Further headers of every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** What sends the requests, in place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
}

/** What may be said of one call. */
export interface RequestOptions {
  /** Ends the call, not the run that it started. */
  signal?: AbortSignal | undefined;
  /** In place of the client's. */
  timeout?: number | undefined;
  /** In place of the client's. */
  maxRetries?: number | undefined;
  /** Further headers. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** What may be said of a call that starts something. */
export interface StartOptions extends RequestOptions {
  /** A name for this call; the same one starts nothing new for 24 hours. Made up where it is left out. */
  idempotencyKey?: string | undefined;
}

/** What may be said of a stream. */
export interface StreamOptions extends RequestOptions {
  /** The id of the last event that had arrived before: the stream goes on right after it. */
  lastEventId?: string | undefined;
}

/** What may be said of a stream that starts something. */
export interface StartStreamOptions extends StreamOptions, StartOptions {}

export type QueryValue = string | number | boolean | null | undefined | readonly (string | number | boolean)[];

/** One operation of the API with its arguments. */
export interface Call {
  method: string;
  /** Its path with the arguments in it. */
  path: string;
  query?: Readonly<Record<string, QueryValue>>;
  /** Headers that the caller has a say in. */
  headers?: Readonly<Record<string, string | undefined>>;
  /** True if it goes without the client's key. */
  open?: boolean;
  /** The JSON body. */
  body?: unknown;
  /** What the body is made of. */
  takes?: Shape;
  /** What the answer, or each event of a stream, is made of. */
  gives?: Shape;
  /** A form in place of a JSON body. */
  form?: Readonly<Record<string, unknown>>;
  /** Media types that it may answer with. */
  accept?: string;
  /** True if it takes an idempotency key, which makes a repetition safe. */
  keyed?: boolean;
  /** Types of the events after which its stream has nothing more. */
  ends?: readonly string[];
}

type Options = StartOptions & StreamOptions;

const SAFE = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/** Where requests go, and how. */
export class Connection {
  readonly heartbeatTimeout: number;
  readonly maxReconnects: number;
  readonly maxRetries: number;
  readonly models: Models;
  readonly #base: string;
  readonly #key: ClientOptions['apiKey'];
  readonly #timeout: number;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #fetch: typeof globalThis.fetch;

  constructor(options: ClientOptions, models: Models) {
    this.#base = readBase(options.baseUrl);
    this.#key = options.apiKey;
    this.#timeout = options.timeout ?? 120_000;
    this.maxRetries = options.maxRetries ?? 2;
    this.#headers = options.headers ?? {};
    this.#fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.maxReconnects = options.maxReconnects ?? 10;
    this.heartbeatTimeout = options.heartbeatTimeout ?? 35_000;
    this.models = models;
  }

  /** Return the answer of a call as JSON with this package's names; undefined where it has no content. */
  async json<Answer>(call: Call, options: Options = {}): Promise<Answer> {
    const { status, text } = await this.send(call, options, async (response) => ({
      status: response.status,
      text: await response.text(),
    }));
    if (status === 204 || text === '') return undefined as Answer;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new AnswerError(
        `${call.method} ${call.path} was answered ${status} with what is no JSON: ${text.slice(0, 200)}`,
        { cause: error },
      );
    }
    return fromWire(value, call.gives ?? null, this.models) as Answer;
  }

  /** Return the answer of a call as text. */
  async text(call: Call, options: Options = {}): Promise<string> {
    return await this.send(call, options, (response) => response.text());
  }

  /** Return the answer of a call as what it is: text, a picture, a file. */
  async download(call: Call, options: Options = {}): Promise<Download> {
    return await this.send(call, options, async (response) => new Download(response.headers, await response.blob()));
  }

  /** Return the events of a call; it is sent when they are asked for. */
  stream<Event>(call: Call, options: Options = {}): EventStream<Event> {
    return new EventStream<Event>(this, call, { idempotencyKey: newKey(), ...known(options) });
  }

  /**
   * Send a call until it succeeds, and read its answer.
   *
   * @throws {APIError} the server answered with a problem that a retry does not mend.
   * @throws {ConnectionError} there was no answer.
   */
  async send<Answer>(
    call: Call,
    options: Options,
    read: (response: Response) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const retries = options.maxRetries ?? this.maxRetries;
    const once: Options = { idempotencyKey: newKey(), ...known(options) };
    const repeatable = SAFE.has(call.method) || call.keyed === true;
    const patience = Date.now() + (options.timeout ?? this.#timeout);
    for (let failures = 0; ; ) {
      try {
        return await this.attempt(call, once, read);
      } catch (error) {
        // An attempt that was given up may still be under way; its answer is worth as long again.
        const early = error instanceof APIError && error.code === 'in_flight' && Date.now() < patience;
        if (!early && (failures >= retries || !isWorthARetry(error, repeatable))) throw error;
        if (!early) failures += 1;
        await sleep(delayBefore(failures, error), options.signal);
      }
    }
  }

  /** Send a call once and read its answer; `signal` of the options ends both. */
  async attempt<Answer>(
    call: Call,
    options: Options,
    read: (response: Response) => Answer | Promise<Answer>,
  ): Promise<Answer> {
    const timeout = options.timeout ?? this.#timeout;
    const controller = new AbortController();
    const forget = whenAborted(options.signal, () => controller.abort());
    let late = false;
    const timer =
      timeout > 0
        ? setTimeout(() => {
            late = true;
            controller.abort();
          }, timeout)
        : undefined;
    try {
      const response = await this.#fetch(this.#address(call), await this.#request(call, options, controller.signal));
      if (!response.ok) throw await readProblem(response);
      return await read(response);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof AgenticRAGError) throw error;
      const where = `${call.method} ${this.#base}${call.path}`;
      if (late) throw new TimeoutError(`${where} had no whole answer within ${timeout} ms.`, { cause: error });
      throw new ConnectionError(`${where} has failed: ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  #address(call: Call): string {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value === undefined || value === null) continue;
      for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each));
    }
    const text = query.toString();
    return this.#base + call.path + (text === '' ? '' : `?${text}`);
  }

  async #request(call: Call, options: Options, signal: AbortSignal): Promise<RequestInit> {
    const headers = new Headers({ Accept: call.accept ?? 'application/json', ...this.#headers, ...options.headers });
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value !== undefined) headers.set(name, value);
    }
    const key = call.open === true ? '' : typeof this.#key === 'function' ? await this.#key() : this.#key;
    if (key !== undefined && key !== '') headers.set('Authorization', `Bearer ${key}`);
    if (call.keyed === true && options.idempotencyKey !== undefined) {
      headers.set('Idempotency-Key', options.idempotencyKey);
    }
    if (options.lastEventId !== undefined) headers.set('Last-Event-ID', options.lastEventId);
    const request: RequestInit = { method: call.method, headers, signal };
    if (call.form !== undefined) {
      request.body = formOf(call.form);
    } else if (call.body !== undefined) {
      headers.set('Content-Type', 'application/json');
      request.body = JSON.stringify(toWire(call.body, call.takes ?? null, this.models));
    }
    return request;
  }
}

/** Return an address without its last slashes; it is shown in errors, so it must hold no secret. */
function readBase(address: string): string {
  let url: URL | undefined;
  try {
    url = new URL(address);
  } catch {
    // Said below, with what is wrong otherwise.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.password + url.search !== '') {
    throw new AgenticRAGError(
      "'baseUrl' takes an address like https://agents.example.com, without a user, a password and a query; " +
        `found ${url === undefined ? `'${address}'` : `one of ${url.protocol}//${url.host}`}.`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Write a value as one part of a path. */
export function segment(name: string, value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new AgenticRAGError(`'${name}' takes an id, found '${value}'.`);
  }
  return encodeURIComponent(value);
}

/** Text or bytes to send as a file. */
export type Upload = Blob | Uint8Array | ArrayBuffer | string;

function formOf(fields: Readonly<Record<string, unknown>>): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined || value === null) continue;
    if (value instanceof Blob) form.append(name, value, fileName(value, name));
    else if (value instanceof Uint8Array || value instanceof ArrayBuffer) {
      form.append(name, new Blob([value as BlobPart]), name);
    } else form.append(name, new Blob([String(value)]), name);
  }
  return form;
}

function fileName(value: Blob, otherwise: string): string {
  return 'name' in value && typeof value.name === 'string' && value.name !== '' ? value.name : otherwise;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

/** Leave out what is given as undefined, so that defaults count. */
function known(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
