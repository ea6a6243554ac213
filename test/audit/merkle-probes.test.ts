import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { verifyConsistency, verifyInclusion } from "../../audit/merkle.ts";

type Probe = {
  kind: string;
  file: string;
  wantErr: boolean;
  proof: string[] | null;
  leafIdx: number;
  treeSize: number;
  root: string;
  leafHash: string;
  size1: number;
  size2: number;
  root1: string;
  root2: string;
};

/** Called valid at its source with roots of 11 bytes; a root has 32. */
const EXCEPTION = "testdata/consistency/additional/sizes-are-equal-one-and-proof-is-empty.json";

const bytes = (base64: string | null) => Buffer.from(base64 ?? "", "base64");

function accepts(probe: Probe): boolean {
  const proof = (probe.proof ?? []).map(bytes);
  if (probe.kind === "inclusion") {
    const { leafIdx, treeSize, leafHash, root } = probe;
    return verifyInclusion(nodeCrypto, leafIdx, treeSize, bytes(leafHash), proof, bytes(root));
  }
  const { size1, size2, root1, root2 } = probe;
  return verifyConsistency(nodeCrypto, size1, size2, bytes(root1), bytes(root2), proof);
}

const probes = readFileSync(new URL("../vectors/merkle-probes.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Probe)
  .filter(({ kind }) => kind === "inclusion" || kind === "consistency");

describe("the probes of transparency-dev/merkle", () => {
  it("are 196, of which 184 must fail, and two have an index beyond 2^53", () => {
    expect(probes.length).toBe(196);
    expect(probes.filter(({ wantErr }) => wantErr).length).toBe(184);
    const beyond = probes.filter(
      ({ kind, leafIdx }) => kind === "inclusion" && !Number.isSafeInteger(leafIdx),
    );
    expect(beyond.length).toBe(2);
    expect(beyond.map(accepts)).toEqual([false, false]);
  });

  it("come out as marked, all but the named one", () => {
    const otherwise = probes.filter((probe) => accepts(probe) === probe.wantErr).map(({ file }) => file);
    expect(otherwise).toEqual([EXCEPTION]);
    expect(probes.find(({ file }) => file === EXCEPTION)!.wantErr).toBe(false);
  });
});
