/* The chat: what the visitor does, what the server sends, and how one becomes the other. */

import { encoded } from "./attach.js";
import { Client, Refused } from "./client.js";
import { copied } from "./dom.js";
import { question } from "./form.js";
import { Frame, Turn } from "./view.js";

const KEEP_ALIVE = 10 * 60 * 1000; // while an answer is awaited, so that the session does not run out meanwhile

/** Show a chat, and return what the page can do with it. */
export async function begin(options) {
  const client = new Client(options.api, options.token);
  const config = await client.config(options.locale || navigator.languages?.join(",") || navigator.language || "en");
  const chat = new Chat(client, config, options);
  if (options.mode === "page" || client.kept.open) await chat.open(true);
  return chat;
}

class Chat {
  constructor(client, config, options) {
    this.client = client;
    this.texts = config.texts;
    this.inputs = options.inputs;
    this.isPage = options.mode === "page";
    this.frame = new Frame(config, options, {
      send: (text, files) => this.send(text, files),
      stop: () => this.stop(),
      open: () => this.open(),
      close: () => this.close(),
      renew: () => this.renew(),
    });
    if (this.isPage) {
      document.documentElement.lang = config.texts.lang;
      document.documentElement.dir = config.texts.dir;
      document.title = config.title;
    }
    this.frame.open(this.isPage);
  }

  async open(quietly = false) {
    this.frame.open(true);
    this.client.keep({ open: true });
    if (!quietly) this.frame.input.focus();
    if (!this.loaded) {
      this.loaded = true;
      await this.load();
    }
  }

  close() {
    if (this.isPage) return;
    this.frame.open(false);
    this.client.keep({ open: false });
    this.frame.bubble.focus();
  }

  remove() {
    this.running?.abort();
    this.frame.remove();
  }

  /** Show the conversation that this browser has, and go on with the answer that is under way. */
  async load() {
    if (!this.client.kept.session) return;
    let history;
    try {
      history = await this.client.history();
    } catch (error) {
      if (!(error instanceof Refused && error.code === "session_over")) this.say(this.wordsFor(error));
      return;
    }
    this.frame.suggestions.hidden ||= history.turns.length > 0;
    for (const each of history.turns) {
      const turn = new Turn(this.frame, each.message, this.texts, each.files);
      turn.execution = each.execution_id;
      each.said.forEach(({ role, content }) => turn.tell(role, content));
      const again = each.files.length ? null : () => this.send(each.message); // its files are not here any more
      if (each.status === "running" || each.status === "waiting") {
        this.run(turn, again, (signal, onLine) => this.client.watch(each.execution_id, signal, onLine));
      } else {
        each.citations.forEach((source) => turn.cite(source));
        turn.carry(each.answer_files, (file) => this.save(file));
        const wrong = each.status === "failed" ? this.failure(each.code) : undefined;
        turn.end(each.response, wrong, this.doings(turn, again, each.rating, wrong));
      }
    }
    this.frame.log.scrollTop = this.frame.log.scrollHeight;
  }

  send(text, files = []) {
    if (this.running && this.turn.asks) this.reply(text);
    if (this.running) return;
    this.frame.suggestions.hidden = true;
    const turn = new Turn(this.frame, text, this.texts, files);
    this.run(turn, () => this.send(text, files), async function* (signal, onLine) {
      const said = { message: text, inputs: this.inputs };
      if (files.length) said.files = await Promise.all(files.map(encoded));
      await this.client.begin();
      try {
        yield* this.client.say(said, signal, onLine);
      } catch (error) {
        if (!(error instanceof Refused && error.code === "session_over")) throw error;
        this.say(this.texts.expired);
        await this.client.begin();
        yield* this.client.say(said, signal, onLine);
      }
    }.bind(this));
  }

  /** Answer the oldest question with a message; the stream of its run goes on. */
  async reply(text) {
    const { turn } = this;
    turn.reply(text);
    this.frame.setBusy(true);
    try {
      await this.client.post("chat", { message: text });
    } catch (error) {
      this.say(this.wordsFor(error));
      if (turn.asks) this.frame.setBusy(false);
    }
  }

