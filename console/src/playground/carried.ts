/** Files of messages: named where a message has them, and saved when somebody asks for one. */

import { picture } from "../api/client";
import { t } from "../i18n";
import { complaint, element } from "./dom";

/** Return the text of a message's content, which is a text or a list of parts. */
export interface Part {
  text?: string;
  id?: string;
  name?: string;
}

export type Content = string | Part[];

export function words(content: Content): string {
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}

/** Return a list of a message's files; nothing where it has none. `session` names the conversation. */
export function carried(session: string, content: unknown): HTMLElement[] {
  const files = Array.isArray(content) ? (content as Part[]).filter((part) => part.id && part.name) : [];
  if (!files.length) return [];
  const items = files.map((file) => {
    const button = element("button", { type: "button" }, file.name ?? "");
    button.onclick = async () => {
      try {
        const address = await picture(`/chatflow/sessions/${encodeURIComponent(session)}/files/${file.id}`);
        Object.assign(document.createElement("a"), { href: address, download: file.name }).click();
        setTimeout(() => URL.revokeObjectURL(address), 60_000);
      } catch (error) {
        button.after(complaint(error));
      }
    };
    return element("li", {}, button);
  });
  return [element("ul", { className: "files", "aria-label": t("files") }, ...items)];
}
