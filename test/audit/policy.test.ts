import { describe, expect, it } from "vitest";
import { cosignaturesOn } from "../../audit/cosignature.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseNote } from "../../audit/note.ts";
import { checkPolicy, isQuorum, parsePolicy } from "../../audit/policy.ts";
import { HonestLog, testSigner, testWitness } from "./honest-log.ts";

const log = new HonestLog("policy");
log.append("hold");
const note = log.checkpoint();
const [x1, x2, x3, y1] = ["x1", "x2", "x3", "y1"].map((name) => testWitness(`${name}.example`, name)) as [
  Witness,
  Witness,
  Witness,
  Witness,
];
type Witness = ReturnType<typeof testWitness>;
const LINES = [
  "# comment",
  "",
  `\twitness X1  ${x1.vkey} https://x1.example/`,
  `witness X2 ${x2.vkey}`,
  `witness X3 ${x3.vkey}`,
  `witness Y1 ${y1.vkey}`,
  "group X 2 X1 X2 X3",
  "group Y any Y1",
  "group both all X Y",
  "quorum both",
];
const parse = (...lines: string[]) => parsePolicy(nodeCrypto, `${lines.join("\n")}\n`);

describe("a witness policy", () => {
  it("is read with names, groups and the addresses of witnesses", () => {
    const policy = parse(...LINES);
    expect(policy.witnesses.map(({ name, url }) => [name, url])).toEqual([
      ["X1", "https://x1.example/"],
      ["X2", null],
      ["X3", null],
      ["Y1", null],
    ]);
    expect(policy.quorum).toBe("both");
  });

  it("counts groups of groups", () => {
    const policy = parse(...LINES);
    expect(isQuorum(policy, new Set(["X1", "X3", "Y1"]))).toBe(true);
    for (const few of [["X1", "Y1"], ["X1", "X2", "X3"], ["X", "Y"], []]) {
      expect(isQuorum(policy, new Set(few))).toBe(false);
    }
    expect(isQuorum(parse("quorum none"), new Set())).toBe(true);
    expect(isQuorum(parse(`witness w ${x1.vkey}`, "quorum w"), new Set(["w"]))).toBe(true);
  });

  it("accepts a checkpoint that the quorum cosigned and the named log signed, and no other", async () => {
    const policy = parse(`log ${log.vkey}`, ...LINES);
    const cosigned = x1.cosign(x3.cosign(y1.cosign(note)));
    expect(await checkPolicy(nodeCrypto, cosigned, policy)).toEqual(["X1", "X3", "Y1"]);
    await expect(checkPolicy(nodeCrypto, x1.cosign(x2.cosign(note)), policy)).rejects.toThrow(
      "quorum_missing",
    );
    const other = parse(`log ${testSigner("log.example/motivo", "another").vkey}`, ...LINES);
    await expect(checkPolicy(nodeCrypto, cosigned, other)).rejects.toThrow("signature_missing");
  });

  it("counts no cosignature of another note, by another key under the same name, or cut short", async () => {
    const keys = [x1.key];
    const elsewhere = parseNote(x1.cosign(log.checkpoint(0))).signatures.at(-1)!;
    const impostor = parseNote(testWitness("x1.example", "impostor").cosign(note)).signatures.at(-1)!;
    const good = parseNote(x1.cosign(note)).signatures.at(-1)!;
    const short = { ...good, signature: good.signature.subarray(0, 71) };
    const later = { ...good, signature: good.signature.with(7, good.signature[7]! ^ 1) };
    for (const line of [elsewhere, impostor, { ...impostor, id: x1.key.id }, short, later]) {
      const { text } = parseNote(note);
      expect(await cosignaturesOn(nodeCrypto, { text, signatures: [line] }, keys)).toEqual([]);
    }
    expect(await cosignaturesOn(nodeCrypto, parseNote(x1.cosign(note)), keys)).toHaveLength(1);
  });

  it.each([
    ["no quorum", [`witness w ${x1.vkey}`]],
    ["two quorums", ["quorum none", "quorum none"]],
    ["an unknown name in the quorum", ["quorum w"]],
    ["a quorum before its witness", ["quorum w", `witness w ${x1.vkey}`]],
    ["a witness named none", [`witness none ${x1.vkey}`, "quorum none"]],
    ["a name twice", [`witness w ${x1.vkey}`, `witness w ${x2.vkey}`, "quorum none"]],
    ["a key twice", [`witness v ${x1.vkey}`, `witness w ${x1.vkey}`, "quorum none"]],
    ["a log's key for a witness", [`witness w ${log.vkey}`, "quorum none"]],
    ["a witness's key for a log", [`log ${x1.vkey}`, "quorum none"]],
    ["a log twice", [`log ${log.vkey}`, `log ${log.vkey}`, "quorum none"]],
    ["a group of nobody", ["group g any", "quorum none"]],
    ["a group that asks for none", [`witness w ${x1.vkey}`, "group g 0 w", "quorum g"]],
    ["a group that asks for more than it has", [`witness w ${x1.vkey}`, "group g 2 w", "quorum g"]],
    ["a threshold with a leading zero", [`witness w ${x1.vkey}`, "group g 01 w", "quorum g"]],
    ["a member of two groups", [`witness w ${x1.vkey}`, "group g any w", "group h any w", "quorum g"]],
    ["a group in itself", ["group g any g", "quorum g"]],
    ["an unknown line", ["quorum none", "mirror x"]],
    ["a word too many", ["quorum none none"]],
    ["a carriage return", ["quorum none\r"]],
  ])("is refused with %s", (_, lines) => {
    expect(() => parse(...lines)).toThrow("policy_invalid");
  });
});
