/** Reads Server-Sent Events off a body, as the HTML standard says (§9.2.6), in pieces of any size. */

import { whenAborted } from './patience.js';

/** One event, or a sign of life: a comment or a hint when to come back. */
export interface Frame {
  /** Empty where the event has none. */
  id: string;
  /** Empty where the event has none. */
  event: string;
  /** Undefined for a mere sign of life. */
  data: string | undefined;
  /** Milliseconds after which to come back, where the server says so. */
  retry: number | undefined;
}

/**
 * Yield the frames of a body until it ends, or the signal ends it; what stands after the last blank line is
 * dropped.
 */
export async function* readFrames(
  body: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  let id = '';
  let event = '';
  let retry: number | undefined;
  let data: string[] = [];
  let alive = false;
  for await (const line of readLines(body, signal)) {
    if (line === '') {
      if (data.length > 0 || alive || retry !== undefined) {
        yield { id, event, data: data.length > 0 ? data.join('\n') : undefined, retry };
      }
      id = '';
      event = '';
      retry = undefined;
      data = [];
      alive = false;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) {
      alive = true;
      continue;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') data.push(value);
    else if (field === 'event') event = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) retry = Number(value);
  }
}

/** Yield lines, which end in LF, CR or CRLF. */
async function* readLines(
  body: ReadableStream<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder('utf-8');
  const reader = body.getReader();
  const end = /\r\n|\n|\r/g;
  let pending: string[] = [];
  let afterReturn = false;
  const cancel = (): void => void reader.cancel().catch(() => undefined); // it may have failed already
  const forget = whenAborted(signal, cancel); // a read that waits then finds the end
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      let text = decoder.decode(value, { stream: true });
      if (text === '') continue;
      if (afterReturn && text.startsWith('\n')) text = text.slice(1); // the second half of a CRLF
      afterReturn = text.endsWith('\r');
      let from = 0;
      end.lastIndex = 0;
      for (let found = end.exec(text); found !== null; found = end.exec(text)) {
        pending.push(text.slice(from, found.index));
        from = end.lastIndex;
        const line = pending.length === 1 ? (pending[0] ?? '') : pending.join('');
        pending = [];
        yield line;
      }
      if (from < text.length) pending.push(text.slice(from));
    }
  } finally {
    forget();
    cancel();
  }
}