  async run(turn, retry, frames) {
    const running = (this.running = new AbortController());
    this.turn = turn;
    this.frame.setBusy(true);
    this.say(this.texts.writing);
    const alive = setInterval(() => this.client.ask("session", { method: "POST" }).catch(() => {}), KEEP_ALIVE);
    const onLine = (connected) => this.say(connected ? this.texts.writing : this.texts.offline);
    let ended = null;
    try {
      for await (const event of frames(running.signal, onLine)) ended = this.take(turn, event) ?? ended;
      if (!ended && !running.signal.aborted) ended = await this.lookUp(turn);
    } catch (error) {
      ended = { wrong: running.signal.aborted ? this.texts.stopped : this.wordsFor(error, turn.files) };
    }
    clearInterval(alive);
    if (running.signal.aborted && this.running !== running) return;
    this.running = null;
    ended ??= { wrong: this.texts.stopped };
    turn.end(ended.response, ended.wrong, this.doings(turn, retry, null, ended.wrong));
    this.frame.setBusy(false);
    this.say(ended.wrong ? "" : this.texts.ready);
  }

  take(turn, event) {
    switch (event.type) {
      case "start":
        turn.execution = event.execution_id;
        return null;
      case "content":
        turn.add(event.content);
        return null;
      case "reset":
        turn.reset();
        return null;
      case "citation":
        turn.cite(event);
        return null;
      case "input":
        turn.ask(question(event.input, this.texts, (...answer) => this.answer(turn, event.input, ...answer)));
        turn.asks = event.input.input_id;
        return null;
      case "status":
        if (turn.asks) this.frame.setBusy(false);
        this.say(turn.asks ? "" : this.texts.waiting);
        return null;
      case "done":
        turn.carry(event.files ?? [], (file) => this.save(file));
        return { response: event.response };
      case "error":
        return { wrong: this.failure(event.code) };
      default:
        return null;
    }
  }

  /** Return how an answer ended whose last frame was not seen. */
  async lookUp(turn) {
    const { turns } = await this.client.history();
    const found = turns.find((each) => each.execution_id === turn.execution);
    return found?.status === "completed" ? { response: found.response } : { wrong: this.texts.failed };
  }

  async answer(turn, input, action, value, comment) {
    try {
      await this.client.post("respond", { execution_id: turn.execution, input_id: input.input_id, action, value, comment });
    } catch (error) {
      if (error instanceof Refused && error.status === 422) return this.texts.invalid;
      if (!(error instanceof Refused && error.status === 409)) return this.wordsFor(error);
    }
    turn.asks = null;
    this.frame.setBusy(Boolean(this.running));
    for (const open of turn.extra.querySelectorAll(".question")) open.remove();
    turn.body.hidden = false;
    this.frame.input.focus();
    this.say(this.texts.answered);
    return null;
  }

  /** Save a file of an answer. */
  async save({ id, name }) {
    try {
      const address = URL.createObjectURL(await (await this.client.send(`files/${id}`)).blob());
      Object.assign(document.createElement("a"), { href: address, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      this.say(this.wordsFor(error));
    }
  }

  async stop() {
    const { turn, running } = this;
    try {
      if (turn?.execution) await this.client.post("cancel", { execution_id: turn.execution });
      else running?.abort();
    } catch (error) {
      this.say(this.wordsFor(error));
    }
  }

  renew() {
    const { running } = this;
    this.running = null;
    running?.abort();
    this.client.keep({ session: null });
    this.frame.clear();
    this.frame.setBusy(false);
    this.frame.input.focus();
  }

  doings(turn, retry, rating, wrong) {
    return {
      copy: async (text) => (await copied(text, this.frame.frame)) && this.say(this.texts.copied),
      retry: wrong ? retry : null,
      rating,
      rate: turn.execution
        ? async (given) => {
            await this.client.post("feedback", { execution_id: turn.execution, rating: given });
            this.say(this.texts.thanks);
          }
        : null,
    };
  }

  failure(code) {
    return { cancelled: this.texts.stopped, timeout: this.texts.timeout }[code] ?? this.texts.failed;
  }

  wordsFor(error, files = []) {
    if (!(error instanceof Refused)) return this.texts.unavailable;
    if (files.length && [413, 415, 422].includes(error.status)) return this.texts.files_refused;
    const words = { 403: "forbidden", 404: "unavailable", 413: "too_long", 429: "too_many", 503: "unavailable" };
    return this.texts[words[error.status] ?? "failed"];
  }

  say(words) {
    this.frame.status.textContent = words;
  }
}
