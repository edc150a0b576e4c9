/** The API: requests with the key of this tab, and streams that go on where they were cut. */

const API = "/api/agent-builder";
const KEY = "agenticrag.key";
const TRIES = 60;

/** An error with a sentence for people; `status` is 0 where the server did not answer. */
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The key, kept for this tab alone; empty where there is none. */
export const key = {
  get: () => sessionStorage.getItem(KEY) || "",
  set: (value) => sessionStorage.setItem(KEY, value),
  forget: () => sessionStorage.removeItem(KEY),
};

/** Return the answer of a request as JSON. */
export async function call(method, path, { body, signal } = {}) {
  const answer = await request(method, path, { body, signal });
  return answer.json();
}

/** Return the address of a picture that this page alone can see; revoke it when it is shown no more. */
export async function picture(path, signal) {
  const answer = await request("GET", path, { signal });
  return URL.createObjectURL(await answer.blob());
}

/**
 * Post, and give each frame of the answer to `hear` as an object with a `type`, until one of the `last` types.
 *
 * When the line is cut, or the server restarted, it goes on after the last frame that came.
 */
export async function stream(path, body, { hear, last, signal, lost = () => {} }) {
  const once = crypto.randomUUID();
  let place = "";
  let ended = false;
  for (let tries = 0; !ended; tries++) {
    try {
      const headers = place ? { "Last-Event-ID": place } : { "Idempotency-Key": once };
      const answer = await request("POST", path, { body, signal, headers });
      if (answer.status === 204) return;
      for await (const frame of frames(answer.body)) {
        tries = 0;
        if (frame.id) place = frame.id;
        if (frame.data === "[DONE]") continue;
        const shown = JSON.parse(frame.data);
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

async function request(method, path, { body, signal, headers = {} } = {}) {
  const named = key.get() ? { Authorization: `Bearer ${key.get()}` } : {};
  let answer;
  try {
    answer = await fetch(API + path, {
      method,
      signal,
      headers: { ...named, ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "The server does not answer. It may be restarting: try again in a moment.");
  }
  if (!answer.ok) throw new Problem(answer.status, await sentence(answer));
  return answer;
}

async function sentence(answer) {
  try {
    return (await answer.json()).detail || `The server answered ${answer.status}.`;
  } catch {
    return `The server answered ${answer.status}.`;
  }
}

async function* frames(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const frame = {};
      for (const line of text.slice(0, end).split("\n")) {
        const colon = line.indexOf(": ");
        if (colon > 0) frame[line.slice(0, colon)] = line.slice(colon + 2);
      }
      text = text.slice(end + 2);
      if (frame.data) yield frame;
    }
  }
}
