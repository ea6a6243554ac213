import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import type { JsonObject } from "../../audit/canonical.ts";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseExportLine } from "../../audit/export.ts";
import { LEAF_KINDS, parseLeaf } from "../../audit/leaf.ts";
import { parseVkey } from "../../audit/note.ts";
import { parsePolicy } from "../../audit/policy.ts";
import { verifyTlogProof } from "../../audit/proof.ts";
import { REASONS } from "../../audit/report.ts";
import { EXAMPLE_RECORDS } from "./example-records.ts";
import { verified } from "./verified.ts";

const page = readFileSync(new URL("../../audit/FORMAT.md", import.meta.url), "utf8");

/** The fenced block of that name, with its final newline. */
function block(name: string): string {
  const [, content] = new RegExp(`^\`\`\`${name}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
  if (content === undefined) throw new Error(`FORMAT.md has no block ${name}`);
  return content;
}

const vkey = block("vkey").trim();
const key = parseVkey(nodeCrypto, vkey);
const leaf = new Uint8Array(Buffer.from(block("leaf").replaceAll(/ .*$/gm, "").replaceAll("\n", ""), "hex"));

describe("FORMAT.md", () => {
  it("shows a leaf that is read, and proved by the tlog-proof beside it", async () => {
    expect(parseLeaf(leaf)).toMatchObject({ kind: "decision", hour: 496_000 });
    const { index, checkpoint } = await verifyTlogProof(nodeCrypto, block("tlog-proof"), leaf, key);
    expect([index, checkpoint.size]).toEqual([2, 4]);
  });

  it("shows a checkpoint, an export and a bundle that verify under its key", async () => {
    expect(await openCheckpoint(nodeCrypto, block("checkpoint"), key)).toMatchObject({ size: 4 });
    expect(await verified(block("export"), vkey, { keptCheckpoint: block("checkpoint") })).toMatchObject({
      ok: true,
    });
    expect(await verified(block("evidence"), vkey)).toMatchObject({ ok: true, state: "VERIFIED", entry: 2 });
    const shown = parseExportLine(block("export").split("\n")[3]!);
    expect("leaf" in shown && toHex(shown.leaf)).toBe(toHex(leaf));
  });

  it("shows the lines of erased entries as they stand in an export that verifies", () => {
    const vector = readFileSync(
      new URL("vectors/valid/erased-and-pending.ndjson", import.meta.url),
      "utf8",
    ).split("\n");
    for (const line of block("lines").trimEnd().split("\n")) expect(vector).toContain(line);
  });

  it("shows the lines and the bundle of coarsened entries as they verify", async () => {
    const path = new URL("vectors/valid/coarsened.ndjson", import.meta.url);
    const vector = readFileSync(path, "utf8").split("\n");
    for (const line of block("coarsened").trimEnd().split("\n")) expect(vector).toContain(line);
    const bundle = await verified(block("coarsened-evidence"), vkey);
    expect(bundle).toMatchObject({ ok: true, state: "COARSENED", entry: 1 });
  });

  it("shows the other documents as they verify, each beside what it needs", async () => {
    expect(await verified(block("consistency"), vkey, { keptCheckpoint: block("kept") })).toMatchObject({
      ok: true,
      format: "consistency",
    });
    expect(await verified(block("access"), vkey)).toMatchObject({ ok: true, format: "access", entries: 2 });
    expect(await verified(block("erasure"), vkey)).toMatchObject({
      ok: true,
      state: "ERASED",
      stages: { accessEnded: 496_001, noCopyOpens: 496_001 },
    });
    const change = await verified(block("key-change"), vkey);
    expect(change).toMatchObject({ ok: true, format: "key-change" });
    expect(change.keyChanges).toMatchObject([{ previous: vkey, until: "2099-12-31" }]);
    expect(parsePolicy(nodeCrypto, block("policy"))).toMatchObject({ quorum: "most" });
  });

  it("shows a record of every kind, as the vector has it", () => {
    const shown = block("records")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
    const path = new URL("vectors/valid/every-kind.ndjson", import.meta.url);
    const logged = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .slice(1, -1)
      .flatMap((line) => {
        const { record } = JSON.parse(line) as { record?: JsonObject };
        return record ? [record] : [];
      });
    expect(logged.map(({ hour: _, digests: __, ...told }) => told)).toEqual(shown);
    const kinds = [...shown.map(({ kind }) => kind), "decision"];
    expect(kinds.sort()).toEqual(Object.keys(LEAF_KINDS).sort());
    for (const [kind, members] of Object.entries(EXAMPLE_RECORDS)) {
      const row = page.split("\n").find((line) => line.startsWith(`| ${kind} `) && line.includes("`"))!;
      for (const name of Object.keys(members)) expect(row).toContain(`\`${name}\``);
    }
  });

  it("lists every kind with its number and every code with its meaning", () => {
    const rows = page.replaceAll(/ +/g, " ");
    for (const [kind, number] of Object.entries(LEAF_KINDS))
      expect(rows).toContain(`| ${kind} | ${number} |`);
    for (const [code, meaning] of Object.entries(REASONS))
      expect(rows).toContain(`| \`${code}\` | ${meaning} |`);
  });
});
