/** The sources of an answer, as links. */

import { element } from "./dom.js";

/** Return what lists the sources of an answer, each once and numbered. */
export function citing(around) {
  const list = element("ol");
  const seen = new Set();
  return ({ number, title, url, text }) => {
    if (seen.has(number)) return;
    seen.add(number);
    if (!list.parentNode) around.append(element("details", { className: "sources", open: true }, element("summary", {}, "Sources"), list));
    const name = title || url;
    const link = /^https?:\/\//i.test(url) ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, name) : name;
    list.append(element("li", { value: number }, link, text ? [" ", element("q", {}, text)] : null));
  };
}
