/** The API: requests with the key of this tab, and streams that go on where they were cut. */

import { key } from "./tab.js";

const API = "/api/agent-builder";
const TRIES = 60;

/** An error with a sentence for people; `status` is 0 where the server did not answer. */
export class Problem extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Return the answer of a request as JSON; `as` is a key to send in place of the tab's. */
export async function call(method, path, { body, signal, as } = {}) {
  const answer = await request(method, path, { body, signal, as });
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
 * When the connection breaks, or the server restarts, it goes on after the last frame that came.
 */
export function stream(path, body, options) {
  const once = unique();
  return follow((place, signal) => request("POST", path, { body, signal, headers: place ? resuming(place) : { "Idempotency-Key": once } }), options);
}

/** Give each frame of a run that was started before to `hear`, from its first, as `stream` does. */
export function rejoin(execution, options) {
  return follow((place, signal) => request("GET", `/executions/${execution}/stream`, { signal, headers: place ? resuming(place) : {} }), options);
}

async function follow(connect, { hear, last, signal, lost = () => {} }) {
  let place = "";
  let ended = false;
  for (let tries = 0; !ended; tries++) {
    try {
      const answer = await connect(place, signal);
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

function resuming(place) {
  return { "Last-Event-ID": place };
}

/** Return a name that no other request has. `crypto.randomUUID` is only there over HTTPS and on loopback. */
function unique() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function request(method, path, { body, signal, headers = {}, as = key.get() } = {}) {
  const named = as ? { Authorization: `Bearer ${as}` } : {};
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
