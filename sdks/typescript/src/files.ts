/** Files to send, in whatever way they are given. */

import { ArgumentError } from './problems.js';

/** What a file's bytes may be. */
export type FileContent =
  | Blob
  | Uint8Array
  | ArrayBuffer
  | string
  | Response
  | ReadableStream<Uint8Array>
  | { readFile(): Promise<Uint8Array> }
  | AsyncIterable<Uint8Array | string>;

/**
 * A file to send: a `Blob` or `File`, bytes, text, an open file or another stream of bytes, a `Response`; the path of
 * one, where there is a file system; or its name, content and perhaps media type.
 */
export type Upload = FileContent | { path: string } | readonly [name: string, content: FileContent, type?: string];

/** A body of whatever kind: text, bytes and blobs are sent as they are, all else as JSON. */
export type Payload = string | number | boolean | object | null;

/** A form: its files and its texts, by the names of the wire. What is undefined is not sent. */
export interface Form {
  files?: Readonly<Record<string, unknown>>;
  texts?: Readonly<Record<string, unknown>>;
}

/** Make a form, and read its files, so that they can be sent again. */
export async function readForm({ files = {}, texts = {} }: Form): Promise<FormData> {
  const form = new FormData();
  for (const [field, value] of Object.entries(texts)) {
    if (value === undefined || value === null) continue;
    form.append(field, typeof value === 'string' ? value : JSON.stringify(value));
  }
  for (const [field, value] of Object.entries(files)) {
    if (value === undefined || value === null) continue;
    const named = Array.isArray(value) ? (value as unknown[]) : [undefined, value, undefined];
    const [content, found] = await read(named[1] as Upload);
    const type = named[2] === undefined ? content.type : String(named[2]);
    form.append(field, type === content.type ? content : new Blob([content], { type }), String(named[0] ?? found ?? field));
  }
  return form;
}

/** Return a file's bytes, and its name where it has one. */
async function read(file: Upload): Promise<[content: Blob, name?: string | undefined]> {
  if (file instanceof Blob) return [file, 'name' in file && file.name !== '' ? String(file.name) : undefined];
  if (file instanceof Response) return [await file.blob()];
  if (file instanceof ReadableStream) return [await new Response(file).blob()];
  if (typeof file === 'string' || file instanceof ArrayBuffer || ArrayBuffer.isView(file)) {
    return [new Blob([file as BlobPart])];
  }
  const path = Object(file) as { path?: unknown; readFile?: () => Promise<BlobPart>; [Symbol.asyncIterator]?: unknown };
  const name = typeof path.path === 'string' ? path.path.split(/[\\/]/).at(-1) : undefined;
  if (typeof path[Symbol.asyncIterator] === 'function') {
    const pieces: BlobPart[] = [];
    for await (const piece of file as AsyncIterable<BlobPart>) pieces.push(piece);
    return [new Blob(pieces), name];
  }
  if (typeof path.readFile === 'function') return [new Blob([await path.readFile()])];
  if (typeof path.path === 'string') {
    const module = 'node:fs/promises'; // in a variable, so that no bundler looks for it
    const { readFile } = (await import(/* @vite-ignore */ module)) as {
      readFile(path: string): Promise<BlobPart>;
    };
    return [new Blob([await readFile(path.path)]), name];
  }
  throw new ArgumentError('A file is a Blob, bytes, text, a stream, { path }, or [name, content, type].');
}
