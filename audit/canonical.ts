import { Refusal } from "./refusal.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [name: string]: Json };

/** Levels of nesting that any document here may have; ours need six. */
export const MAX_DEPTH = 32;

/**
 * RFC 8785 (JCS) text of a JSON value. Throws TypeError for what JSON cannot say exactly: lone surrogates,
 * NaN and infinities, undefined, functions, bigint, holes, class instances, nesting beyond `MAX_DEPTH`.
 */
export function canonicalize(value: unknown, depth = 0): string {
  if (value === null || value === true || value === false) return String(value);
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new TypeError("lone surrogate");
    return JSON.stringify(value);
  }
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError("not a finite number");
    // What JSON.stringify writes, too (ECMA-262, SerializeJSONProperty), and "0" for -0.
    return String(value);
  }
  if (typeof value !== "object" || depth >= MAX_DEPTH) throw new TypeError("not a JSON value, or too deep");
  if (Array.isArray(value)) {
    let items = "";
    for (const item of value) items += (items && ",") + canonicalize(item, depth + 1);
    return `[${items}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError("not a plain object");
  // The default sort compares UTF-16 code units, which is the order RFC 8785 §3.2.3 asks for.
  let members = "";
  for (const name of sortedNames(value)) {
    const member = (value as { [name: string]: unknown })[name];
    members += `${(members && ",") + quotedName(name)}:${canonicalize(member, depth + 1)}`;
  }
  return `{${members}}`;
}

/** An object's own names, sorted; most of ours are already, or nearly. */
function sortedNames(value: object): string[] {
  const names = Object.keys(value);
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort();
  return names;
}

/** Names come again with every record; those kept are short and few, whatever the documents. */
const quotedNames = new Map<string, string>();
const LONGEST_KEPT = 64;
const MOST_KEPT = 1_000;

function quotedName(name: string): string {
  const known = quotedNames.get(name);
  if (known !== undefined) return known;
  const quoted = canonicalize(name);
  if (name.length <= LONGEST_KEPT && quotedNames.size < MOST_KEPT) quotedNames.set(name, quoted);
  return quoted;
}

/**
 * Parses JSON that must already be in canonical form: what re-canonicalising does not give back unchanged is
 * refused, and with it duplicate names, spaces, stray escapes, "-0", "1e0" and lone surrogates. Hostile nesting is
 * counted before parsing. A member called `__proto__` stays an ordinary own member.
 * Throws Refusal `json_invalid`, `json_too_deep` or `line_not_canonical`.
 */
export function parseCanonical(text: string): Json {
  const value = parseJson(text);
  if (canonicalText(value) !== text) throw new Refusal("line_not_canonical");
  return value;
}

/** `canonicalize` of something parsed: what it cannot say is the document's fault, hence a Refusal. */
export function canonicalText(value: Json): string {
  try {
    return canonicalize(value);
  } catch {
    throw new Refusal("line_not_canonical");
  }
}

/** JSON.parse with bounded nesting; canonical form is the caller's to check. */
export function parseJson(text: string): Json {
  if (nestsDeeperThan(MAX_DEPTH, text)) throw new Refusal("json_too_deep");
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new Refusal("json_invalid");
  }
}

/** Counts brackets outside strings: hostile nesting is noticed before a parser recurses into it. */
export function nestsDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (quoted) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true;
    } else if (code === 0x5d || code === 0x7d) depth--;
  }
  return false;
}
