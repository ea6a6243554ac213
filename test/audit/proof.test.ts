import { describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { formatTlogProof, parseTlogProof, verifyTlogProof } from "../../audit/proof.ts";
import { HonestLog, randomLog } from "./honest-log.ts";

const log = randomLog("proof", 40);
const key = parseVkey(nodeCrypto, log.vkey);
const check = (text: string, index: number) =>
  verifyTlogProof(nodeCrypto, text, log.entries[index]!.leaf, key);

describe("a tlog-proof", () => {
  it("verifies for every entry, for its own leaf only", async () => {
    for (let index = 0; index < log.entries.length; index++) {
      const text = log.tlogProof(index);
      expect(formatTlogProof(parseTlogProof(text))).toBe(text);
      expect((await check(text, index)).index).toBe(index);
      const other = (index + 1) % log.entries.length;
      await expect(check(text, other)).rejects.toMatchObject({ code: "inclusion_invalid" });
    }
  });

  it("of a single entry has no hash", async () => {
    const single = new HonestLog("single");
    single.decision();
    expect(parseTlogProof(single.tlogProof(0)).hashes).toEqual([]);
  });

  it("carries extra bytes that prove nothing", async () => {
    const text = formatTlogProof({ ...parseTlogProof(log.tlogProof(3)), extra: Uint8Array.of(1, 2) });
    expect(text).toContain("\nextra AQI=\nindex 3\n");
    expect(parseTlogProof(text).extra).toEqual(Uint8Array.of(1, 2));
    await expect(check(text, 3)).resolves.toMatchObject({ index: 3 });
  });

  it("is refused at every changed byte", async () => {
    const text = log.tlogProof(5);
    const bytes = new TextEncoder().encode(text);
    for (let i = 0; i < bytes.length; i++) {
      const changed = new TextDecoder().decode(bytes.with(i, bytes[i]! ^ 4));
      await expect((async () => check(changed, 5))()).rejects.toMatchObject({ name: "Refusal" });
    }
  });

  it.each([
    ["another version", (text: string) => text.replace("@v1", "@v2")],
    ["a leading zero", (text: string) => text.replace("index 5", "index 05")],
    ["no index", (text: string) => text.replace("index 5\n", "")],
    ["a word after the index", (text: string) => text.replace("index 5", "index 5 5")],
    ["no blank line", (text: string) => text.replace("\n\n", "\n")],
    [
      "too many hashes",
      (text: string) => text.replace("index 5\n", `index 5\n${`${"A".repeat(43)}=\n`.repeat(60)}`),
    ],
  ])("is none with %s", (_what, change) => {
    expect(() => parseTlogProof(change(log.tlogProof(5)))).toThrow(/proof_format_invalid|base64_invalid/);
  });
});
