import { isIndex, toBase64 } from "./bytes.ts";
import { canonicalize, canonicalText, type JsonObject, parseCanonical, parseJson } from "./canonical.ts";
import type { CoarseningItem } from "./coarsening.ts";
import { type ErasureItem, MAX_ERASURE_ITEMS } from "./erasure.ts";
import { asArray, asBytes, asIndex, asMembers, asObject, asText, has } from "./members.ts";
import { Refusal } from "./refusal.ts";

// The whole log as NDJSON, every line canonical JSON (RFC 8785). Reader and writer share the formatters below: a line
// is accepted only when formatting what was read gives the same text again.

export const EXPORT_FORMAT = "motivo-export/v1";

/** What stands where a record is gone: the erasure entry that covers it, or the hour since which that is awaited. */
export type Erased = { by: number; salt: Uint8Array } | { since: number };

export type Items = readonly ErasureItem[] | readonly CoarseningItem[];

export type ExportEntry = {
  index: number;
  /** The leaf's bytes, see `leaf.ts`. */
  leaf: Uint8Array;
  /** An erasure or a coarsening entry's items, in the committed order. */
  items?: Items;
} & (
  | {
      /** Canonical text of the record, exactly the bytes that its commitment covers. */
      recordText: string;
      /** The 32 bytes that open the commitment. */
      salt: Uint8Array;
      /** The last coarsening entry that put this record there: it, and not the leaf, commits to it. */
      coarsened?: { by: number };
    }
  | { erased: Erased }
  /** Its record was replaced by one that only an entry still to come commits to: it is told in a later export. */
  | { coarsened: { since: number } }
);

/** First line. `checkpoint` is the signed note. */
export const formatExportHeader = (checkpoint: string): string =>
  `${canonicalize({ checkpoint, format: EXPORT_FORMAT })}\n`;

/** One entry's line. `recordText` is trusted to be canonical; a reader refuses it otherwise. */
export function formatExportEntry(entry: ExportEntry): string {
  const { coarsened } = { coarsened: undefined, ...entry };
  const said = coarsened && ("by" in coarsened ? `"by":${coarsened.by}` : `"since":${coarsened.since}`);
  const replaced = said ? `"coarsened":{${said}},` : "";
  const gone = "erased" in entry ? `"erased":${formatErased(entry.erased)},` : replaced;
  const items = entry.items ? `,"items":[${entry.items.map(formatItem).join(",")}]` : "";
  const kept = !("recordText" in entry)
    ? ""
    : `,"record":${entry.recordText},"salt":"${toBase64(entry.salt)}"`;
  return `{${gone}"index":${entry.index}${items},"leaf":"${toBase64(entry.leaf)}"${kept}}\n`;
}

/** Last line: how many entries stood before it. */
export const formatExportEnd = (size: number): string => `{"end":${size}}\n`;

const formatErased = (erased: Erased): string =>
  "since" in erased ? `{"since":${erased.since}}` : `{"by":${erased.by},"salt":"${toBase64(erased.salt)}"}`;

const formatItem = (item: ErasureItem | CoarseningItem): string =>
  "salt" in item
    ? `{"index":${item.index},"salt":"${toBase64(item.salt)}"}`
    : `{"index":${item.index},"record":"${toBase64(item.record)}"}`;

/** The note in an export's first line. Throws Refusal. */
export function parseExportHeader(line: string): string {
  const header = asMembers(parseCanonical(line), ["checkpoint", "format"]);
  if (header.format !== EXPORT_FORMAT) throw new Refusal("field_invalid");
  return asText(header.checkpoint);
}

export type ParsedEntry = ExportEntry & { record?: JsonObject };

/** An entry line, or the end line's count. Throws Refusal; `record_missing` where nothing says why a record is gone. */
export function parseExportLine(line: string): ParsedEntry | { end: number } {
  const object = asObject(parseJson(line));
  if (has(object, "end")) {
    const end = asIndex(asMembers(object, ["end"]).end);
    return sameText({ end }, formatExportEnd(end), line);
  }
  asMembers(object, ["index", "leaf"], ["record", "salt", "erased", "coarsened", "items"]);
  const index = asIndex(object.index);
  const items = has(object, "items") ? { items: parseItems(object) } : {};
  const place = { index, leaf: asBytes(object.leaf), ...items };
  if (has(object, "erased")) {
    if (has(object, "record") || has(object, "salt") || has(object, "coarsened"))
      throw new Refusal("field_unknown", index);
    const entry = { ...place, erased: parseErased(object) };
    return sameText(entry, formatExportEntry(entry), line);
  }
  const told = has(object, "coarsened") ? asObject(object.coarsened) : null;
  if (told && has(told, "since")) {
    if (has(object, "record") || has(object, "salt")) throw new Refusal("field_unknown", index);
    const entry = { ...place, coarsened: { since: asIndex(asMembers(told, ["since"]).since) } };
    return sameText(entry, formatExportEntry(entry), line);
  }
  if (!has(object, "record")) throw new Refusal("record_missing", index);
  const record = asObject(object.record);
  const coarsened = told && { coarsened: { by: asIndex(asMembers(told, ["by"]).by) } };
  const recordText = canonicalText(record);
  const entry = { ...place, ...coarsened, record, recordText, salt: asBytes(object.salt, 32) };
  return sameText(entry, formatExportEntry(entry), line);
}

function parseErased(line: JsonObject): Erased {
  const erased = asObject(line.erased);
  if (has(erased, "since")) {
    asMembers(erased, ["since"]);
    return { since: asIndex(erased.since) };
  }
  asMembers(erased, ["by", "salt"]);
  return { by: asIndex(erased.by), salt: asBytes(erased.salt, 16) };
}

/** All of one sort: an erasure's have a salt, a coarsening's a commitment. */
function parseItems(line: JsonObject): Items {
  const items = asArray(line.items);
  if (items.length > MAX_ERASURE_ITEMS) throw new Refusal("field_invalid");
  const [first] = items;
  if (first !== undefined && has(asObject(first), "record")) {
    return items.map((value) => {
      const item = asMembers(value, ["index", "record"]);
      return { index: itemIndex(item), record: asBytes(item.record, 32) };
    });
  }
  return items.map((value) => {
    const item = asMembers(value, ["index", "salt"]);
    return { index: itemIndex(item), salt: asBytes(item.salt, 16) };
  });
}

function itemIndex({ index }: JsonObject): number {
  if (!isIndex(index)) throw new Refusal("field_invalid");
  return index;
}

function sameText<Parsed>(parsed: Parsed, formatted: string, line: string): Parsed {
  if (formatted !== `${line}\n`) throw new Refusal("line_not_canonical");
  return parsed;
}
