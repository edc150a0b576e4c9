/** Messages of a conversation, and the alternatives of them. */

import type { SessionHistory } from "../api/types";
import { words } from "../playground/carried";

export type Message = SessionHistory["messages"][number];

/** Return whether people read a message: not what a tool gave, nor the call of it. */
export function said(message: Message): boolean {
  return (message.role === "user" || message.role === "assistant") && words(message.content) !== "";
}

/** Return the answer to a message on the line that goes through it; null where there is none. */
export function answerOf(message: Message, all: Message[]): Message | null {
  for (let at: Message | undefined = message; at; ) {
    const before: Message = at;
    const next: Message[] = all.filter((each) => each.parent_id === before.id);
    at = next.find((each) => each.active) ?? next.at(-1);
    if (at?.role === "user") return null;
    if (at && said(at)) return at;
  }
  return null;
}
