/** Elements. Everything that a flow, a model or a person said becomes a text node, never markup. */

import { term } from "../i18n";

/**
 * Return an element.
 *
 * `properties` are those of the element (`className`, `onclick`, `value`), or attributes where the name has a
 * dash; children that are no elements become text, and null, undefined and false are left out.
 */
type Child = Node | string | number | null | undefined | false;
type Properties = Record<string, unknown>;

export function element<K extends keyof HTMLElementTagNameMap>(tag: K, properties: Properties = {}, ...children: (Child | Child[])[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, String(value));
    else (made as unknown as Properties)[name] = value;
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) made.append(typeof child === "number" ? String(child) : child);
  return made;
}

/** Return an error as people read it. */
export function complaint(error: unknown): HTMLElement {
  return element("p", { className: "error", role: "alert" }, String((error as Error | null)?.message || error));
}

/** Return a value as indented JSON, or as it is where it is text. */
export function pretty(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Return a status as a badge. */
export function badge(status: string): HTMLElement {
  return element("span", { className: `badge ${status}` }, term(status));
}

/** Return milliseconds as people say them. */
export function lasted(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return "";
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Return a time of the API in this browser's words. */
export function moment(time: string | null | undefined): string {
  return time ? new Date(time).toLocaleString() : "";
}
