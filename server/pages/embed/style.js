/* How the chat looks: the sheet of its shadow tree, and the box in the page that holds it. */

const SHEET = `
:host { all: initial; }
* { box-sizing: border-box; }
.frame { --back: #ffffff; --soft: #f3f4f6; --line: #d1d5db; --text: #111827; --quiet: #4b5563; --wrong: #b91c1c;
  --edge: 14px; color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  position: absolute; inset: 0; }
.frame[data-theme="dark"] { --back: #111827; --soft: #1f2937; --line: #4b5563; --text: #f3f4f6; --quiet: #c3c9d3;
  --wrong: #fca5a5; color-scheme: dark; }
button, input, select, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
button:disabled { cursor: default; opacity: .55; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.icon { width: 1.25em; height: 1.25em; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; display: block; }
.bubble { position: absolute; inset: 8px; border: 0; border-radius: 50%; background: var(--accent); color: var(--on-accent);
  display: grid; place-items: center; font-size: 22px; box-shadow: 0 1px 6px #0006; }
.panel { position: absolute; inset: 8px; display: flex; flex-direction: column; overflow: hidden; background: var(--back);
  border: 1px solid var(--line); border-radius: var(--edge); box-shadow: 0 1px 6px #0004; }
.frame[data-mode="page"] .panel, .frame[data-small] .panel { inset: 0; border: 0; border-radius: 0; box-shadow: none; }
.frame[data-mode="page"] :is(.turns, .composer, .suggestions, .attached, .status, .intro, footer) { width: 100%; max-width: 52rem;
  margin-inline: auto; }
[hidden] { display: none !important; }
header { display: flex; align-items: center; gap: 4px; padding: 10px 12px; background: var(--accent); color: var(--on-accent); }
header h2 { flex: 1; min-width: 0; margin: 0; font-size: 16px; font-weight: 600; overflow: hidden; text-overflow: ellipsis;
  white-space: nowrap; }
header :focus-visible { outline-color: var(--on-accent); }
.tool { border: 0; background: none; border-radius: 6px; padding: 6px; min-width: 30px; min-height: 30px; color: inherit; }
.tool:hover { background: #8883; }
.tool[aria-pressed="true"] { color: var(--text); background: var(--soft); }
.log { flex: 1; overflow-y: auto; padding: 14px 12px; overscroll-behavior: contain; }
.turns { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: 12px; }
.welcome { margin: 0 0 12px; }
.message { max-width: 88%; padding: 8px 12px; border-radius: 12px; overflow-wrap: anywhere; }
.user .message { margin-inline-start: auto; width: fit-content; background: var(--accent); color: var(--on-accent);
  white-space: pre-wrap; border-end-end-radius: 3px; }
.assistant .message, .welcome { background: var(--soft); border-end-start-radius: 3px; width: fit-content; }
.welcome { max-width: 88%; padding: 8px 12px; border-radius: 12px; }
.name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.markdown > :first-child, .markdown blockquote > :first-child, .markdown li > :first-child { margin-top: 0; }
.markdown > :last-child, .markdown blockquote > :last-child, .markdown li > :last-child { margin-bottom: 0; }
.markdown p, .markdown ul, .markdown ol, .markdown pre, .markdown blockquote, .markdown .table { margin: .5em 0; }
.markdown ul, .markdown ol { padding-inline-start: 1.4em; }
.markdown :is(h3, h4, h5, h6) { margin: .8em 0 .3em; font-size: 1.05em; line-height: 1.3; }
.markdown a, .sources a, footer a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
.markdown code { font: .9em ui-monospace, Menlo, Consolas, monospace; background: #8882; padding: .1em .3em; border-radius: 4px; }
.markdown pre { overflow-x: auto; background: #8882; padding: 10px; border-radius: 8px; }
.markdown pre code { background: none; padding: 0; }
.markdown blockquote { margin-inline: 0; padding-inline-start: .8em; border-inline-start: 3px solid var(--line); }
.markdown .table { overflow-x: auto; } .markdown table { border-collapse: collapse; }
.markdown :is(th, td) { border: 1px solid var(--line); padding: .25em .5em; text-align: start; }
.markdown hr { border: 0; border-top: 1px solid var(--line); }
.dots { display: inline-flex; gap: 4px; padding: 6px 0; } .dots i { width: 7px; height: 7px; border-radius: 50%;
  background: var(--quiet); animation: dot 1.2s infinite; } .dots i:nth-child(2) { animation-delay: .2s; }
.dots i:nth-child(3) { animation-delay: .4s; }
@keyframes dot { 0%, 60%, 100% { opacity: .25; } 30% { opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .dots i { animation: none; opacity: .6; } }
.tools { display: flex; gap: 2px; margin-top: 2px; color: var(--quiet); }
.wrong { color: var(--wrong); margin: 6px 0 0; } .wrong:empty { display: none; }
.sources { margin: 8px 0 0; font-size: .9em; } .sources summary { cursor: pointer; } .sources q { color: var(--quiet);
  display: block; quotes: none; }
.question { border: 1px solid var(--line); border-radius: 12px; padding: 12px; margin-top: 8px; background: var(--back); }
.shown { background: var(--soft); border-radius: 8px; padding: 8px; margin-top: 8px; }
.field { margin-top: 10px; } .field label { display: block; font-weight: 600; font-size: .92em; }
.field :is(input, select, textarea) { width: 100%; padding: 7px 9px; border: 1px solid var(--quiet); border-radius: 8px;
  background: var(--back); }
.field.check { display: flex; gap: 8px; align-items: center; flex-direction: row-reverse; justify-content: flex-end; }
.field.check input { width: 18px; height: 18px; accent-color: var(--accent); }
.field textarea { resize: vertical; } .hint { margin: 2px 0 0; font-size: .85em; color: var(--quiet); }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; }
.buttons button, .suggestions button { border: 1px solid var(--quiet); border-radius: 999px; padding: 6px 14px; background: var(--back); }
.buttons .primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
.status { margin: 0; padding: 0 14px; min-height: 1.5em; font-size: .85em; color: var(--quiet); }
.suggestions { display: flex; flex-wrap: wrap; gap: 6px; padding: 4px 12px; }
.suggestions button { font-size: .92em; text-align: start; }
.composer { display: flex; align-items: flex-end; gap: 6px; padding: 8px 12px 12px; }
.composer textarea { flex: 1; resize: none; max-height: 140px; border: 1px solid var(--quiet); border-radius: 12px; padding: 8px 12px;
  background: var(--back); } .composer textarea::placeholder { color: var(--quiet); opacity: 1; }
.composer .tool { background: var(--accent); color: var(--on-accent); border-radius: 50%; width: 40px; height: 40px;
  display: grid; place-items: center; flex: none; } [dir="rtl"] .send .icon { transform: scaleX(-1); }
.composer .attach { background: none; color: inherit; } .panel[data-drop] { outline: 3px dashed var(--accent); outline-offset: -6px; }
.attached { padding: 0 12px; } .files { list-style: none; margin: 4px 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px; }
.files li { display: flex; align-items: center; max-width: 100%; border: 1px solid var(--quiet); border-radius: 999px;
  padding-inline: 12px; font-size: .88em; overflow-wrap: anywhere; } .files .tool { margin-inline-end: -8px; }
.user .files { justify-content: flex-end; }
.stop .icon { fill: currentColor; width: 1em; height: 1em; }
footer { padding: 0 12px 8px; font-size: .75em; text-align: center; color: var(--quiet); }
`;

