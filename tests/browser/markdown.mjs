/* Shows Markdown in a page of its own kind, which keeps what is made, and says what is wrong with it.
   Input: a JSON list of texts. Output: one JSON line for each that shows what it must not. */

import { readFileSync } from "node:fs";

const TAGS = new Set(
  "a blockquote br code del div em h3 h4 h5 h6 hr li ol p pre span strong table tbody td th thead tr ul".split(" "),
);
const ATTRIBUTES = { href: /^(?:https?:\/\/|mailto:)/i, target: /^_blank$/, rel: /^noopener noreferrer nofollow$/,
  dir: /^(?:auto|ltr)$/, tabindex: /^0$/, role: /^group$/, class: /^table$/, start: /^\d{1,9}$/,
  "data-language": /^[\w+#.-]{1,40}$/ };

class Element {
  constructor(tag) {
    if (!TAGS.has(tag)) throw new Error(`the tag ${tag}`);
    this.tagName = tag.toUpperCase();
    this.childNodes = [];
  }
  addEventListener(name) {
    throw new Error(`a listener for ${name}`);
  }
  setAttribute(name, value) {
    if (!Object.hasOwn(ATTRIBUTES, name) || !ATTRIBUTES[name].test(value)) throw new Error(`the attribute ${name}=${value}`);
    if (name === "href" && this.tagName !== "A") throw new Error(`an address at ${this.tagName}`);
  }
  append(...children) {
    for (const child of children) {
      if (typeof child !== "string" && !(child instanceof Element)) throw new Error(`a child ${child}`);
      this.childNodes.push(child);
    }
  }
  remove() {}
}
for (const name of ["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc"]) {
  Object.defineProperty(Element.prototype, name, { set() { throw new Error(`a write to ${name}`); } });
}
globalThis.document = { createElement: (tag) => new Element(tag) };

const { show } = await import(process.argv[2]);
const mode = process.argv[3];
const texts = JSON.parse(readFileSync(0, "utf8"));
const page = () => new Element("div");

function seconds(text) {
  let best = Infinity;
  for (let turn = 0; turn < 3; turn += 1) {
    const before = process.cpuUsage();
    show(page(), text);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return best / 1e6;
}

for (const text of texts) {
  try {
    if (mode === "show") {
      const whole = page();
      show(whole, text);
      const streamed = page(); // as it comes, in parts
      for (const end of [0.3, 0.6, 1]) show(streamed, text.slice(0, Math.ceil(text.length * end)));
    } else {
      let grown = Infinity;
      for (let turn = 0; turn < 4 && grown > 2.5; turn += 1) {
        const once = seconds(text.repeat(Math.ceil(10_000 / text.length)));
        const twice = seconds(text.repeat(Math.ceil(20_000 / text.length)));
        grown = Math.min(grown, twice < 0.004 ? 0 : twice / once);
      }
      if (grown > 2.5) console.log(JSON.stringify({ text, grown }));
    }
  } catch (error) {
    console.log(JSON.stringify({ text, error: String(error.message) }));
  }
}
console.log(JSON.stringify({ done: texts.length }));
