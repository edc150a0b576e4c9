/** What this tab remembers over a reload, and forgets when it is closed: the key, and what each playground shows. */

const KEY = "agenticrag.key";
const SHOWN = "agenticrag.shown.";
/** Used where the browser lets a page store nothing. */
const memory = new Map<string, string>();

function read(name: string): string {
  try {
    return sessionStorage.getItem(name) ?? memory.get(name) ?? "";
  } catch {
    return memory.get(name) ?? "";
  }
}

function write(name: string, value: string): void {
  memory.set(name, value);
  try {
    sessionStorage.setItem(name, value);
  } catch {
    // It is kept as long as the page is open.
  }
}

function remove(name: string): void {
  memory.delete(name);
  try {
    sessionStorage.removeItem(name);
  } catch {
    // There was nothing.
  }
}

/** The API key; empty where there is none. Another key is another caller, to whom nothing of this one is shown. */
export const key = {
  get: (): string => read(KEY),
  set: (value: string): void => {
    key.forget();
    write(KEY, value);
  },
  forget: (): void => {
    for (const name of [...memory.keys()]) remove(name);
    try {
      for (const name of Object.keys(sessionStorage)) if (name === KEY || name.startsWith(SHOWN)) remove(name);
    } catch {
      // There was nothing.
    }
  },
};

/** The session or the execution that a flow's playground shows; empty where it shows none. */
export const shown = {
  get: (flow: string): string => read(SHOWN + flow),
  set: (flow: string, id: string): void => write(SHOWN + flow, id),
  forget: (flow: string): void => remove(SHOWN + flow),
};
