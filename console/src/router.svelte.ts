/** Which view an address shows. Addresses are hashes, so that a reload and a link lead to the same place. */

import type { Component } from "svelte";

import { t } from "./i18n";

/** What a view gets: the parts of the address that its pattern names. */
export interface ViewProps {
  parameters: string[];
}

/** One line of the table of views. */
export interface View {
  /** Fits the address without `#`; its groups become `parameters`. */
  pattern: RegExp;
  load: () => Promise<{ default: Component<ViewProps> | Component<Record<string, never>> }>;
  /** The area of the navigation that is marked. */
  area: string;
  /** Whether the view takes the whole window. */
  wide?: boolean;
}

export class NoView extends Error {}

/** The address without `#`, as it is now. */
export const place = $state({ path: location.hash.slice(1) });

addEventListener("hashchange", () => {
  place.path = location.hash.slice(1);
});

/** Go to an address. */
export function go(path: string): void {
  location.hash = path;
}

/**
 * Return the view of an address, and what the address names in it.
 *
 * Throws a NoView for an address that leads nowhere.
 */
export function found(path: string, views: View[]): [View, string[]] {
  for (const view of views) {
    const fits = path.replace(/\?.*$/, "").match(view.pattern);
    if (fits) return [view, fits.slice(1)];
  }
  throw new NoView(t("noView", { path: path.slice(0, 80) }));
}
