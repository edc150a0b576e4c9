/** JSON Schemas that people make of fields: what a row of the builder shows, and what it writes. */

import type { Schema } from "./schema";

/** What a field can be. `other` is what only the JSON can say. */
export const KINDS = ["string", "number", "integer", "boolean", "enum", "array", "object"] as const;
export type Kind = (typeof KINDS)[number] | "other";

/** Return an object without fields. */
export function emptyObject(): Schema {
  return { type: "object", properties: {}, required: [], additionalProperties: false };
}

export function kindOf(schema: Schema): Kind {
  if (Array.isArray(schema.enum)) return schema.enum.every((each) => typeof each === "string") ? "enum" : "other";
  if (schema.type === "array" && !schema.items) return "other";
  return KINDS.find((each) => each === schema.type) ?? "other";
}

/** Return the schema of a field that becomes another kind; its description stays. */
export function asKind(kind: Kind, before: Schema): Schema {
  const kept: Schema = before.description ? { description: before.description } : {};
  if (kind === "object") return { ...kept, ...emptyObject() };
  if (kind === "array") return { ...kept, type: "array", items: { type: "string" } };
  if (kind === "enum") return { ...kept, type: "string", enum: ["a", "b"] };
  return kind === "other" ? before : { ...kept, type: kind };
}

/** Return whether the builder can show a schema: an object with named fields. */
export function isBuildable(schema: unknown): schema is Schema {
  if (!schema || typeof schema !== "object" || Array.isArray(schema)) return false;
  const { type, properties } = schema as Schema;
  return type === "object" && (properties === undefined || (typeof properties === "object" && !Array.isArray(properties)));
}

/** Return an object with a field put in place of another: undefined for a field that goes. */
export function withField(object: Schema, at: number, field: { name: string; schema: Schema; required: boolean } | undefined): Schema {
  const entries = Object.entries(object.properties ?? {});
  const before = entries[at]?.[0];
  const needed = new Set(object.required ?? []);
  if (before !== undefined) needed.delete(before);
  if (field?.required) needed.add(field.name);
  entries.splice(at, 1, ...(field ? [[field.name, field.schema] as [string, Schema]] : []));
  const names = entries.map(([name]) => name);
  return { ...object, properties: Object.fromEntries(entries), required: names.filter((name) => needed.has(name)) };
}
