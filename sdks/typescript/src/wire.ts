/**
 * The names of the wire are snake_case, those of this package camelCase. `shapes.ts` has both for every field of
 * every model; what no schema describes, free JSON, passes as it is, in both directions.
 */

/**
 * What a value is made of: null where it passes as it is, else the name of a model, a list, a map, or one of
 * several models.
 */
export type Shape = null | string | { list: Shape } | { map: Shape } | { any: readonly string[] };

/** A model: its fields that have two names or hold models, by their name on the wire. */
export interface ModelShape {
  fields: Readonly<Record<string, readonly [name: string, shape?: Shape]>>;
  /** Fields that it has, by their name on the wire, by which it is told from others. */
  needs?: readonly string[];
  /** Fields that have one of few values, which tell it from others. */
  is?: Readonly<Record<string, readonly unknown[]>>;
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

interface Direction {
  /** Return a field's entry by the name that it has on the side that is read. */
  fields(model: ModelShape): ReadonlyMap<string, readonly [name: string, shape: Shape]>;
  /** Return what the field is called on the side that is read. */
  name(model: ModelShape, wire: string): string;
}

const FROM_WIRE: Direction = {
  fields: remembered((model) => {
    const entries = Object.entries(model.fields);
    return new Map(entries.map(([wire, [name, shape]]) => [wire, [name, shape ?? null] as const]));
  }),
  name: (_, wire) => wire,
};

const TO_WIRE: Direction = {
  fields: remembered((model) => {
    const entries = Object.entries(model.fields);
    return new Map(entries.map(([wire, [name, shape]]) => [name, [wire, shape ?? null] as const]));
  }),
  name: (model, wire) => model.fields[wire]?.[0] ?? wire,
};

function rename(value: unknown, shape: Shape, models: Models, direction: Direction): unknown {
  if (shape === null || typeof value !== 'object' || value === null) return value;
  if (typeof shape === 'string') {
    return isPlain(value) ? renameModel(value, shape, models, direction) : value;
  }
  if ('list' in shape) {
    return Array.isArray(value) ? value.map((each) => rename(each, shape.list, models, direction)) : value;
  }
  if (!isPlain(value)) return value;
  if ('map' in shape) {
    return Object.fromEntries(
      Object.entries(value).map(([key, each]) => [key, rename(each, shape.map, models, direction)]),
    );
  }
  const name = choose(value, shape.any, models, direction);
  return name === undefined ? value : renameModel(value, name, models, direction);
}

function renameModel(value: Plain, name: string, models: Models, direction: Direction): unknown {
  const model = models[name];
  if (model === undefined) return value;
  const fields = direction.fields(model);
  // `fromEntries` defines: a field named `__proto__` stays a field.
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      const found = fields.get(key);
      return found === undefined ? [key, each] : [found[0], rename(each, found[1], models, direction)];
    }),
  );
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
    const model = models[name];
    if (model === undefined) continue;
    const has = (wire: string): boolean => Object.hasOwn(value, direction.name(model, wire));
    const isAnother = Object.entries(model.is ?? {}).some(
      ([wire, values]) => has(wire) && !values.includes(value[direction.name(model, wire)]),
    );
    if (isAnother) continue;
    const missing = (model.needs ?? []).filter((wire) => !has(wire)).length;
    if (best === undefined || missing < best.missing) best = { name, missing };
  }
  return best?.name;
}

/** True for what JSON writes as an object; a `Date`, a `Map` or a class's instance is left alone. */
function isPlain(value: object): value is Plain {
  if (Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function remembered<Value>(make: (model: ModelShape) => Value): (model: ModelShape) => Value {
  const known = new WeakMap<ModelShape, Value>();
  return (model) => {
    let value = known.get(model);
    if (value === undefined) known.set(model, (value = make(model)));
    return value;
  };
}
