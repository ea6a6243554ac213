import { describe, expect, it } from "vitest";
import { utf8 } from "../../audit/bytes.ts";
import { canonicalize } from "../../audit/canonical.ts";
import { signCheckpoint } from "../../audit/checkpoint.ts";
import { commit } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import {
  formatExportEnd,
  formatExportEntry,
  formatExportHeader,
  parseExportHeader,
  parseExportLine,
} from "../../audit/export.ts";
import { rootOf } from "../../audit/frontier.ts";
import { encodeLeaf, NO_TAG, NO_VAULT } from "../../audit/leaf.ts";
import { MAX_LINE_BYTES } from "../../audit/lines.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { HonestLog } from "./honest-log.ts";
import { verified } from "./verified.ts";

const log = new HonestLog("export");
const salt = new Uint8Array(32).fill(1);

/** An export of one decision whose committed record is `record`, honest but for what the record says. */
function exportOf(record: object): string {
  const digest = new Uint8Array(32).fill(0xcd);
  const recordText = canonicalize(record);
  const leaf = encodeLeaf({
    kind: "decision",
    hour: 1000,
    tag: NO_TAG,
    record: commit(nodeCrypto, salt, utf8(recordText)),
    vault: NO_VAULT,
    digests: { model: digest, background: digest, explainer: digest, policy: digest },
  });
  const root = rootOf(nodeCrypto, [hashLeaf(nodeCrypto, leaf)]);
  const note = signCheckpoint({ origin: log.signer.key.name, size: 1, root }, log.signer);
  return (
    formatExportHeader(note) + formatExportEntry({ index: 0, leaf, recordText, salt }) + formatExportEnd(1)
  );
}

describe("a record", () => {
  const hex = "cd".repeat(32);
  const digests = { model: hex, background: hex, explainer: hex, policy: hex };
  const honest = { kind: "decision", hour: 1000, digests };

  it("that says what its leaf says is verified", async () => {
    expect(await verified(exportOf(honest), log.vkey)).toMatchObject({ ok: true, states: { VERIFIED: 1 } });
  });

  it.each([
    ["another kind", { ...honest, kind: "explanation" }],
    ["another hour", { ...honest, hour: 1001 }],
    ["no digests", { kind: "decision", hour: 1000 }],
    ["one digest too few", { ...honest, digests: { model: hex, background: hex, explainer: hex } }],
    ["one digest too many", { ...honest, digests: { ...digests, other: hex } }],
    ["another digest", { ...honest, digests: { ...digests, policy: hex.replace("c", "d") } }],
    ["digests in capitals", { ...honest, digests: { ...digests, policy: hex.toUpperCase() } }],
    ["digests that are text", { ...honest, digests: hex }],
  ])("with %s is refused though it opens its commitment", async (_what, record) => {
    expect(await verified(exportOf(record), log.vkey)).toMatchObject({
      ok: false,
      state: "ALTERED",
      code: "record_leaf_mismatch",
      entry: 0,
      line: 2,
    });
  });
});

describe("an export's lines", () => {
  it("are read back as they were written", () => {
    const leaf = new Uint8Array(86);
    const entry = { index: 3, leaf, recordText: '{"a":"\u2028"}', salt };
    const line = formatExportEntry(entry);
    expect(parseExportLine(line.slice(0, -1))).toEqual({ ...entry, record: { a: "\u2028" } });
    const gone = {
      index: 3,
      leaf,
      erased: { by: 4, salt: salt.subarray(0, 16) },
      items: [{ index: 1, salt: salt.subarray(0, 16) }],
    };
    expect(parseExportLine(formatExportEntry(gone).slice(0, -1))).toEqual(gone);
    expect(parseExportLine(formatExportEntry({ index: 3, leaf, erased: { since: 7 } }).slice(0, -1))).toEqual(
      { index: 3, leaf, erased: { since: 7 } },
    );
    expect(parseExportLine('{"end":3}')).toEqual({ end: 3 });
    expect(parseExportHeader(formatExportHeader("note\n").slice(0, -1))).toBe("note\n");
  });

  it("are canonical JSON", () => {
    log.decision();
    for (const line of log.export().trimEnd().split("\n")) expect(canonicalize(JSON.parse(line))).toBe(line);
  });

  it.each(["[]", "null", "1", '"x"'])("are objects, not %s", (line) => {
    expect(() => parseExportLine(line)).toThrow("field_invalid");
  });

  it.each(["-1", "1.5", '"0"', "null", "9007199254740992", "1e300"])("have no index %s", (index) => {
    expect(() => parseExportLine(`{"index":${index},"leaf":"","record":{},"salt":""}`)).toThrow(
      "field_invalid",
    );
  });
});

describe("hostile input", () => {
  const header = formatExportHeader(log.checkpoint());

  it.each([
    ["a line without end", `${header}${"x".repeat(MAX_LINE_BYTES + 1)}`, "line_too_long"],
    ["a first line without end", header.slice(0, 20) + "x".repeat(MAX_LINE_BYTES + 1), "line_too_long"],
    ["a byte-order mark", `\ufeff${header}`, "format_unknown"],
    ["another version", header.replace("export/v1", "export/v2"), "format_unknown"],
    ["carriage returns", header.replace("\n", "\r\n"), "line_not_canonical"],
    ["an empty line", `${header}\n`, "json_invalid"],
    ["nothing", "", "format_unknown"],
    ["half an opening", '{"check', "format_unknown"],
    ["a first line that is only an opening", '{"checkpoint":"\n', "json_invalid"],
    ["an array in the header", '{"checkpoint":"","entry":[]}\n', "format_unknown"],
  ])("is answered: %s", async (_what, text, code) => {
    expect(await verified(text, log.vkey, { chunkBytes: 65_536 })).toMatchObject({ ok: false, code });
  });

  it("that is not UTF-8 is answered", async () => {
    const bytes = Buffer.concat([Buffer.from(header), Buffer.from([0x22, 0xff, 0x22, 0x0a])]);
    expect(await verified(bytes, log.vkey)).toMatchObject({ ok: false, code: "utf8_invalid" });
  });
});
