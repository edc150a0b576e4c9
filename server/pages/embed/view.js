/* What the visitor sees: the frame, the conversation in it, and one turn of it. */

import { Attachments } from "./attach.js";
import { h, icon, iconButton } from "./dom.js";
import { link, safeAddress, show } from "./markdown.js";
import { accents, placeHost, sheets } from "./style.js";

/** The chat's place in the page: a bubble and a panel in a shadow tree, or a whole page. */
export class Frame {
  constructor(config, options, act) {
    const { texts } = config;
    this.options = { mode: options.mode === "page" ? "page" : "bubble", position: options.position || config.theme.position };
    this.host = h("div", { "data-agenticrag": true });
    const shadow = this.host.attachShadow({ mode: "open" });
    shadow.adoptedStyleSheets = sheets(config.theme.css);
    this.input = h("textarea", { rows: "1", dir: "auto", placeholder: texts.placeholder, "aria-label": texts.placeholder });
    this.send = h("button", { type: "submit", class: "tool send", "aria-label": texts.send, title: texts.send }, icon("send"));
    this.stop = iconButton("stop", texts.stop, { class: "tool stop", hidden: true, onclick: act.stop });
    this.turns = h("ol", { class: "turns" });
    this.log = h("div", { class: "log", role: "log", "aria-label": config.title, tabindex: "0" });
    if (texts.welcome) {
      const welcome = h("div", { class: "welcome markdown" });
      show(welcome, texts.welcome);
      this.log.append(h("div", { class: "intro" }, welcome));
    }
    this.log.append(this.turns);
    this.status = h("p", { class: "status", role: "status" });
    const prompts = config.starter_prompts.map((prompt) =>
      h("button", { type: "button", dir: "auto", onclick: () => act.send(prompt) }, prompt));
    this.suggestions = h("div", { class: "suggestions", role: "group", "aria-label": texts.suggestions, hidden: !prompts.length }, ...prompts);
    const attachments = config.uploads.enabled ? (this.attachments = new Attachments(config.uploads, texts)) : null;
    const composer = h("form", { class: "composer", onsubmit: (event) => this.submit(event, act) },
      ...(attachments ? [attachments.button] : []), this.input, this.send, this.stop);
    this.input.addEventListener("input", () => this.grow());
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event, act);
    });
    const fresh = iconButton("fresh", texts.new, { onclick: act.renew });
    const close = iconButton("close", texts.minimize, { onclick: act.close });
    const header = h("header", {}, h("h2", { dir: "auto" }, config.title), fresh, ...(this.options.mode === "page" ? [] : [close]));
    const footer = config.theme.branding ? [h("footer", {}, texts.branding)] : [];
    const role = this.options.mode === "page" ? "main" : "dialog";
    this.panel = h("section", { class: "panel", role, "aria-label": config.title },
      header, this.log, this.status, this.suggestions, ...(attachments ? [attachments.element] : []), composer, ...footer);
    attachments?.watch(this.panel);
    this.bubble = h("button", { type: "button", class: "bubble", "aria-label": texts.open, title: texts.open, onclick: act.open }, icon("chat"));
    this.frame = h("div", { class: "frame", lang: texts.lang, dir: texts.dir, "data-mode": this.options.mode }, this.panel,
      ...(this.options.mode === "page" ? [] : [this.bubble]));
    this.frame.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.options.mode !== "page") act.close();
    });
    const { accent, on } = accents(config.colors.primary);
    this.frame.style.setProperty("--accent", accent);
    this.frame.style.setProperty("--on-accent", on);
    this.dress(options.theme || config.theme.mode);
    shadow.append(this.frame);
    this.resized = () => this.place();
    window.addEventListener("resize", this.resized);
    document.body.append(this.host);
  }

  dress(theme) {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const dress = () => {
      this.frame.dataset.theme = theme === "dark" || (theme === "auto" && system.matches) ? "dark" : "light";
    };
    if (theme === "auto") system.addEventListener("change", dress);
    dress();
  }

  place() {
    const small = placeHost(this.host, { ...this.options, open: this.isOpen });
    this.frame.toggleAttribute("data-small", small && this.isOpen);
  }

  open(isOpen) {
    this.isOpen = isOpen;
    this.panel.hidden = !isOpen;
    this.bubble.hidden = isOpen;
    this.bubble.setAttribute("aria-expanded", String(isOpen));
    this.place();
  }

  submit(event, act) {
    event.preventDefault();
    if (this.busy) return;
    const typed = this.input.value.trim();
    const files = typed || this.attachments?.files.length ? this.attachments?.take() ?? [] : [];
    const text = typed || files.map((file) => file.name).join(", ");
    if (!text) return;
    this.input.value = "";
    this.grow();
    act.send(text, files);
  }

  grow() {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + 2}px`;
  }

  setBusy(busy) {
    this.busy = busy;
    const moved = this.host.shadowRoot.activeElement === (busy ? this.send : this.stop);
    this.send.hidden = busy;
    this.stop.hidden = !busy;
    if (moved) this.input.focus();
  }

  clear() {
    this.turns.replaceChildren();
    this.attachments?.take();
    this.status.textContent = "";
    this.suggestions.hidden = !this.suggestions.childElementCount;
  }

  /** Keep the end in view for who has not scrolled away from it. */
  follow(change) {
    const near = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
    change();
    if (near) this.log.scrollTop = this.log.scrollHeight;
  }

  remove() {
    window.removeEventListener("resize", this.resized);
    this.host.remove();
  }
}

/** A message of the visitor's and its answer. */
export class Turn {
  constructor(frame, message, texts, files = []) {
    this.frame = frame;
    this.texts = texts;
    this.text = "";
    this.files = files;
    this.cited = new Set();
    this.body = h("div", { class: "message markdown" });
    this.wrong = h("p", { class: "wrong" });
    this.extra = h("div", { class: "extra" });
    this.tools = h("div", { class: "tools" });
    this.user = h("li", { class: "user" }, h("span", { class: "name" }, `${texts.you}: `), h("div", { class: "message", dir: "auto" }, message));
    if (files.length) this.user.append(h("ul", { class: "files", "aria-label": texts.files }, ...files.map(({ name }) => h("li", { dir: "auto" }, name))));
    this.element = h("li", { class: "assistant", "aria-busy": "true" },
      h("span", { class: "name" }, `${texts.assistant}: `), this.body, this.wrong, this.extra, this.tools);
    this.dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    this.body.append(this.dots);
    frame.turns.append(this.user, this.element);
    frame.log.scrollTop = frame.log.scrollHeight;
  }

  add(content) {
    this.text += content;
    this.drawn ??= requestAnimationFrame(() => {
      this.drawn = undefined;
      this.draw();
    });
  }

  draw() {
    this.dots.remove();
    this.frame.follow(() => show(this.body, this.text));
  }

  reset() {
    this.text = "";
    this.draw();
    for (const open of this.extra.querySelectorAll(".question")) open.remove();
  }

  cite({ number, title, url, text }) {
    if (this.cited.has(number)) return;
    this.cited.add(number);
    if (!this.sources) {
      this.sources = h("ol");
      this.extra.append(h("details", { class: "sources", open: true }, h("summary", {}, this.texts.sources), this.sources));
    }
    const name = title || url || text.slice(0, 80);
    this.sources.append(h("li", { value: number, dir: "auto" }, safeAddress(url) ? link(url, name) : name, ...(text && text !== name ? [h("q", {}, text)] : [])));
  }

  carry(files, save) {
    if (!files.length) return;
    const items = files.map((file) => h("li", {}, h("button", { type: "button", dir: "auto", onclick: () => save(file) }, file.name)));
    this.frame.follow(() => this.extra.append(h("ul", { class: "files", "aria-label": this.texts.files }, ...items)));
  }

  ask(element) {
    this.dots.remove();
    if (!this.text) this.body.hidden = true;
    this.frame.follow(() => this.extra.append(element));
  }

  tell(role, content) {
    this.frame.follow(() => this.extra.append(h("p", { class: `said ${role}`, dir: "auto" }, content)));
  }

  reply(content) {
    this.asks = null;
    const asked = this.extra.querySelector(".question");
    const words = asked?.querySelector(".markdown")?.textContent;
    asked?.remove();
    if (words) this.tell("assistant", words);
    this.tell("user", content);
  }

  /** Show how it ended: with an answer, or with a sentence that says why there is none. */
  end(response, wrong, act) {
    if (this.drawn !== undefined) cancelAnimationFrame(this.drawn);
    this.drawn = undefined;
    if (response !== undefined) this.text = response;
    for (const open of this.extra.querySelectorAll(".question")) open.remove();
    this.draw();
    this.body.hidden = !this.text;
    this.wrong.textContent = wrong ?? "";
    this.element.setAttribute("aria-busy", "false");
    const { texts } = this;
    const tools = [];
    if (this.text) tools.push(iconButton("copy", texts.copy, { onclick: () => act.copy(this.text) }));
    if (act.retry) tools.push(iconButton("retry", texts.retry, { onclick: act.retry }));
    if (act.rate && this.text) {
      const thumbs = { up: iconButton("good", texts.good, { "aria-pressed": "false" }), down: iconButton("bad", texts.bad, { "aria-pressed": "false" }) };
      const press = (rating) => {
        for (const [name, thumb] of Object.entries(thumbs)) thumb.setAttribute("aria-pressed", String(name === rating));
      };
      for (const [rating, thumb] of Object.entries(thumbs)) {
        thumb.addEventListener("click", () => act.rate(rating).then(() => press(rating), () => {}));
        tools.push(thumb);
      }
      if (act.rating) press(act.rating);
    }
    this.frame.follow(() => this.tools.replaceChildren(...tools));
  }
}
