import { describe, expect, it } from "vitest";
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { signNote } from "../../audit/note.ts";
import { testSigner } from "./honest-log.ts";

const signer = testSigner("log.example/motivo", "checkpoint");
const root = new Uint8Array(32).fill(0xab);
const encoded = Buffer.from(root).toString("base64");
const checkpoint = { origin: "log.example/motivo", size: 42, root };
const text = `log.example/motivo\n42\n${encoded}\n`;

describe("a checkpoint", () => {
  it("is three lines", () => {
    expect(formatCheckpoint(checkpoint)).toBe(text);
    expect(parseCheckpoint(text)).toEqual(checkpoint);
    expect(parseCheckpoint(text.replace("42", "0")).size).toBe(0);
  });

  it.each([
    ["a leading zero", text.replace("42", "042")],
    ["a sign", text.replace("42", "+42")],
    ["a size beyond 2^53", text.replace("42", "9007199254740992")],
    ["an extension line", `${text}extension\n`],
    ["an empty extension line", `${text}\n`],
    ["no final newline", text.slice(0, -1)],
    ["no origin", text.replace("log.example/motivo", "")],
    ["a space in the origin", text.replace("log.example/motivo", "a b")],
    ["a plus in the origin", text.replace("log.example/motivo", "a+b")],
    ["nothing", ""],
  ])("is none with %s", (_what, wrong) => {
    expect(() => parseCheckpoint(wrong)).toThrow("checkpoint_invalid");
  });

  it("is none with a root of another length or with stray bits", () => {
    for (const wrong of [encoded.slice(4), `${encoded.slice(0, -2)}t=`, `${encoded} `]) {
      expect(() => parseCheckpoint(text.replace(encoded, wrong))).toThrow("base64_invalid");
    }
  });

  it("is not written with what it cannot say", () => {
    for (const wrong of [{ origin: "a b" }, { size: -1 }, { size: 2 ** 53 }, { root: root.subarray(1) }]) {
      expect(() => formatCheckpoint({ ...checkpoint, ...wrong })).toThrow("checkpoint_invalid");
    }
  });

  it("opens under its log's key and under no other", async () => {
    const note = signCheckpoint(checkpoint, signer);
    expect(await openCheckpoint(nodeCrypto, note, signer.key)).toEqual(checkpoint);
    const other = testSigner("log.example/motivo", "another key");
    await expect(openCheckpoint(nodeCrypto, note, other.key)).rejects.toThrow("signature_missing");
  });

  it("of another origin is refused though the key signed it", async () => {
    const note = signNote(text.replace("motivo", "other"), signer);
    await expect(openCheckpoint(nodeCrypto, note, signer.key)).rejects.toThrow("origin_mismatch");
    expect(() => signCheckpoint({ ...checkpoint, origin: "log.example/other" }, signer)).toThrow(
      "origin_mismatch",
    );
  });
});
