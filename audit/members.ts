import { fromBase64, isIndex } from "./bytes.ts";
import type { Json, JsonObject } from "./canonical.ts";
import { Refusal } from "./refusal.ts";

// Untrusted JSON read member by member: what is not expected by name is refused, never skipped.

export function asObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refusal("field_invalid");
  return value;
}

/** The object with all required members and none but the optional ones beside them. */
export function asMembers(
  value: Json | undefined,
  required: readonly string[],
  optional: readonly string[] = [],
): JsonObject {
  const object = asObject(value);
  for (const name of required) if (!Object.hasOwn(object, name)) throw new Refusal("field_missing");
  for (const name of Object.keys(object)) {
    if (!required.includes(name) && !optional.includes(name)) throw new Refusal("field_unknown");
  }
  return object;
}

export const has = (object: JsonObject, name: string): boolean => Object.hasOwn(object, name);

export function asIndex(value: Json | undefined): number {
  if (!isIndex(value)) throw new Refusal("field_invalid");
  return value;
}

export function asText(value: Json | undefined): string {
  if (typeof value !== "string") throw new Refusal("field_invalid");
  return value;
}

export function asArray(value: Json | undefined): Json[] {
  if (!Array.isArray(value)) throw new Refusal("field_invalid");
  return value;
}

export const asBytes = (value: Json | undefined, length?: number): Uint8Array =>
  fromBase64(asText(value), length);

export const asHashes = (value: Json | undefined): Uint8Array[] =>
  asArray(value).map((hash) => asBytes(hash, 32));
