/* Elements, made one by one: whatever text comes in stays text. Nothing here reads HTML. */

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  chat: "M4 5h16v11H9l-5 4z",
  attach: "M20 11l-8 8a5 5 0 0 1-7-7l8-8a3 3 0 0 1 5 5l-8 8a1.5 1.5 0 0 1-2-2l7-7",
  close: "M6 6l12 12M18 6L6 18",
  fresh: "M12 5v14M5 12h14",
  send: "M5 12h13M12 5l7 7-7 7",
  stop: "M6 6h12v12H6z",
  copy: "M9 9h10v11H9zM6 15H5V4h10v1",
  retry: "M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5",
  good: "M7 11v9H4v-9zm0 0 4-8c2 0 3 1 3 3v3h5l-1 11H7",
  bad: "M7 13V4H4v9zm0 0 4 8c2 0 3-1 3-3v-3h5L18 4H7",
};

/** Return an element with attributes, listeners (`onclick`) and children; strings become text. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Return one of our own pictures, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" })) {
    svg.setAttribute(key, value);
  }
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function iconButton(name, label, attributes = {}) {
  return h("button", { type: "button", class: "tool", "aria-label": label, title: label, ...attributes }, icon(name));
}

/** Put a text onto the clipboard and say whether it is there; `place` is where the page may hold it for a moment. */
export async function copied(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP there is no `navigator.clipboard`; the older way works there.
  }
  const { activeElement } = place.getRootNode();
  const held = h("textarea", { "aria-hidden": "true", tabindex: "-1", class: "name" });
  held.value = text;
  place.append(held);
  held.select();
  const done = document.execCommand("copy");
  held.remove();
  activeElement?.focus();
  return done;
}
