import { describe, expect, it } from "vitest";
import { fromBase64, toBase64 } from "../../audit/bytes.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import {
  ed25519Key,
  formatNote,
  formatVkey,
  parseNote,
  parseVkey,
  signNote,
  verifyNote,
} from "../../audit/note.ts";
import { testSigner } from "./honest-log.ts";

/** The example of C2SP signed-note, and the one of golang.org/x/mod/sumdb/note. */
const EXAMPLES = [
  [
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
  ],
  [
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n",
  ],
] as const;

const key = (vkey: string) => parseVkey(nodeCrypto, vkey);
const check = (note: string, ...vkeys: string[]) => verifyNote(nodeCrypto, parseNote(note), vkeys.map(key));
const a = testSigner("a.example", "a");
const b = testSigner("b.example", "b");

describe("a signed note", () => {
  it.each(EXAMPLES)("published with key %s verifies, and is written back the same", async (vkey, note) => {
    await expect(check(note, vkey)).resolves.toBeUndefined();
    expect(formatNote(parseNote(note))).toBe(note);
    expect(formatVkey(key(vkey))).toBe(vkey);
  });

  it.each(EXAMPLES)("published with key %s fails at every changed byte", async (vkey, note) => {
    const bytes = new TextEncoder().encode(note);
    for (let i = 0; i < bytes.length; i++) {
      const text = new TextDecoder().decode(bytes.with(i, bytes[i]! ^ 1));
      await expect((async () => check(text, vkey))()).rejects.toMatchObject({ name: "Refusal" });
    }
  });

  it("is cut at its last blank line", () => {
    const note = signNote("first\n\nsecond\n\n\n", a);
    expect(parseNote(note).text).toBe("first\n\nsecond\n\n\n");
  });

  it("ignores lines by unknown keys, even of a known name or a known id", async () => {
    const text = "text\n";
    const [line] = parseNote(signNote(text, a)).signatures;
    const forged = [
      { ...line!, name: "c.example", signature: new Uint8Array(64) },
      { ...line!, id: Uint8Array.of(1, 2, 3, 4), signature: new Uint8Array(1) },
    ];
    await expect(
      check(formatNote({ text, signatures: [...forged, line!] }), a.vkey),
    ).resolves.toBeUndefined();
    await expect(check(formatNote({ text, signatures: forged }), a.vkey)).rejects.toThrow(
      "signature_missing",
    );
  });

  it("is refused when one of two known keys fails", async () => {
    const text = "text\n";
    const { signatures } = parseNote(signNote(text, a, b));
    const spoilt = {
      ...signatures[1]!,
      signature: signatures[1]!.signature.with(0, signatures[1]!.signature[0]! ^ 1),
    };
    await expect(check(formatNote({ text, signatures }), a.vkey, b.vkey)).resolves.toBeUndefined();
    const note = formatNote({ text, signatures: [signatures[0]!, spoilt] });
    await expect(check(note, a.vkey, b.vkey)).rejects.toThrow("signature_invalid");
    await expect(check(note, a.vkey)).resolves.toBeUndefined();
  });

  it("may bear 16 signatures and more, but not any number", async () => {
    const others = Array.from({ length: 16 }, (_, i) => testSigner(`w${i}.example`, "witness"));
    await expect(check(signNote("text\n", ...others, a), a.vkey)).resolves.toBeUndefined();
    const line = signNote("text\n", a).slice("text\n\n".length);
    expect(() => parseNote(`text\n\n${line.repeat(101)}`)).toThrow("note_invalid");
  });

  it.each([
    ["no blank line", "text\n— a AAAAAAA=\n"],
    ["no signature", "text\n\n"],
    ["no final newline", "text\n\n— a AAAAAAA="],
    ["a control character", "te\txt\n\n— a AAAAAAA=\n"],
    ["a carriage return", "text\n\n— a AAAAAAA=\r\n"],
    ["a lone surrogate", "te\ud800xt\n\n— a AAAAAAA=\n"],
    ["a hyphen for the dash", "text\n\n- a AAAAAAA=\n"],
    ["no name", "text\n\n—  AAAAAAA=\n"],
    ["a plus in the name", "text\n\n— a+b AAAAAAA=\n"],
    ["a no-break space in the name", "text\n\n— a\u00a0b AAAAAAA=\n"],
    ["a third field", "text\n\n— a AAAAAAA= AAAA\n"],
    ["a signature of four bytes", "text\n\n— a AAAAAA==\n"],
  ])("is none with %s", (_what, note) => {
    expect(() => parseNote(note)).toThrow("note_invalid");
  });

  it("is none with stray bits in the base64", () => {
    expect(() => parseNote("text\n\n— a AAAAAAB=\n")).toThrow("base64_invalid");
  });
});

describe("a verifier key", () => {
  const vkey = EXAMPLES[1][0];

  it("is refused at every proper part of it", () => {
    for (let from = 0; from < vkey.length; from++) {
      for (let to = from + 1; to <= vkey.length; to++) {
        if (from === 0 && to === vkey.length) continue;
        expect(() => key(vkey.slice(from, to))).toThrow("key_invalid");
      }
    }
  });

  it("is refused at every other byte in each place", () => {
    for (let i = 0; i < vkey.length; i++) {
      for (let code = 0; code < 128; code++) {
        const changed = vkey.slice(0, i) + String.fromCharCode(code) + vkey.slice(i + 1);
        if (changed !== vkey) expect(() => key(changed)).toThrow("key_invalid");
      }
    }
  });

  it("may hold a plus in its base64, but not of another type or length", () => {
    expect(key("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6").name).toBe("TEST");
    expect(() => key("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")).toThrow(
      "key_invalid",
    );
    const short = toBase64(fromBase64(vkey.split("+")[2]!).subarray(0, 32));
    expect(() => key(`PeterNeumann+cc469956+${short}`)).toThrow("key_invalid");
  });

  it.each(["", "a b", "a+b", "a\u2003b", "a\u0085b", "a\nb", "\ud800"])(
    "is not made for the name %j",
    (name) => {
      expect(() => ed25519Key(nodeCrypto, name, new Uint8Array(32))).toThrow("key_invalid");
    },
  );
});
