/** Words in the reader's language. A locale is a file with every key of `en.ts`; add one to LOCALES. */

import type { en } from "./en";

export type Words = Record<keyof typeof en, string>;

const STORED = "agenticrag.locale";

/** Each language by its code: its own name, and its words, loaded when they are wanted. */
export const LOCALES: Record<string, { name: string; load: () => Promise<Words> }> = {
  en: { name: "English", load: async () => (await import("./en")).en },
  ko: { name: "한국어", load: async () => (await import("./ko")).ko },
};

let words = {} as Words;
let chosen = "en";

/** Load the words of the language that was chosen here, or that the browser prefers. */
export async function open(): Promise<void> {
  chosen = [remembered(), ...navigator.languages.map((each) => each.split("-")[0] ?? "")].find((each) => each in LOCALES) ?? "en";
  words = await (LOCALES[chosen] as (typeof LOCALES)[string]).load();
  document.documentElement.lang = chosen;
}

/** Return the code of the language that is shown. */
export function locale(): string {
  return chosen;
}

/** Show another language from now on. The page is loaded anew; its address stays. */
export function speak(code: string): void {
  try {
    localStorage.setItem(STORED, code);
  } catch {
    // The browser lets the page store nothing: the language lasts as long as the page.
  }
  location.reload();
}

/** Return a sentence with its `{places}` filled. A value stays text: nothing of it is read as a place. */
export function t(key: keyof Words, places: Record<string, string | number> = {}): string {
  return words[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}

/** Return a word of the API, such as a status or a kind of flow, in the reader's language; others as they are. */
export function term(word: string): string {
  const key = `term_${word}`;
  return key in words ? words[key as keyof Words] : word.replaceAll("_", " ");
}

/** Return a time of the API in this browser's words. */
export function moment(time: string | null | undefined): string {
  return time ? new Date(time).toLocaleString(chosen) : "";
}

function remembered(): string {
  try {
    return localStorage.getItem(STORED) ?? "";
  } catch {
    return "";
  }
}
