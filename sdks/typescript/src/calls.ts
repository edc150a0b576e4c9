/** Makes the methods of a resource from a table, which is printed from the API's OpenAPI document: one line a call. */

import type { Call, CallOptions, Connection } from './connection.js';
import { segment } from './options.js';
import { goThrough, type Counting } from './pages.js';
import { waitFor, type WaitOptions } from './waiting.js';
import { camel } from './wire.js';

/** What all resources are: calls on one connection. */
export class Resource {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Return where a resource's requests go. */
  static connectionOf(resource: Resource): Connection {
    return resource.#connection;
  }
}

type Given = Record<string, unknown>;
type Listed = Given & { total: number };
type Method = (this: Resource, ...given: unknown[]) => unknown;
type Words = Partial<Record<string, string>>;

/**
 * Return the class of a resource: its table has its name, and a line for each call; `others` are further methods.
 *
 * A line has the call's name, its verb, and its path, which begins with how many parts it has in common with
 * the line before. Then come words; what one says stands after its colon:
 *
 * | word | says |
 * |---|---|
 * | `keyed`, `open` | it takes an idempotency key; it goes without the client's key |
 * | `query`, `headers` | parts of the input, by their names on the wire; `=` before what they are called here |
 * | `takes` | what else the input has is the JSON body; what that is made of |
 * | `leads` | a field of the body that is an argument of its own, before the input |
 * | `only` | the body has no field but that one |
 * | `sends` | the body is an argument of its own |
 * | `files`, `texts` | parts of the input that make a form |
 * | `gives` | what the answer, or each event, is made of, where that is no plain model |
 * | `text`, `file` | the answer is a text or a file of these media types |
 * | `events` | it is a stream; its last events |
 * | `list` | a list that `listAll…` goes through: what counts it, what bounds a page, where the items are |
 * | `until` | what `wait` waits for: a field, and its values |
 */
export function resource<Calls>(
  table: string,
  others: object & ThisType<Resource> = {},
): new (connection: Connection) => Calls {
  class Made extends Resource {}
  const [title, ...lines] = table.trim().split('\n');
  Object.defineProperty(Made, 'name', { value: `${title}Resource` });
  let before: string[] = [];
  for (const line of lines) {
    const [name = '', method = '', address = '', ...words] = line.split(' ');
    const [same, ...parts] = address.split('/');
    before = [...before.slice(0, Number(same)), ...parts];
    describe(Made.prototype, name, method, `/${before.join('/')}`, words);
  }
  Object.assign(Made.prototype, others);
  return Made as unknown as new (connection: Connection) => Calls;
}

function describe(methods: Resource, name: string, method: string, address: string, words: string[]): void {
  const said: Words = Object.fromEntries(words.map((word) => `${word}:`.split(':')));
  const add = (called: string, value: Method): void => {
    Object.defineProperty(methods, called, { value, writable: true, configurable: true });
  };
  const call = (resource: Resource, ...given: unknown[]): never =>
    (resource as unknown as Record<string, (...given: unknown[]) => never>)[name]!(...given);
  const ids = address.split('{').length - 1;
  const { list, until } = said;

  add(name, function (...given) {
    const path = address.replace(/{(\w+)}/g, (_, id: string) => segment(id, given.shift()));
    const place = address.includes('{token}') ? address : path; // which shows no token
    return send(Resource.connectionOf(this), { method, path, place }, said, given);
  });
  if (list !== undefined) {
    const [by, size = '', items = ''] = list.split(',');
    add(name.replace(/^(list)?(.?)/, (_, __, first: string) => `listAll${first.toUpperCase()}`), function (...given) {
      const input = { ...(given[ids] as Given) };
      const ask = (place: object): never => call(this, ...given.slice(0, ids), { ...input, ...place }, given[ids + 1]);
      const counting = { by, start: input[by as string], size: input[camel(size)] } as Counting;
      return goThrough(ask, (page: Listed) => page[items] as unknown[], counting);
    });
  }
  if (until !== undefined) {
    const [field = '', ...values] = until.split(',');
    add('wait', function (...given) {
      const isDone = (found: Given): boolean => values.includes(found[field] as string);
      return waitFor((options) => call(this, ...given.slice(0, ids), options), isDone, { ...(given[ids] as WaitOptions) });
    });
  }
}

/** Send a call; what is left of its arguments are perhaps a leading field or the body, the input, and its options. */
function send(connection: Connection, { method, path, place }: Call, said: Words, given: unknown[]): unknown {
  const { query, headers, files, texts, leads, sends, takes, gives = '+', text, file, events } = said;
  const led = leads && { [leads]: given.shift() ?? {} };
  const sent = sends === undefined ? undefined : given.shift();
  const parts = [query, headers, files, texts];
  const isParted = parts.some(Boolean);
  const hasBody = takes !== undefined;
  const input = ((isParted || (hasBody && !('only' in said)) ? given.shift() : {}) ?? {}) as Given;
  const rest = led || isParted ? { ...led, ...input } : input;
  const [inQuery, inHeaders, inFiles, inTexts] = parts.map((names) => names && take(rest, names));
  // Fields that the caller names things with may hold any text.
  for (const [name, value] of Object.entries({ ...inQuery, ...rest })) {
    if (/(?<!node|scope|session)(_i|I)d$/.test(name) && value != null) segment(name, value);
  }
  const call = {
    method,
    path,
    place,
    query: inQuery,
    headers: inHeaders,
    form: (inFiles || inTexts) && { files: inFiles, texts: inTexts },
    body: hasBody ? rest : sent,
    takes,
    gives,
    accept: text || file,
    keyed: 'keyed' in said,
    open: 'open' in said,
    ends: events?.split(','),
  } as Call;
  const options = given[0] as CallOptions | undefined;
  if (events !== undefined) return connection.stream(call, options);
  return text ? connection.text(call, options) : file ? connection.download(call, options) : connection.json(call, options);
}

/** Take out of an input what some names of the wire have as their values. */
function take(input: Given, names: string): Given {
  return Object.fromEntries(
    names.split(',').map((word) => {
      const [wire = '', name = camel(wire)] = word.split('=');
      const value = input[name];
      delete input[name];
      return [wire, value];
    }),
  );
}
