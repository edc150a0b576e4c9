/* Markdown as elements. It knows no HTML and no images: tags stay text, and a picture becomes a link to it.
   Links lead to http, https and mailto alone. Broken or half-written Markdown is shown as it stands. */

import { h } from "./dom.js";

const DEEPEST = 8; // quotes and lists in one another, and emphasis in emphasis
const FAR = 2000; // characters within which what is opened has to be closed
const FENCE = /^ {0,3}(`{3,}|~{3,})[ \t]*([\w+#.-]{0,40})/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*$/;
const RULE = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$/;
const ITEM = /^( {0,8})(?:([-*+])|(\d{1,9})[.)])[ \t]+(.*)$/;
const DELIMITERS = /^ {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/;
const BARE = /^https?:\/\/[^\s<>"'`\\^{|}]{1,1990}/;
const TURNED = /[\u202a-\u202e\u2066-\u2069]/g; // controls that turn text around, to make it look like other text
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

/** Show a text in an element. What has not changed since the last time is left alone, so that a stream is cheap. */
export function show(root, text) {
  const blocks = parse(text.replace(/\r\n?/g, "\n").replace(TURNED, ""), 0);
  const before = root.shown ?? [];
  let same = 0;
  while (same < before.length && same < blocks.length && before[same].source === blocks[same].source) same += 1;
  for (const { element } of before.slice(same)) element.remove();
  root.shown = [...before.slice(0, same), ...blocks.slice(same)];
  for (const block of root.shown.slice(same)) root.append((block.element = block.make()));
}

/** Return the address of a link that may be followed; null for any other. */
export function safeAddress(address) {
  try {
    const url = new URL(address.trim());
    return SCHEMES.has(url.protocol) && url.href.length <= 2000 ? url.href : null;
  } catch {
    return null;
  }
}

/** Return a link that takes nothing along, or a span where the address may not be followed. */
export function link(address, ...children) {
  const href = safeAddress(address);
  if (href === null) return h("span", {}, ...children);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

function parse(text, depth) {
  const lines = text.split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const begin = at;
    let make;
    if (!lines[at].trim()) {
      at += 1;
      continue;
    }
    if (FENCE.test(lines[at])) [at, make] = fence(lines, at);
    else if (HEADING.test(lines[at])) {
      const [, marks, title] = HEADING.exec(lines[at]);
      const level = Math.min(6, marks.length + 2);
      make = () => inline(h(`h${level}`, { dir: "auto" }), title, 0);
      at += 1;
    } else if (RULE.test(lines[at])) {
      make = () => h("hr");
      at += 1;
    } else if (depth < DEEPEST && /^ {0,3}>/.test(lines[at])) {
      while (at < lines.length && /^ {0,3}>/.test(lines[at])) at += 1;
      const inner = lines.slice(begin, at).map((line) => line.replace(/^ {0,3}> ?/, "")).join("\n");
      make = () => fill(h("blockquote", { dir: "auto" }), inner, depth + 1);
    } else if (depth < DEEPEST && ITEM.test(lines[at])) [at, make] = list(lines, at, depth);
    else if (lines[at].includes("|") && DELIMITERS.test(lines[at + 1] ?? "") && lines[at + 1].includes("|")) {
      [at, make] = table(lines, at);
    } else {
      do at += 1;
      while (at < lines.length && lines[at].trim() && !begins(lines[at], depth));
      const words = lines.slice(begin, at).join("\n").trim();
      make = () => inline(h("p", { dir: "auto" }), words, 0);
    }
    blocks.push({ source: lines.slice(begin, at).join("\n"), make });
  }
  return blocks;
}

function begins(line, depth) {
  return (
    FENCE.test(line) || HEADING.test(line) || RULE.test(line) ||
    (depth < DEEPEST && (/^ {0,3}>/.test(line) || ITEM.test(line)))
  );
}

function fill(element, text, depth) {
  for (const block of parse(text, depth)) element.append(block.make());
  return element;
}

function fence(lines, begin) {
  const [, mark, language] = FENCE.exec(lines[begin]);
  let at = begin + 1;
  const closes = (line) => {
    const trimmed = line.trim();
    return trimmed.length >= mark.length && trimmed === mark[0].repeat(trimmed.length);
  };
  while (at < lines.length && !closes(lines[at])) at += 1;
  const code = lines.slice(begin + 1, at).join("\n");
  const make = () =>
    h("pre", { dir: "ltr", tabindex: "0", "data-language": language || undefined }, h("code", {}, code));
  return [Math.min(at + 1, lines.length), make];
}

function list(lines, begin, depth) {
  const first = ITEM.exec(lines[begin]);
  const ordered = first[3] !== undefined;
  const items = [];
  let at = begin;
  while (at < lines.length) {
    const item = ITEM.exec(lines[at]);
    const indent = lines[at].length - lines[at].trimStart().length;
    if (item && indent <= first[1].length + 1 && (item[3] !== undefined) === ordered) items.push([item[4]]);
    else if (lines[at].trim() && indent > first[1].length + 1) {
      items.at(-1).push(lines[at].slice(Math.min(indent, first[1].length + 2)));
    } else if (!lines[at].trim() && /^ {2,}\S|^ *(?:[-*+]|\d{1,9}[.)])[ \t]/.test(lines[at + 1] ?? "")) {
      items.at(-1).push("");
    } else if (!lines[at].trim() || begins(lines[at], depth)) break;
    else items.at(-1).push(lines[at]);
    at += 1;
  }
  const start = ordered && first[3] !== "1" ? first[3] : undefined;
  const make = () => {
    const element = h(ordered ? "ol" : "ul", { start, dir: "auto" });
    for (const item of items) {
      const blocks = parse(item.join("\n"), depth + 1);
      const tight = blocks.length > 0 && !item.includes("");
      const li = h("li");
      for (const block of blocks) {
        const made = block.make();
        if (tight && made.tagName === "P") li.append(...made.childNodes);
        else li.append(made);
      }
      element.append(li);
    }
    return element;
  };
  return [at, make];
}

