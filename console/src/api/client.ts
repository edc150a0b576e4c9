/** The API: requests with the key of this tab, and streams that go on where they were cut. */

import { key } from "./tab";

const API = "/api/agent-builder";
const TRIES = 60;

/** One thing that the server says is wrong with a request. */
export interface Fault {
  message: string;
  pointer?: string;
  code?: string;
  node?: string | null;
  edge?: string | null;
}

/** An error with a sentence for people; `status` is 0 where the server did not answer. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = "",
    readonly errors: Fault[] = [],
  ) {
    super(message);
  }
}

/** A frame of a stream. Its fields depend on its type: docs/api.md lists them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Frame = { type: string } & Record<string, any>;

export interface Asking {
  /** Sent as JSON; a FormData as a form. */
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** A key to send in place of the tab's. */
  as?: string;
}

export interface Listening {
  hear: (frame: Frame) => void;
  /** The types of the last frame. */
  last: string[];
  signal?: AbortSignal;
  lost?: () => void;
}

/** Return the answer of a request as JSON. */
// The shape is the endpoint's: `T` names it where it is used.
export async function call<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  const answer = await request(method, path, asking);
  return (await answer.json()) as T;
}

/** Return the answer of a request as JSON with its ETag, which `If-Match` takes. */
export async function tagged<T>(method: string, path: string, asking: Asking = {}): Promise<{ value: T; tag: string }> {
  const answer = await request(method, path, asking);
  return { value: (await answer.json()) as T, tag: answer.headers.get("etag") ?? "" };
}

/** Return the answer of a request as text. */
export async function text(path: string): Promise<string> {
  return (await request("GET", path)).text();
}

/** Return the address of a picture that this page alone can see; revoke it when it is shown no more. */
export async function picture(path: string, signal?: AbortSignal): Promise<string> {
  const answer = await request("GET", path, { signal });
  return URL.createObjectURL(await answer.blob());
}

/**
 * Post, and give each frame of the answer to `hear` as an object with a `type`, until one of the `last` types.
 *
 * When the connection breaks, or the server restarts, it goes on after the last frame that came.
 */
export function stream(path: string, body: unknown, options: Listening): Promise<void> {
  const once = unique();
  return follow((place, signal) => request("POST", path, { body, signal, headers: place ? resuming(place) : { "Idempotency-Key": once } }), options);
}

/** Give each frame of a run that was started before to `hear`, from its first, as `stream` does. */
export function rejoin(execution: string, options: Listening): Promise<void> {
  return follow((place, signal) => request("GET", `/executions/${execution}/stream`, { signal, headers: place ? resuming(place) : {} }), options);
}

type Connecting = (place: string, signal?: AbortSignal) => Promise<Response>;

async function follow(connect: Connecting, { hear, last, signal, lost = () => {} }: Listening): Promise<void> {
  let place = "";
  let ended = false;
  for (let tries = 0; !ended; tries++) {
    try {
      const answer = await connect(place, signal);
      if (answer.status === 204 || !answer.body) return;
      for await (const frame of frames(answer.body)) {
        tries = 0;
        if (frame.id) place = frame.id;
        if (frame.data === "[DONE]") continue;
        const shown = JSON.parse(frame.data ?? "") as Frame;
        hear(shown);
        ended ||= last.includes(shown.type);
      }
    } catch (error) {
      if (signal?.aborted) return;
      const passes = !(error instanceof Problem) || error.status === 0 || error.status === 503;
      if (!passes || tries >= TRIES) throw error;
    }
    if (!ended) {
      lost();
      await new Promise((done) => setTimeout(done, 500 + Math.random() * 500));
    }
  }
}

function resuming(place: string): Record<string, string> {
  return { "Last-Event-ID": place };
}

/** Return a name that no other request has. `crypto.randomUUID` is only there over HTTPS and on loopback. */
export function unique(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function request(method: string, path: string, { body, signal, headers = {}, as = key.get() }: Asking = {}): Promise<Response> {
  const named: Record<string, string> = as ? { Authorization: `Bearer ${as}` } : {};
  const form = body instanceof FormData;
  const kind: Record<string, string> = body === undefined || form ? {} : { "Content-Type": "application/json" };
  let answer: Response;
  try {
    answer = await fetch(API + path, {
      method,
      signal,
      headers: { ...named, ...kind, ...headers },
      body: body === undefined || form ? body : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "The server does not answer. It may be restarting: try again in a moment.");
  }
  if (!answer.ok) throw await problem(answer);
  return answer;
}

async function problem(answer: Response): Promise<Problem> {
  const said = `The server answered ${answer.status}.`;
  try {
    const told = (await answer.json()) as { detail?: string; code?: string; errors?: Fault[] };
    return new Problem(answer.status, told.detail || said, told.code, told.errors);
  } catch {
    return new Problem(answer.status, said);
  }
}

async function* frames(body: ReadableStream<Uint8Array>): AsyncGenerator<Record<string, string>> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as ReadableWritablePair<string, Uint8Array>).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame: Record<string, string> = {};
      for (const line of text.slice(0, end).split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) frame[line.slice(0, colon)] = line.slice(colon + 2);
      }
      text = text.slice(end + 2);
      if (frame.data) yield frame;
    }
  }
}
