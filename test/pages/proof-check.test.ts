import { describe, expect, it } from "vitest";
import { checkProof } from "../../src/pages/proof-check.ts";
import { proofOf } from "./bank.ts";

describe("the server's check of a proof", () => {
  it.each([0, 64, 84, 116])("holds for entry %i, and computes its way to the root", (index) => {
    const proof = proofOf(index);
    const check = checkProof(index, proof);
    expect(check).toMatchObject({ path: true, note: true, origin: "log.aurora.example" });
    expect(check.computed.at(-1)).toBe(proof.root);
  });

  it("fails for another index, another leaf, another hash, or a hash on the wrong side", () => {
    const proof = proofOf(84);
    const [first, ...rest] = proof.path;
    const turned = { ...first!, side: first!.side === "left" ? ("right" as const) : ("left" as const) };
    expect(checkProof(85, proof).path).toBe(false);
    expect(checkProof(84, { ...proof, leafHash: proofOf(83).leafHash }).path).toBe(false);
    expect(checkProof(84, { ...proof, path: [{ ...first!, hash: "00".repeat(32) }, ...rest] }).path).toBe(
      false,
    );
    expect(checkProof(84, { ...proof, path: [turned, ...rest] }).path).toBe(false);
  });

  it("fails when the checkpoint states another size or cannot be read", () => {
    const proof = proofOf(84);
    expect(
      checkProof(84, { ...proof, checkpoint: proof.checkpoint.replace("\n117\n", "\n118\n") }).note,
    ).toBe(false);
    expect(checkProof(84, { ...proof, checkpoint: "nothing" })).toMatchObject({ note: false, origin: null });
  });
});