function table(lines, begin) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/, 50).map((cell) => cell.trim());
  const head = cells(lines[begin]);
  let at = begin + 2;
  while (at < lines.length && lines[at].includes("|") && lines[at].trim()) at += 1;
  const rows = lines.slice(begin + 2, at).map(cells);
  const row = (tag, values) => h("tr", {}, ...head.map((_, column) => inline(h(tag), values[column] ?? "", 0)));
  const make = () =>
    h("div", { class: "table", tabindex: "0", role: "group" },
      h("table", { dir: "auto" }, h("thead", {}, row("th", head)), h("tbody", {}, ...rows.map((each) => row("td", each)))));
  return [at, make];
}

/** Fill an element with a line of text; within a link there are no links. */
function inline(parent, text, depth, inLink = false) {
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) parent.append(plain);
    plain = "";
  };
  const add = (element, next) => {
    flush();
    parent.append(element);
    at = next;
  };
  while (at < text.length) {
    const char = text[at];
    const found = depth < DEEPEST ? special(text, at, char, depth, inLink) : null;
    if (found) add(...found);
    else if (char === "\\" && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? "")) {
      plain += text[at + 1];
      at += 2;
    } else {
      // A run of backticks or stars that opens nothing is passed over as a whole.
      const run = "`*_~".includes(char) ? runOf(text, at) : 1;
      plain += text.slice(at, at + run);
      at += run;
    }
  }
  flush();
  return parent;
}

/** Return an element and where the text goes on behind it; null where nothing special is. */
function special(text, at, char, depth, inLink) {
  if (inLink && "[!<h".includes(char)) return null;
  switch (char) {
    case "\n":
      return [h("br"), at + 1];
    case "`":
      return code(text, at);
    case "*":
    case "_":
    case "~":
      return emphasis(text, at, depth, inLink);
    case "[":
      return linked(text, at, depth);
    case "!":
      return text[at + 1] === "[" ? linked(text, at + 1, depth) : null;
    case "<": {
      const end = text.slice(at, at + FAR).indexOf(">");
      const address = end > 0 ? text.slice(at + 1, at + end) : "";
      return /^(?:https?:\/\/|mailto:)\S+$/.test(address) ? [link(address, address), at + end + 1] : null;
    }
    case "h": {
      if (/[\w/]/.test(text[at - 1] ?? "")) return null;
      const found = BARE.exec(text.slice(at, at + FAR));
      if (!found) return null;
      let address = found[0].replace(/[.,:;!?*_~]+$/, "");
      if (address.endsWith(")") && !address.includes("(")) address = address.slice(0, -1);
      return [link(address, address), at + address.length];
    }
    default:
      return null;
  }
}

function runOf(text, at) {
  let end = at;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

function code(text, at) {
  const run = runOf(text, at);
  const mark = "`".repeat(run);
  let end = at + run;
  while ((end = text.indexOf(mark, end)) >= 0) {
    if (end - at > FAR) return null;
    const length = runOf(text, end);
    if (length === run) return [h("code", { dir: "ltr" }, text.slice(at + run, end).trim()), end + run];
    end += length;
  }
  return null;
}

function emphasis(text, at, depth, inLink) {
  const char = text[at];
  const run = runOf(text, at);
  if (run > 3 || (char === "~" && run !== 2) || !/\S/.test(text[at + run] ?? "")) return null;
  if (char === "_" && /\w/.test(text[at - 1] ?? "")) return null;
  const mark = char.repeat(run);
  const near = text.slice(0, at + FAR);
  let end = at + run;
  while ((end = near.indexOf(mark, end)) >= 0) {
    const length = runOf(text, end);
    const closes = length === run && /\S/.test(text[end - 1]) && !(char === "_" && /\w/.test(text[end + run] ?? ""));
    if (closes) {
      const inner = text.slice(at + run, end);
      if (run === 3) return [h("strong", {}, inline(h("em"), inner, depth + 2, inLink)), end + 3];
      const tag = char === "~" ? "del" : run === 2 ? "strong" : "em";
      return [inline(h(tag), inner, depth + 1, inLink), end + run];
    }
    end += length;
  }
  return null;
}

function linked(text, at, depth) {
  let open = 0;
  let close = -1;
  for (let place = at; place < Math.min(text.length, at + FAR); place += 1) {
    if (text[place] === "\\") place += 1;
    else if (text[place] === "[") open += 1;
    else if (text[place] === "]" && --open === 0) {
      close = place;
      break;
    }
  }
  if (close < 0 || text[close + 1] !== "(") return null;
  let parens = 0;
  let end = close + 1;
  for (; end < Math.min(text.length, close + FAR); end += 1) {
    if (text[end] === "\n") return null;
    if (text[end] === "(") parens += 1;
    else if (text[end] === ")" && --parens === 0) break;
  }
  if (parens !== 0 || text[end] !== ")") return null;
  const inside = text.slice(close + 2, end).trim();
  const address = (/^<([^<>]*)>/.exec(inside) ?? /^(\S*)/.exec(inside))[1];
  const label = text.slice(at + 1, close) || address;
  return [inline(link(address), label, depth + 1, true), end + 1];
}
