/**
 * The names of the wire are snake_case, those of this package camelCase, by one rule for all fields of all models.
 * `shapes.ts` has what the rule does not say. What no schema describes, free JSON, passes as it is in both directions.
 */

/**
 * What a value, or each of a list, is made of: '' where it passes as it is, `+` for a model, `+a,b` for one whose fields `a`
 * and `b` hold models, the name of a model of which more is to be said, `A|B` for one of several such, and `{}` before
 * what each value of a map is made of.
 */
export type Shape = string;

/** What is to be said of one model. Fields are by the names of the wire. */
export interface ModelShape {
  /** Fields that hold what the fields of that name do not hold elsewhere. */
  of: Readonly<Record<string, Shape>>;
  /** Fields that have one of few values, which tell it from others. */
  is?: Readonly<Record<string, readonly unknown[]>>;
}

export interface Models {
  /** Fields that hold models, in whatever model they are. */
  nested: ReadonlySet<string>;
  /** Fields whose name here is not what the rule makes of it. */
  as: Readonly<Record<string, string>>;
  /** Models of which more is to be said. */
  models: Readonly<Record<string, ModelShape>>;
}

type Plain = Readonly<Record<string, unknown>>;

const SECRET = /^(?!embed_token$)(.*_)?(key|password|ticket|token|secret(_value)?)$/;

/** Return a value with the names of the wire. */
export function toWire(value: unknown, shape: Shape, models: Models): unknown {
  return rename(value, shape, models, true);
}

/** Return a value of the wire with the names of this package. */
export function fromWire(value: unknown, shape: Shape, models: Models): unknown {
  return rename(value, shape, models, false);
}

/** Return the camelCase of a name of the wire. */
export function camel(wire: string): string {
  return wire.replace(/(?<=[a-z\d])_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

function snake(name: string, { as }: Models): string {
  const odd = Object.keys(as).find((wire) => as[wire] === name);
  return odd ?? name.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Return a field of a record, and none that it inherits. */
function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function rename(value: unknown, shape: Shape, models: Models, sends: boolean): unknown {
  if (shape === '' || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => rename(each, shape, models, sends));
  if (!isPlain(value)) return value;
  const isMap = shape.startsWith('{}');
  const { of } = choose(value, shape, models);
  const secrets: string[] = [];
  // `fromEntries` defines: a field named `__proto__` stays a field.
  const renamed = Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (isMap) return [key, rename(each, shape.slice(2), models, sends)];
      const wire = sends ? snake(key, models) : key;
      const name = sends ? wire : (own(models.as, key) ?? camel(key));
      if (!sends && typeof each === 'string' && SECRET.test(key)) secrets.push(name);
      return [name, rename(each, own(of, wire) ?? (models.nested.has(wire) ? '+' : ''), models, sends)];
    }),
  );
  return secrets.length > 0 ? hide(renamed, secrets) : renamed;
}

/** Return what is to be said of the model of a value. */
function choose(value: Plain, shape: Shape, { models }: Models): ModelShape {
  if (shape.startsWith('+')) return { of: Object.fromEntries(shape.slice(1).split(',').map((name) => [name, '+'])) };
  const fits = ({ is = {} }: ModelShape): boolean =>
    Object.entries(is).every(([wire, values]) => values.includes(value[wire] ?? value[camel(wire)]));
  const found = shape.split('|').map((name) => own(models, name));
  return found.find((model) => model !== undefined && fits(model)) ?? { of: {} };
}

/** Have a console of Node show a value without its secrets; programs and JSON find them as ever. */
function hide(value: Record<string, unknown>, secrets: readonly string[]): object {
  const inspect = (): object => ({ ...value, ...Object.fromEntries(secrets.map((name) => [name, '…'])) });
  return Object.defineProperty(value, Symbol.for('nodejs.util.inspect.custom'), { value: inspect });
}

/** True for what JSON writes as an object; a `Date`, a `Map` or a class's instance is left alone. */
function isPlain(value: object): value is Plain {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
