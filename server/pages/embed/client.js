/* The chat's way to its server: one embed, one signed session, and streams that are taken up where they broke. */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const PATIENCE = 60;

/** The server's answer was no. */
export class Refused extends Error {
  constructor(status, code) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
  }

  /** Whether it may say yes in a moment. */
  get passing() {
    return this.status >= 500 || this.code === "too_many_streams";
  }
}

export class Client {
  constructor(api, token) {
    this.api = api;
    this.place = `agenticrag:${token}`;
  }

  /** What this browser keeps of the conversation: the session's token and whether the chat is open. */
  get kept() {
    try {
      return JSON.parse(localStorage.getItem(this.place)) ?? {};
    } catch {
      return this.memory ?? {};
    }
  }

  keep(changes) {
    this.memory = { ...this.kept, ...changes };
    try {
      localStorage.setItem(this.place, JSON.stringify(this.memory));
    } catch {
      // A page that may store nothing keeps it as long as it lives.
    }
  }

  config(locale) {
    return this.ask(`config?locale=${encodeURIComponent(locale)}`);
  }

  history() {
    return this.ask("history");
  }

  post(path, body, headers = {}) {
    return this.ask(path, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
  }

  async begin() {
    if (!this.kept.session) await this.ask("session", { method: "POST" });
  }

  async ask(path, request = {}) {
    const answer = await this.send(path, request);
    return answer.status === 204 ? null : answer.json();
  }

  async send(path, request = {}) {
    const { session } = this.kept;
    const headers = { ...request.headers, ...(session ? { "X-Visitor-Session": session } : {}) };
    const answer = await fetch(this.api + path, { ...request, headers, credentials: "omit", cache: "no-store" });
    const renewed = answer.headers.get("X-Visitor-Session");
    if (renewed) this.keep({ session: renewed });
    if (answer.ok) return answer;
    const problem = await answer.json().catch(() => ({}));
    if (problem.code === "session_over") this.keep({ session: null });
    throw new Refused(answer.status, problem.code ?? "");
  }

  /** Yield what a new run sends; sent again after a cut, the same message goes on with its run. */
  say(said, signal, onLine) {
    // `crypto.randomUUID` is only there over HTTPS and on loopback.
    const key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return follow(
      (last) =>
        this.send("chat/stream", {
          method: "POST",
          signal,
          headers: { "Content-Type": "application/json", "Idempotency-Key": key, ...resuming(last) },
          body: JSON.stringify(said),
        }),
      signal,
      onLine,
    );
  }

  watch(execution, signal, onLine) {
    const path = `chat/stream?execution_id=${encodeURIComponent(execution)}`;
    return follow((last) => this.send(path, { signal, headers: resuming(last) }), signal, onLine);
  }
}

function resuming(last) {
  return last ? { "Last-Event-ID": last } : {};
}

async function* follow(connect, signal, onLine) {
  let last = "";
  let wait = FIRST_WAIT;
  for (let tries = 0; tries < PATIENCE; tries += 1) {
    try {
      const answer = await connect(last);
      onLine(true);
      if (answer.status === 204) return;
      for await (const { id, event } of read(answer.body)) {
        [last, wait, tries] = [id || last, FIRST_WAIT, 0];
        yield event;
        if (event.type === "done" || event.type === "error") return;
      }
    } catch (error) {
      if (signal.aborted || (error instanceof Refused && !error.passing)) throw error;
    }
    onLine(false);
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random() / 2)));
    if (signal.aborted) return;
    wait = Math.min(wait * 2, LONGEST_WAIT);
  }
  throw new Refused(503, "lost");
}

/** Yield the frames of an event stream, however the network cuts it. */
export async function* read(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      pending += decoder.decode(value, { stream: true });
      let end;
      while ((end = pending.indexOf("\n\n")) >= 0) {
        const frame = { id: "", event: null };
        for (const line of pending.slice(0, end).split("\n")) {
          if (line.startsWith("id: ")) frame.id = line.slice(4);
          else if (line.startsWith("data: ")) frame.event = JSON.parse(line.slice(6));
        }
        pending = pending.slice(end + 2);
        if (frame.event) yield frame;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
