/** What may be said of a client, and of one call. */

import { ArgumentError } from './problems.js';

/** How much is written to the log. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'off';

/** Where log lines go: `console` is one. */
export type Logger = Readonly<Record<'debug' | 'info' | 'warn', (...words: unknown[]) => void>>;

/** What a client is made of. */
export interface ClientOptions {
  /**
   * Where the server is: `https://agents.example.com`. A path before the API's own is kept. Without it
   * `AGENTICRAG_BASE_URL`, else http://localhost:8000.
   */
  baseUrl?: string | URL | undefined;
  /** The key, or what gives it for each request. Without it `AGENTICRAG_API_KEY`; '' where the server's auth is off. */
  apiKey?: string | (() => string | Promise<string>) | undefined;
  /** Milliseconds until an attempt without an answer is given up; 0 for never. Default: 120000. */
  timeout?: number | undefined;
  /** How often a request that may be repeated is sent again. Default: 3. */
  maxRetries?: number | undefined;
  /**
   * How often in a row a stream that broke off is taken up again without a new event. Default: `maxRetries` where that
   * is given, else 10.
   */
  maxReconnects?: number | undefined;
  /** Milliseconds of silence after which a stream counts as broken; the server speaks every 10 s. Default: 45000. */
  heartbeatTimeout?: number | undefined;
  /** Further headers of every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Whether a run that fails is an exception, `RunFailedError`, and not an answer or an event. Default: false. */
  raiseOnFailure?: boolean | undefined;
  /** What sends the requests, in place of the global `fetch`. */
  fetch?: typeof globalThis.fetch | undefined;
  /** Where log lines go. Default: `console`. */
  logger?: Logger | undefined;
  /** From which level on. Never shows keys, queries and bodies. Default: `AGENTICRAG_LOG`, else 'warn'. */
  logLevel?: LogLevel | undefined;
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
  /** In place of the client's. */
  raiseOnFailure?: boolean | undefined;
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
  /** The same. */
  after?: string | number | undefined;
}

/** What may be said of a stream that starts something. */
export interface StartStreamOptions extends StreamOptions, StartOptions {}

/** Return a variable of the environment, where there is one. */
export function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name];
}

/** Return an address without its last slashes; it is shown in errors, so it must hold no secret. */
export function readBase(address: string | URL): string {
  let url: URL | undefined;
  try {
    url = new URL(address);
  } catch {
    // Said below, with what is wrong otherwise.
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.password + url.search !== '') {
    const found = url === undefined || url.host === '' ? 'no such address' : `one of ${url.protocol}//${url.host}`;
    throw new ArgumentError(
      `'baseUrl' takes an address like https://agents.example.com, without a user, a password and a query; found ${found}.`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** Return a time or a number of repetitions. */
export function readCount(name: string, value: number): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new ArgumentError(`'${name}' takes a number from 0; found ${value}.`);
}

/** Return a header's value as it may be sent; one that may not is not shown, as it may be a secret. */
export function readHeader(name: string, value: unknown): string {
  const found = String(value).trim();
  if (!/^(string|number)$/.test(typeof value) || !/^[\x20-\x7e\xa0-\xff]*$/.test(found)) {
    throw new ArgumentError(`${name} takes one line of plain letters; found something else in it. Copy it again.`);
  }
  return found;
}

/** Write an id as one part of a path; refuses what a server or a proxy could read as the way to something else. */
export function segment(name: string, value: unknown): string {
  const isId = /^(string|bigint)$/.test(typeof value) || Number.isSafeInteger(value);
  const text = isId ? String(value) : '';
  if (
    text.trim() === '' ||
    /^\.\.?$|[/\\\0-\x1f\x7f-\x9f]|%(2e|2f|5c|00)/i.test(text) ||
    /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
  ) {
    throw new ArgumentError(
      `'${name}' takes the id of one thing, without slashes, control characters and percent-encoded dots; found ` +
        `${isId ? JSON.stringify(text.slice(0, 80)) : value === null ? 'null' : typeof value}.`,
    );
  }
  return encodeURIComponent(text);
}
