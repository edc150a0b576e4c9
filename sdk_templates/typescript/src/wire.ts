/**
 * The names of the wire are snake_case, those of this package camelCase, by one rule for all fields of all models.
 * `shapes.ts` has what the rule does not say. What no schema describes, free JSON, passes as it is in both directions.
 */

/**
 * What a value is made of: null where it passes as it is, true for a model of plain values, else the name of a model,
 * a list, a map, or one of several models.
 */
export type Shape = null | true | string | { list: Shape } | { map: Shape } | { any: readonly string[] };

/** A model, by the names of the wire; those in one text have blanks between them. */
export interface ModelShape {
  /** Fields whose name here is not what the rule makes of it. */
  as?: Readonly<Record<string, string>>;
  /** Fields that hold models. */
  of?: Readonly<Record<string, Shape>>;
  /** Fields that it has, by which it is told from others. */
  needs?: string;
  /** Fields that have one of few values, which tell it from others. */
  is?: Readonly<Record<string, readonly unknown[]>>;
  /** Fields that hold a secret, which no console shows. */
  hides?: string;
}

export type Models = Readonly<Record<string, ModelShape>>;

type Plain = Readonly<Record<string, unknown>>;

/** Return a value with the names of the wire. */
export function toWire(value: unknown, shape: Shape, models: Models): unknown {
  return rename(value, shape, models, TO_WIRE);
}

/** Return a value of the wire with the names of this package. */
export function fromWire(value: unknown, shape: Shape, models: Models): unknown {
  return rename(value, shape, models, FROM_WIRE);
}

/** Return the camelCase of a name of the wire. */
export function camel(wire: string): string {
  return wire.replace(/(?<=[a-z\d])_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}

/** Return what some names of the wire have as their values here. */
export function pick(input: object, names: string): Record<string, unknown> {
  return Object.fromEntries(names.split(' ').map((wire) => [wire, (input as Plain)[camel(wire)]]));
}

/** One of the two ways: what a name becomes, and what the field of a name is called on the wire. */
interface Direction {
  rename(name: string, model: ModelShape): string;
  wire(name: string, model: ModelShape): string;
}

const FROM_WIRE: Direction = {
  rename: (name, model) => own(model.as, name) ?? camel(name),
  wire: (name) => name,
};

const TO_WIRE: Direction = {
  rename: snake,
  wire: snake,
};

function snake(name: string, { as = {} }: ModelShape): string {
  const odd = Object.keys(as).find((wire) => as[wire] === name);
  return odd ?? name.replace(/(?<=[a-z\d])[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Return a field of a record, and none that it inherits. */
function own<Value>(record: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return record !== undefined && Object.hasOwn(record, name) ? record[name] : undefined;
}

function words(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(' ');
}

function rename(value: unknown, shape: Shape, models: Models, direction: Direction): unknown {
  if (shape === null || typeof value !== 'object' || value === null) return value;
  if (typeof shape === 'object' && 'list' in shape) {
    return Array.isArray(value) ? value.map((each) => rename(each, shape.list, models, direction)) : value;
  }
  if (!isPlain(value)) return value;
  if (typeof shape === 'object' && 'map' in shape) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, rename(each, shape.map, models, direction)]),
    );
  }
  const name = typeof shape === 'object' ? choose(value, shape.any, models, direction) : shape;
  if (name === undefined) return value;
  const model = name === true ? {} : (models[name] ?? {});
  // `fromEntries` defines: a field named `__proto__` stays a field.
  const renamed = Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const inner = own(model.of, direction.wire(key, model)) ?? null;
      return [direction.rename(key, model), rename(each, inner, models, direction)];
    }),
  );
  return model.hides === undefined ? renamed : hide(renamed, words(model.hides).map(camel));
}

/** Return the model that the value is most like; undefined for one that a newer server has added. */
function choose(
  value: Plain,
  names: readonly string[],
  models: Models,
  direction: Direction,
): string | undefined {
  let best: { name: string; missing: number } | undefined;
  for (const name of names) {
    const model = models[name] ?? {};
    const found = new Map(Object.entries(value).map(([key, each]) => [direction.wire(key, model), each]));
    const isAnother = Object.entries(model.is ?? {}).some(
      ([wire, values]) => found.has(wire) && !values.includes(found.get(wire)),
    );
    if (isAnother) continue;
    const missing = words(model.needs).filter((wire) => !found.has(wire)).length;
    if (best === undefined || missing < best.missing) best = { name, missing };
  }
  return best?.name;
}

/** Have a console of Node show a value without its secrets; programs and JSON find them as ever. */
function hide(value: Record<string, unknown>, secrets: readonly string[]): object {
  const inspect = (): object => ({ ...value, ...Object.fromEntries(secrets.map((name) => [name, '…'])) });
  return Object.defineProperty(value, Symbol.for('nodejs.util.inspect.custom'), { value: inspect });
}

/** True for what JSON writes as an object; a `Date`, a `Map` or a class's instance is left alone. */
function isPlain(value: object): value is Plain {
  if (Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
