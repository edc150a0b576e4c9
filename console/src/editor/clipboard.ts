/** The clipboard where the browser gives it, and a place of this page's own where it does not (plain HTTP). */

const STORED = "agenticrag.clipboard";

/** Keep a text. */
export async function copy(text: string): Promise<void> {
  try {
    localStorage.setItem(STORED, text);
  } catch {
    // The browser's clipboard may take it.
  }
  try {
    await navigator.clipboard?.writeText(text);
  } catch {
    // It was refused: the page has it.
  }
}

/** Return what was kept, or null where there is nothing. */
export async function paste(): Promise<string | null> {
  try {
    const text = await navigator.clipboard?.readText();
    if (text) return text;
  } catch {
    // It was refused.
  }
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}
