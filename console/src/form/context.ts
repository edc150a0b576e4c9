/** What a form knows of its surroundings: what can be read in it, and what can be picked. */

import { getContext, setContext } from "svelte";

/** A thing that an expression can read, and what it is. */
export interface Readable {
  path: string;
  about: string;
}

export interface Choice {
  value: string;
  words: string;
}

export interface Surroundings {
  /** What expressions and templates of the form can read. */
  readable: () => Readable[];
  /** Return what can be picked for a field, or null where it is written freely. */
  choices: (name: string, value: Record<string, unknown>) => Choice[] | null;
  /** Return what is wrong with a field, by its path below the form. */
  findings: (path: string) => string[];
}

const KEY = Symbol("surroundings");

export function surround(surroundings: Surroundings): void {
  setContext(KEY, surroundings);
}

export function surroundings(): Surroundings {
  return getContext<Surroundings>(KEY) ?? { readable: () => [], choices: () => null, findings: () => [] };
}
