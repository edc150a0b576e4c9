/* What the tests about hostile text do within the chat's page. */
window.trial = {
  violations: [],

  tags: new Set(
    ("p br hr h2 h3 h4 h5 h6 ul ol li pre code blockquote table thead tbody tr th td div span strong em del a section " +
      "header footer form textarea button label input select option details summary q i svg path").split(" "),
  ),

  attributes: new Set(
    ("class dir tabindex role start data-language type aria-label title id for aria-describedby aria-required " +
      "aria-busy aria-pressed aria-expanded open hidden data-json value selected rows maxlength viewBox aria-hidden d " +
      "placeholder style lang data-mode data-theme").split(" "),
  ),

  /** Return what in a tree is none of the elements and attributes that the chat makes. */
  look(root) {
    const wrong = [];
    for (const element of root.querySelectorAll("*")) {
      const tag = element.localName;
      if (!this.tags.has(tag)) wrong.push(`<${tag}>`);
      for (const { name, value } of element.attributes) {
        const ofLink = tag === "a" && ["href", "target", "rel"].includes(name);
        if (!ofLink && !this.attributes.has(name)) wrong.push(`${tag} ${name}`);
        if (name === "href" && !/^(https?:\/\/|mailto:)/.test(value)) wrong.push(`href ${value}`);
      }
      const careful = element.target === "_blank" && element.rel === "noopener noreferrer nofollow";
      if (tag === "a" && !careful) wrong.push(element.outerHTML);
    }
    return wrong;
  },

  /** Look at what is in the page. */
  lookAtChat() {
    return this.look(document.querySelector("[data-agenticrag]").shadowRoot);
  },

  /** Show texts as a stream brings them, cut at every byte. */
  async split(texts, base) {
    const { show } = await import(`${base}markdown.js`);
    const wrong = new Set();
    let shown = 0;
    for (const text of texts) {
      const bytes = new TextEncoder().encode(text);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const root = document.createElement("div");
        document.body.append(root);
        const decoder = new TextDecoder();
        const first = decoder.decode(bytes.subarray(0, cut), { stream: true });
        for (const part of [first, first + decoder.decode(bytes.subarray(cut))]) {
          show(root, part);
          for (const each of this.look(root)) wrong.add(each);
        }
        shown += 1;
        root.remove();
      }
    }
    return { wrong: [...wrong], shown };
  },

  /** Put texts into every place of a chat that shows some. */
  async everywhere(texts, base, config) {
    const { Frame, Turn } = await import(`${base}view.js`);
    const { question } = await import(`${base}form.js`);
    const wrong = new Set();
    const nothing = { send() {}, stop() {}, open() {}, close() {}, renew() {} };
    const answer = async () => null;
    for (const text of texts) {
      const words = { ...config.texts, welcome: text };
      const frame = new Frame({ ...config, title: text, starter_prompts: [text], texts: words }, {}, nothing);
      frame.open(true);
      const turn = new Turn(frame, text, words);
      turn.cite({ title: text, url: text, text });
      const asked = { message: text, value: text, schema: null };
      turn.ask(question({ ...asked, kind: "approval", actions: ["edit", text] }, words, answer));
      turn.ask(question({ ...asked, kind: "decision", actions: [text] }, words, answer));
      const properties = { [text]: { title: text, description: text, enum: [text] }, plain: { default: text } };
      const schema = { type: "object", properties };
      turn.ask(question({ ...asked, kind: "input", actions: ["submit"], schema }, words, answer));
      turn.text = text;
      turn.draw();
      for (const each of this.look(frame.host.shadowRoot)) wrong.add(each);
      turn.end(text, text, { copy() {}, retry() {}, rate: answer });
      for (const each of this.look(frame.host.shadowRoot)) wrong.add(each);
      await new Promise((resolve) => setTimeout(resolve));
      frame.remove();
    }
    return [...wrong];
  },

  /** Read an event stream that comes byte by byte. */
  async read(frames, base) {
    const { read } = await import(`${base}client.js`);
    const body = new ReadableStream({
      start(controller) {
        for (const byte of new TextEncoder().encode(frames)) controller.enqueue(new Uint8Array([byte]));
        controller.close();
      },
    });
    const seen = [];
    for await (const frame of read(body)) seen.push(frame);
    return seen;
  },

  /** Do what a script would that had got in after all; return what failed. */
  async misbehave(canary) {
    const failed = [];
    const attempt = (name, act) => {
      try {
        act();
      } catch {
        failed.push(name);
      }
    };
    attempt("innerHTML", () => (document.body.innerHTML = "<img src=x onerror=window.__xss=1>"));
    attempt("srcdoc", () => (document.createElement("iframe").srcdoc = "<script>parent.__xss=1</script>"));
    const script = document.createElement("script");
    attempt("script", () => {
      script.append("window.__xss = 1");
      document.body.append(script);
    });
    attempt("src", () => (document.createElement("script").src = canary));
    document.body.append(Object.assign(document.createElement("img"), { src: canary }));
    await fetch(canary).catch(() => failed.push("fetch"));
    return failed;
  },
};
document.addEventListener("securitypolicyviolation", (event) => trial.violations.push(event.violatedDirective));
