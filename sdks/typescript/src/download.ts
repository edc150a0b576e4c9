/** An answer that is no JSON of this API's own: text, a picture, a file. */

/** What was answered, whole. */
export class Download {
  /** Its media type with its parameters, as the server names it. */
  readonly contentType: string;
  /** What the server would call the file; undefined where it does not say. */
  readonly filename: string | undefined;
  readonly #content: Blob;

  constructor(headers: Headers, content: Blob) {
    this.contentType = headers.get('Content-Type') ?? '';
    this.filename = fileName(headers.get('Content-Disposition') ?? '');
    this.#content = content;
  }

  /** Return it as text. */
  async text(): Promise<string> {
    return await this.#content.text();
  }

  /** Return it as the JSON that it holds, with the names that stand in it. */
  async json(): Promise<unknown> {
    return JSON.parse(await this.text()) as unknown;
  }

  /** Return its bytes. */
  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.#content.arrayBuffer());
  }

  /** Return it for a browser's `URL.createObjectURL`, or to send it on. */
  blob(): Blob {
    return this.#content;
  }
}

/** Read the name off a header (RFC 6266). */
function fileName(header: string): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(header)?.[1];
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return undefined;
    }
  }
  return /filename="([^"]*)"/i.exec(header)?.[1] ?? /filename=([^;\s]+)/i.exec(header)?.[1];
}
