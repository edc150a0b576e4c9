/** The sources of an answer, as links. */

import type { Frame } from "../api/client";
import { t } from "../i18n";
import { element } from "./dom";

/** Return what lists the sources of an answer, each once and numbered. */
export function citing(around: HTMLElement): (source: Frame) => void {
  const list = element("ol");
  const seen = new Set<number>();
  return ({ number, title, url, text }) => {
    if (seen.has(number)) return;
    seen.add(number);
    if (!list.parentNode) around.append(element("details", { className: "sources", open: true }, element("summary", {}, t("sources")), list));
    const name = title || url;
    const link = /^https?:\/\//i.test(url) ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, name) : name;
    list.append(element("li", { value: number }, link, text ? [" ", element("q", {}, text)] : null));
  };
}
