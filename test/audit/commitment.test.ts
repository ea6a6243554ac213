import { createHmac, hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../audit/bytes.ts";
import { commit, hmacSha256, tag } from "../../audit/commitment.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { Seeded } from "./honest-log.ts";

const random = new Seeded("commitment");

describe("a commitment", () => {
  it("is SHA-256 of the prefix, the salt, the length and the payload", () => {
    const salt = random.bytes(32);
    const written = Buffer.concat([
      Buffer.from("motivo/commit/v1\0"),
      salt,
      Buffer.from("0000000000000003", "hex"),
      Buffer.from("abc"),
    ]);
    expect(toHex(commit(nodeCrypto, salt, utf8("abc")))).toBe(hash("sha256", written));
  });

  it("takes payloads larger than the hash's joining buffer", () => {
    const payload = new Uint8Array(10_000).fill(7);
    const salt = new Uint8Array(32);
    const length = Buffer.from("0000000000002710", "hex");
    const written = Buffer.concat([Buffer.from("motivo/commit/v1\0"), salt, length, payload]);
    expect(toHex(commit(nodeCrypto, salt, payload))).toBe(hash("sha256", written));
  });

  it("wants 32 bytes of salt", () => {
    expect(() => commit(nodeCrypto, random.bytes(16), utf8("abc"))).toThrow(RangeError);
  });
});

describe("a tag", () => {
  it.each([0, 1, 16, 32, 64, 65, 200])("is HMAC-SHA-256 under a key of %i bytes", (length) => {
    const key = new Uint8Array(length).fill(0x0b);
    const message = utf8("Hi There");
    expect(toHex(hmacSha256(nodeCrypto, key, message))).toBe(
      createHmac("sha256", key).update(message).digest("hex"),
    );
  });

  it("is the first 16 bytes over the counter as u64", () => {
    const key = random.bytes(32);
    const counter = Buffer.from("0000000100000002", "hex");
    const expected = createHmac("sha256", key).update(counter).digest("hex").slice(0, 32);
    expect(toHex(tag(nodeCrypto, key, 2 ** 32 + 2))).toBe(expected);
  });
});
