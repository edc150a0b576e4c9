/** Light or dark: as the system has it, or as it was chosen here. */

const STORED = "agenticrag.theme";

export type Theme = "system" | "light" | "dark";

export const THEMES: Theme[] = ["system", "light", "dark"];

/** Return what was chosen. */
export function theme(): Theme {
  try {
    return (localStorage.getItem(STORED) as Theme | null) ?? "system";
  } catch {
    return "system";
  }
}

/** Show what was chosen. */
export function applyTheme(chosen: Theme = theme()): void {
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

/** Choose, and show it. */
export function chooseTheme(chosen: Theme): void {
  try {
    localStorage.setItem(STORED, chosen);
  } catch {
    // It lasts as long as the page.
  }
  applyTheme(chosen);
}
