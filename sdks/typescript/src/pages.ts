/** Goes through a list that comes in pages. */

/** How a list is counted. */
export interface Counting {
  /** What the first page or item has as its number. */
  first: 0 | 1;
  /** Whether the number counts pages; else it counts items. */
  byPage: boolean;
  /** Where to begin; from the first where it is undefined. */
  start: number | undefined;
  /** How many items a page has; what the first one has where it is undefined. */
  size: number | undefined;
}

/**
 * Yield every item of a list, asking for the next page when it is needed.
 *
 * Pages are counted: what is added or removed meanwhile may be seen twice or missed.
 */
export async function* goThrough<Page extends { total: number }, Item>(
  ask: (start: number) => Promise<Page>,
  items: (page: Page) => readonly Item[],
  { first, byPage, start, size }: Counting,
): AsyncGenerator<Item, void, undefined> {
  let at = start ?? first;
  let whole = size;
  for (;;) {
    const page = await ask(at);
    const found = items(page);
    yield* found;
    whole ??= found.length;
    at += byPage ? 1 : found.length;
    const passed = byPage ? (at - first) * whole : at - first;
    if (found.length === 0 || passed >= page.total) return;
  }
}
