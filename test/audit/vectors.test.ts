import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Expected, makeVectors } from "./make-vectors.ts";
import { verified } from "./verified.ts";

const folder = new URL("vectors/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
const expected = JSON.parse(read("expected.json")) as { [name: string]: Expected };
const vkey = read("vkey.txt").trimEnd();

describe("the vector files", () => {
  it("are those that the script writes, no more and no fewer", () => {
    const made = makeVectors();
    expect(made.vkey).toBe(vkey);
    expect(made.kept).toBe(read("kept.checkpoint"));
    expect(made.expected).toEqual(expected);
    const present = ["valid", "invalid"].flatMap((part) =>
      readdirSync(new URL(part, folder)).map((name) => `${part}/${name}`),
    );
    expect(present.sort()).toEqual(Object.keys(made.files).sort());
    for (const name of present) expect(read(name)).toBe(made.files[name]);
    expect(readdirSync(new URL("beside", folder)).sort()).toEqual(Object.keys(made.beside).sort());
    for (const [name, content] of Object.entries(made.beside)) {
      expect(readFileSync(new URL(`beside/${name}`, folder)).equals(Buffer.from(content))).toBe(true);
    }
  });

  it.each(Object.keys(expected))("%s gets the answer that is written beside it", async (name) => {
    const { beside = {}, ...answer } = expected[name]!;
    const file = (wanted: string | undefined) => wanted && read(`beside/${wanted}`);
    const [checkpoint, policy, receipt] = [beside.checkpoint, beside.policy, beside.receipt].map(file);
    for (const chunkBytes of [1, 7, 1_000_000]) {
      const verdict = await verified(read(name), file(beside.key) ?? vkey, {
        chunkBytes,
        ...(checkpoint && { keptCheckpoint: checkpoint }),
        ...(policy && { policy }),
        ...(receipt && { receipts: [receipt] }),
        ...(beside.leaves && { leaves: readFileSync(new URL(`beside/${beside.leaves}`, folder)) }),
      });
      expect(verdict).toMatchObject({ ok: name.startsWith("valid/"), ...answer });
    }
  });
});

describe("a checkpoint kept from before", () => {
  const kept = read("kept.checkpoint");

  it("is contained in the later export", async () => {
    expect(
      await verified(read("valid/erased-and-pending.ndjson"), vkey, { keptCheckpoint: kept }),
    ).toMatchObject({ ok: true });
  });

  it("refuses an older export, and cannot be compared with a bundle of another size", async () => {
    const older = await verified(read("valid/empty.ndjson"), vkey, { keptCheckpoint: kept });
    expect(older).toMatchObject({ ok: false, code: "checkpoint_older" });
    const bundle = await verified(read("valid/decision.evidence.json"), vkey, { keptCheckpoint: kept });
    expect(bundle).toMatchObject({ ok: false, state: "UNUSABLE", code: "checkpoint_not_comparable" });
  });

  it("is itself refused when this key did not sign it", async () => {
    const forged = kept.replace("\n4\n", "\n3\n");
    const verdict = await verified(read("valid/no-erasure.ndjson"), vkey, { keptCheckpoint: forged });
    expect(verdict).toMatchObject({ ok: false, state: "UNUSABLE", code: "kept_checkpoint_invalid" });
  });
});
