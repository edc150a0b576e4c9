/** A list that comes page by page: by a cursor of the server. */

/** One page: its rows, and where the next one begins; null on the last page. */
export interface PageOf<Row> {
  rows: Row[];
  next: string | null;
}

export class Listing<Row> {
  rows = $state.raw<Row[]>([]);
  next = $state<string | null>(null);
  loaded = $state(false);
  trouble = $state.raw<unknown>(null);
  #asked = 0;

  constructor(private readonly read: (cursor: string) => Promise<PageOf<Row>>) {}

  /** Load the first page, in place of what is shown. */
  fresh = async (): Promise<void> => this.#load("");

  /** Load the page after the last one. */
  more = async (): Promise<void> => this.#load(this.next ?? "");

  async #load(cursor: string): Promise<void> {
    const mine = ++this.#asked;
    try {
      const page = await this.read(cursor);
      if (mine !== this.#asked) return;
      this.rows = cursor ? [...this.rows, ...page.rows] : page.rows;
      this.next = page.next;
      this.trouble = null;
    } catch (error) {
      if (mine === this.#asked) this.trouble = error;
    }
    this.loaded = true;
  }
}
