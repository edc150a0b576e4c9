/** Goes through a list that comes in pages. */

/** Where the next page begins: after a cursor, or at a number. */
export interface Place {
  after?: string;
  offset?: number;
  page?: number;
  skip?: number;
}

/** How a list is counted by a server that gives no cursor, or from a number on. */
export interface Counting {
  by: 'offset' | 'page' | 'skip';
  /** Where to begin; from the first where it is undefined. */
  start: number | undefined;
  /** How many items a page has; what the first one has where it is undefined. */
  size: number | undefined;
}

/**
 * Yield every item of a list, asking for the next page when it is needed.
 *
 * Pages follow by cursor: what is added or deleted meanwhile makes no other be seen twice or missed. From a number
 * on, and where the server gives no cursor, they are counted.
 */
export async function* goThrough<Page extends { total: number; nextCursor?: string | null }, Item>(
  ask: (place: Place) => Promise<Page>,
  items: (page: Page) => readonly Item[],
  { by, start, size }: Counting,
): AsyncGenerator<Item, void, undefined> {
  const first = by === 'page' ? 1 : 0;
  let at = start ?? first;
  let whole = size;
  let place: Place = start === undefined ? {} : { [by]: at };
  for (;;) {
    const page = await ask(place);
    const found = items(page);
    yield* found;
    if (start === undefined && (page.nextCursor || place.after !== undefined)) {
      if (!page.nextCursor) return;
      place = { after: page.nextCursor };
      continue;
    }
    whole ??= found.length;
    at += by === 'page' ? 1 : found.length;
    const passed = by === 'page' ? (at - first) * whole : at - first;
    if (found.length === 0 || passed >= page.total) return;
    place = { [by]: at };
  }
}
