import { describe, expect, it } from "vitest";
import { decodeBase64Into, fromBase64, toBase64 } from "../../audit/bytes.ts";
import { canonicalize, type JsonObject, parseCanonical } from "../../audit/canonical.ts";
import { CanonicalScan } from "../../audit/canonical-scan.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseExportLine } from "../../audit/export.ts";
import { KeptLineReader } from "../../audit/kept-line.ts";
import { parseLeaf } from "../../audit/leaf.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { checkRecord } from "../../audit/record.ts";
import { HonestLog, Seeded } from "./honest-log.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const TEXTS = [
  "",
  "é",
  "\u2028",
  "a\nb",
  '"\\',
  "\u0000\u001f\u007f",
  "😀",
  "\ud7ff",
  "\b\f\t\r",
  "\u000b",
  "/",
];
const NUMBERS = [
  0,
  1,
  -1,
  0.1,
  -0.25,
  1e-7,
  1.5e-6,
  1e21,
  123456789012345,
  9007199254740991,
  0.1 + 0.2,
  1e300,
];

function randomValue(random: Seeded, depth: number): JsonObject[string] {
  const what = random.below(depth > 3 ? 5 : 7);
  if (what === 0) return [null, true, false][random.below(3)]!;
  if (what < 3) return NUMBERS[random.below(NUMBERS.length)]!;
  if (what < 5) return TEXTS[random.below(TEXTS.length)]!;
  const count = random.below(4);
  if (what === 5) return Array.from({ length: count }, () => randomValue(random, depth + 1));
  const names = ["a", "b", "A", "é", "hour", "kind", "a b", "__proto__", 'q"', ""];
  return Object.fromEntries(
    Array.from({ length: count }, () => [names[random.below(names.length)]!, randomValue(random, depth + 1)]),
  );
}

/** What the slow way says of a line: the entry, or null for a refusal. */
function slowly(line: string, index: number): { hour: number; leafHash: Uint8Array } | null {
  try {
    const parsed = parseExportLine(line);
    if ("end" in parsed || !("recordText" in parsed) || parsed.coarsened) return null;
    if (parsed.items || parsed.index !== index) return null;
    const leaf = parseLeaf(parsed.leaf);
    checkRecord(nodeCrypto, leaf, parsed.record!, parsed.recordText, parsed.salt);
    return { hour: leaf.hour, leafHash: hashLeaf(nodeCrypto, parsed.leaf) };
  } catch {
    return null;
  }
}

/** Lines of honest logs whose records hold everything that JSON can. */
function* honestLines(seed: string): Generator<[line: string, index: number]> {
  const log = new HonestLog(seed);
  for (let i = 0; i < 12; i++) {
    const members = randomValue(log.random, 0);
    const plain = typeof members === "object" && members !== null && !Array.isArray(members) ? members : {};
    const { kind: _, hour: __, ...free } = plain;
    log.append((["decision", "publish", "access", "key"] as const)[log.random.below(4)]!, {
      v: free,
      x: "–",
    });
  }
  const lines = log.export().split("\n");
  for (let index = 0; index < 12; index++) yield [lines[index + 1]!, index];
}

describe("the quick reading of a line", () => {
  const reader = new KeptLineReader(nodeCrypto);

  it("reads what the slow one reads, and takes decisions as German Credit writes them", () => {
    const log = new HonestLog("quick");
    log.append("decision", { inputs: { age: "30–39" }, values: [0.1, -0.25, 12], outcome: "granted" });
    const line = log.export().split("\n")[1]!;
    expect(reader.read(bytesOf(line), 0)).toEqual(slowly(line, 0));
    expect(reader.read(bytesOf(line), 0)).not.toBeNull();
  });

  it("accepts nothing that the slow one refuses: 40,000 lines, honest and mutated", () => {
    let quick = 0;
    let refused = 0;
    for (let round = 0; round < 60; round++) {
      const random = new Seeded(`mutations ${round}`);
      for (const [line, index] of honestLines(`lines ${round}`)) {
        expect(slowly(line, index)).not.toBeNull();
        const honest = bytesOf(line);
        if (reader.read(honest, index)) quick += 1;
        for (let i = 0; i < 55; i++) {
          const at = random.below(honest.length);
          const mutated = [
            () => honest.with(at, honest[at]! ^ (1 << random.below(8))),
            () => new Uint8Array([...honest.subarray(0, at), ...honest.subarray(at + 1)]),
            () => new Uint8Array([...honest.subarray(0, at), random.below(256), ...honest.subarray(at)]),
            () => honest.with(at, '{}[]",:0-.eE\\u +'.charCodeAt(random.below(16))),
          ][random.below(4)]!();
          const read = reader.read(mutated, index);
          if (!read) {
            refused += 1;
            continue;
          }
          expect(slowly(new TextDecoder("utf-8", { fatal: true }).decode(mutated), index)).toEqual(read);
        }
      }
    }
    expect(quick).toBeGreaterThan(200);
    expect(refused).toBeGreaterThan(35_000);
  });

  it("calls canonical only what is: a million bytes of near-JSON against parse and write again", () => {
    const scan = new CanonicalScan();
    const random = new Seeded("near-JSON");
    let canonical = 0;
    for (let i = 0; i < 20_000; i++) {
      const text = canonicalize({ a: randomValue(random, 0), b: randomValue(random, 0) });
      const bytes = bytesOf(text);
      const at = random.below(bytes.length);
      const changed =
        i % 3 === 0 ? bytes : bytes.with(at, '{}[]",:0123-.eE\\un'.charCodeAt(random.below(18)));
      if (scan.object(changed, 0) !== changed.length) continue;
      canonical += 1;
      expect(() => parseCanonical(new TextDecoder("utf-8", { fatal: true }).decode(changed))).not.toThrow();
    }
    expect(canonical).toBeGreaterThan(2000);
  });

  it("decodes base64 as strictly as the slow one", () => {
    const random = new Seeded("base64");
    for (let i = 0; i < 5000; i++) {
      const text = toBase64(random.bytes(1 + random.below(31)));
      const at = random.below(text.length);
      const tried =
        i % 2 ? text : text.slice(0, at) + "A=+/-_ é\u00ff"[random.below(9)]! + text.slice(at + 1);
      const out = new Uint8Array(40);
      const length = decodeBase64Into(Buffer.from(tried, "latin1"), 0, tried.length, out, 3);
      let expected: Uint8Array | null = null;
      try {
        expected = fromBase64(tried);
      } catch {}
      expect(length).toBe(expected ? expected.length : -1);
      if (expected) expect(out.subarray(3, 3 + length)).toEqual(expected);
    }
  });
});
