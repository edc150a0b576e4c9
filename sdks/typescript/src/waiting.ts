/** Waits for what takes its time at the server. */

import type { RequestOptions } from './options.js';
import { sleep } from './patience.js';
import { WaitTimeoutError } from './problems.js';

const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

/** How long to wait, and how often to look. */
export interface WaitOptions extends RequestOptions {
  /** Milliseconds to wait in all; without it, as long as it takes. */
  within?: number | undefined;
}

/**
 * Ask again and again, at growing intervals, until the answer is done.
 *
 * @throws {WaitTimeoutError} it was not done within the time; it goes on at the server.
 */
export async function waitFor<Answer>(
  ask: (options: RequestOptions) => Promise<Answer>,
  isDone: (answer: Answer) => boolean,
  { within, ...options }: WaitOptions,
): Promise<Answer> {
  const end = within === undefined ? Infinity : Date.now() + within;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE)) {
    const answer = await ask(options);
    if (isDone(answer)) return answer;
    if (Date.now() >= end) throw new WaitTimeoutError(`It was not done within ${within} ms, and goes on at the server.`);
    await sleep(Math.min(pause, Math.max(0, end - Date.now())), options.signal);
  }
}
