/** Lists and objects that people write into a text field. */

import { t } from "../i18n";

/** Return what stands in lines, or between commas. */
export function entries(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((each) => each.trim())
    .filter(Boolean);
}

/** Return the object that a field holds as JSON; an empty field is an empty one. */
export function json(name: string, text: string): Record<string, unknown> {
  if (!text.trim()) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(t("takesJson", { name, reason: (error as Error).message }));
  }
}

/** Return an object as a field shows it: nothing where it has nothing. */
export function written(value: object | null | undefined): string {
  const kept = Object.fromEntries(Object.entries(value ?? {}).filter(([, each]) => each !== null && each !== ""));
  return Object.keys(kept).length ? JSON.stringify(kept, null, 2) : "";
}