const SMALL = 480;

/** Return the sheets of a shadow tree: ours, then the owner's, which the server has read and written anew. */
export function sheets(css) {
  return [SHEET, css].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
}

/** Give the page's one element of ours its place. Nothing inside can reach beyond it. */
export function placeHost(host, { mode, position, open }) {
  const small = mode !== "page" && window.innerWidth <= SMALL;
  const whole = mode === "page" || (open && small);
  const [side, edge] = position.split("-");
  const size = whole ? ["100%", "100%"] : open ? ["416px", "min(656px, calc(100% - 24px))"] : ["76px", "76px"];
  const place = whole ? { top: "0", left: "0" } : { [side]: "12px", [edge]: "12px" };
  const wanted = {
    all: "initial", position: "fixed", display: "block", "z-index": "2147483000", overflow: "hidden",
    contain: "strict", width: size[0], height: size[1], "max-width": "100%", ...place,
  };
  host.removeAttribute("style");
  for (const [name, value] of Object.entries(wanted)) host.style.setProperty(name, value, "important");
  return small;
}

/** Return the accent and what is written on it: dark enough, or light enough, to be read. */
export function accents(color) {
  const hex = color.length === 4 ? [...color.slice(1)].map((c) => c + c).join("") : color.slice(1);
  let rgb = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const light = () => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 3294.6 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const dark = light() > 0.4;
  while (!dark && 1.05 / (light() + 0.05) < 4.6) rgb = rgb.map((c) => c * 0.97);
  return { accent: `rgb(${rgb.map(Math.round).join(", ")})`, on: dark ? "#111111" : "#ffffff" };
}
