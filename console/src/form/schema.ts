/** JSON Schema as a form reads it. */

export interface Schema {
  type?: string;
  title?: string;
  /** What the field is called, where its name does not say it. */
  label?: string;
  description?: string;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  maxLength?: number;
  discriminator?: { propertyName: string; mapping: Record<string, string> };
  $ref?: string;
  $defs?: Record<string, Schema>;
}

export type Definitions = Record<string, Schema>;

/** Return a schema with what it refers to; what stands beside the reference counts more. */
export function resolved(schema: Schema, definitions: Definitions): Schema {
  if (!schema.$ref) return schema;
  const { $ref, ...own } = schema;
  const found = definitions[$ref.split("/").at(-1) ?? ""] ?? {};
  return { ...found, ...own };
}

/** What a field of a form is. */
export type Widget = "choice" | "yesno" | "number" | "text" | "texts" | "list" | "object" | "map" | "variants" | "json";

export interface Field {
  widget: Widget;
  schema: Schema;
  /** Whether null is a value. */
  nullable: boolean;
  /** The kinds to choose from, for `variants`. */
  variants: Schema[];
}

const SIMPLE = new Set(["string", "number", "integer", "boolean"]);

/** Return how a schema is shown. */
export function fieldOf(given: Schema, definitions: Definitions): Field {
  let schema = resolved(given, definitions);
  let nullable = false;
  if (schema.anyOf) {
    const kinds = schema.anyOf.map((each) => resolved(each, definitions));
    nullable = kinds.some((each) => each.type === "null");
    const others = kinds.filter((each) => each.type !== "null");
    const { anyOf: _, ...beside } = schema;
    if (others.length === 1) schema = { ...others[0], ...beside };
    else if (schema.discriminator && others.every((each) => each.properties)) return { widget: "variants", schema: beside, nullable, variants: others };
    else if (others.length === 2 && others.some((each) => each.type === "string") && others.some((each) => each.type === "integer" || each.type === "number")) {
      return { widget: "json", schema: beside, nullable, variants: [] };
    } else return { widget: "json", schema: beside, nullable, variants: others };
  }
  return { widget: widgetOf(schema, definitions), schema, nullable, variants: [] };
}

function widgetOf(schema: Schema, definitions: Definitions): Widget {
  if (schema.enum) return "choice";
  switch (schema.type) {
    case "boolean":
      return "yesno";
    case "number":
    case "integer":
      return "number";
    case "string":
      return "text";
    case "array": {
      const items = schema.items ? resolved(schema.items, definitions) : {};
      if (items.type === "string" || items.enum) return "texts";
      return items.properties ? "list" : "json";
    }
    case "object": {
      if (schema.properties) return "object";
      const values = schema.additionalProperties;
      return typeof values === "object" && SIMPLE.has(resolved(values, definitions).type ?? "") && resolved(values, definitions).type === "string" ? "map" : "json";
    }
    default:
      return "json";
  }
}

/** What a text is written in: its description says it. */
export function languageOf(schema: Schema): "template" | "expression" | "plain" {
  const words = schema.description ?? "";
  if (/\btemplates?\b|\{\{/i.test(words)) return "template";
  return /\bexpressions?\b/i.test(words) ? "expression" : "plain";
}

/** Return whether a field holds a JSON Schema: its description says it. */
export function isJsonSchema(schema: Schema): boolean {
  return schema.type === "object" && /\bJSON Schema\b/.test(schema.description ?? "");
}

/** Return a value to begin with. */
export function blank(given: Schema, definitions: Definitions): unknown {
  const schema = resolved(given, definitions);
  if (schema.default !== undefined) return structuredClone(schema.default);
  if (schema.enum) return schema.enum[0];
  switch (schema.type) {
    case "string":
      return "";
    case "boolean":
      return false;
    case "array":
      return [];
    case "object":
      return Object.fromEntries((schema.required ?? []).map((name) => [name, blank(schema.properties?.[name] ?? {}, definitions)]));
    default:
      return null;
  }
}

/** Return a field's name as people read it. */
export function titled(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
