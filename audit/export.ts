import { isIndex, toBase64 } from "./bytes.ts";
import { canonicalize, canonicalText, type JsonObject, parseCanonical, parseJson } from "./canonical.ts";
import { type ErasureItem, MAX_ERASURE_ITEMS } from "./erasure.ts";
import { asArray, asBytes, asIndex, asMembers, asObject, asText, has } from "./members.ts";
import { Refusal } from "./refusal.ts";

// The whole log as NDJSON, every line canonical JSON (RFC 8785). Reader and writer share the formatters below: a line
// is accepted only when formatting what was read gives the same text again.

export const EXPORT_FORMAT = "motivo-export/v1";

/** What stands where a record is gone: the erasure entry that covers it, or the hour since which that is awaited. */
export type Erased = { by: number; salt: Uint8Array } | { since: number };

export type ExportEntry = {
  index: number;
  /** The leaf's bytes, see `leaf.ts`. */
  leaf: Uint8Array;
  /** An erasure entry's items, in the committed order. */
  items?: readonly ErasureItem[];
} & (
  | {
      /** Canonical text of the record, exactly the bytes that its commitment covers. */
      recordText: string;
      /** The 32 bytes that open the commitment. */
      salt: Uint8Array;
    }
  | { erased: Erased }
);

/** First line. `checkpoint` is the signed note. */
export const formatExportHeader = (checkpoint: string): string =>
  `${canonicalize({ checkpoint, format: EXPORT_FORMAT })}\n`;

/** One entry's line. `recordText` is trusted to be canonical; a reader refuses it otherwise. */
export function formatExportEntry(entry: ExportEntry): string {
  const gone = "erased" in entry ? `"erased":${formatErased(entry.erased)},` : "";
  const items = entry.items ? `,"items":[${entry.items.map(formatItem).join(",")}]` : "";
  const kept = "erased" in entry ? "" : `,"record":${entry.recordText},"salt":"${toBase64(entry.salt)}"`;
  return `{${gone}"index":${entry.index}${items},"leaf":"${toBase64(entry.leaf)}"${kept}}\n`;
}

/** Last line: how many entries stood before it. */
export const formatExportEnd = (size: number): string => `{"end":${size}}\n`;

const formatErased = (erased: Erased): string =>
  "since" in erased ? `{"since":${erased.since}}` : `{"by":${erased.by},"salt":"${toBase64(erased.salt)}"}`;

const formatItem = ({ index, salt }: ErasureItem): string => `{"index":${index},"salt":"${toBase64(salt)}"}`;

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
  asMembers(object, ["index", "leaf"], ["record", "salt", "erased", "items"]);
  const index = asIndex(object.index);
  const items = has(object, "items") ? { items: parseItems(object) } : {};
  const place = { index, leaf: asBytes(object.leaf), ...items };
  if (has(object, "erased")) {
    if (has(object, "record") || has(object, "salt")) throw new Refusal("field_unknown", index);
    const entry = { ...place, erased: parseErased(object) };
    return sameText(entry, formatExportEntry(entry), line);
  }
  if (!has(object, "record")) throw new Refusal("record_missing", index);
  const record = asObject(object.record);
  const entry = { ...place, record, recordText: canonicalText(record), salt: asBytes(object.salt, 32) };
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

function parseItems(line: JsonObject): ErasureItem[] {
  const items = asArray(line.items);
  if (items.length > MAX_ERASURE_ITEMS) throw new Refusal("field_invalid");
  return items.map((value) => {
    const item = asMembers(value, ["index", "salt"]);
    if (!isIndex(item.index)) throw new Refusal("field_invalid");
    return { index: item.index, salt: asBytes(item.salt, 16) };
  });
}

function sameText<Parsed>(parsed: Parsed, formatted: string, line: string): Parsed {
  if (formatted !== `${line}\n`) throw new Refusal("line_not_canonical");
  return parsed;
}
