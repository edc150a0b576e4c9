/** When to try again, and how to wait for it. */

import { APIConnectionError, APIStatusError } from './problems.js';

const FIRST_DELAY = 500;
const LONGEST_DELAY = 8_000;
const LONGEST_RETRY_AFTER = 60_000;
const UNSENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused)$/;
/** What runtimes call a connection that was never made. */

/** Say whether a call that failed so may succeed if it is sent again, and does no harm twice. */
export function isWorthARetry(error: unknown, repeatable: boolean): boolean {
  if (error instanceof APIConnectionError) return repeatable || wasNotSent(error.cause);
  if (!(error instanceof APIStatusError)) return false;
  if (error.status === 429) return true; // it was refused before anything was done
  return repeatable && [408, 502, 503, 504].includes(error.status);
}

function wasNotSent(thrown: unknown): boolean {
  const { code, cause } = Object(thrown) as { code?: unknown; cause?: unknown };
  return UNSENT.test(String(code)) || (cause !== undefined && wasNotSent(cause));
}

/** Return milliseconds to wait: what the server says, else at random up to a bound that doubles. */
export function delayBefore(attempt: number, error?: unknown): number {
  if (error instanceof APIStatusError && error.retryAfter !== undefined) {
    return Math.min(error.retryAfter * 1000, LONGEST_RETRY_AFTER);
  }
  return Math.random() * Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.max(0, attempt - 1));
}

/** Wait; throws the signal's reason when it is aborted meanwhile. */
export async function sleep(milliseconds: number, signal?: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  let forget = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
      forget = whenAborted(signal, resolve);
    });
  } finally {
    clearTimeout(timer);
    forget();
  }
  signal?.throwIfAborted();
}

/** Call back when a signal is aborted, at once if it is; returns what forgets it. */
export function whenAborted(signal: AbortSignal | undefined, back: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    back();
    return () => undefined;
  }
  signal.addEventListener('abort', back, { once: true });
  return () => signal.removeEventListener('abort', back);
}

/** Return a name that no other call has. Browsers have no `randomUUID` outside of secure contexts. */
export function newKey(): string {
  const source = globalThis.crypto;
  if (typeof source?.randomUUID === 'function') return source.randomUUID();
  const bytes = new Uint8Array(16);
  if (typeof source?.getRandomValues === 'function') source.getRandomValues(bytes);
  else for (let place = 0; place < bytes.length; place += 1) bytes[place] = Math.floor(Math.random() * 256);
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
