import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hkdf32, hmac32 } from "../../src/privacy/hkdf.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("hkdf32", () => {
  it("gives the first 32 bytes of RFC 5869's first example", () => {
    const key = Buffer.alloc(22, 0x0b);
    const salt = Buffer.from("000102030405060708090a0b0c", "hex");
    const info = Buffer.from("f0f1f2f3f4f5f6f7f8f9", "hex");
    expect(hex(new Uint8Array(hkdfSync("sha256", key, salt, info, 32)))).toBe(
      "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
    );
    // The example's info is no text, so that the comparison with `hkdfSync` below stands for it.
    expect(hex(hkdf32(key, salt, "motivo"))).toBe(
      hex(new Uint8Array(hkdfSync("sha256", key, salt, "motivo", 32))),
    );
  });

  it("gives what Node's own gives, for keys, salts and labels of many lengths", () => {
    for (let i = 0; i < 500; i++) {
      const key = randomBytes(i % 65);
      const salt = randomBytes((i * 7) % 65);
      const info = "ã".repeat(i % 100);
      expect(hex(hkdf32(key, salt, info))).toBe(hex(new Uint8Array(hkdfSync("sha256", key, salt, info, 32))));
    }
  });

  it("refuses what does not fit its blocks", () => {
    const short = new Uint8Array(32);
    expect(() => hkdf32(new Uint8Array(65), short, "")).toThrow(RangeError);
    expect(() => hkdf32(short, new Uint8Array(65), "")).toThrow(RangeError);
    expect(() => hkdf32(short, short, "x".repeat(256))).toThrow(RangeError);
  });
});

describe("hmac32", () => {
  it("gives what Node's own gives, for keys and messages of many lengths", () => {
    for (let i = 0; i < 600; i++) {
      const [key, message] = [randomBytes(i % 65), randomBytes(i)];
      expect(hex(hmac32(key, message))).toBe(createHmac("sha256", key).update(message).digest("hex"));
    }
  });

  it("refuses a key that does not fit its block", () => {
    expect(() => hmac32(new Uint8Array(65), new Uint8Array(1))).toThrow(RangeError);
  });
});
