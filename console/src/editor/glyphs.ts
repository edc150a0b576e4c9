/** A sign for each node type, so that it is known at a glance. */

const GLYPHS: Record<string, string> = {
  start: "▶",
  end: "■",
  llm: "✦",
  agent: "◉",
  classify: "⑂",
  decide: "⑃",
  condition: "?",
  switch: "⋔",
  loop: "↻",
  iteration: "≡",
  parallel: "∥",
  merge: "⋈",
  try_catch: "⛨",
  delay: "◷",
  human_approval: "✋",
  subflow: "❐",
  code: "{}",
  http_request: "⇅",
  retrieve: "⌕",
  memory: "❖",
  template: "T",
  transform: "ƒ",
  variable: "x",
  tool: "⚒",
  say: "❝",
  vote: "✓",
  guardrail: "⚑",
  note: "✎",
};

export function glyphOf(kind: string, group = ""): string {
  return GLYPHS[kind] ?? (group === "model" ? "✦" : "•");
}
