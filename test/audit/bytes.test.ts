import { describe, expect, it } from "vitest";
import { fromBase64, parseDecimal, toBase64, toHex, u64 } from "../../audit/bytes.ts";
import { Seeded } from "./honest-log.ts";

describe("base64", () => {
  it("agrees with Node's for every length up to 100", () => {
    const random = new Seeded("base64");
    for (let length = 0; length <= 100; length++) {
      const bytes = Uint8Array.from({ length }, () => random.below(256));
      expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
      expect(toHex(fromBase64(toBase64(bytes), length))).toBe(toHex(bytes));
    }
  });

  it.each([
    "A",
    "AA",
    "AAA",
    "=",
    "==",
    "===",
    "====",
    "A===",
    "AB==",
    "AAB=",
    "AA=A",
    "A-==",
    "AA= =",
    " AAA",
    "AAAA\n",
    "AAA\u00e9",
    "AA==AAAA",
  ])("refuses %j", (text) => {
    expect(() => fromBase64(text)).toThrow("base64_invalid");
  });

  it("refuses another length than asked for", () => {
    expect(() => fromBase64("AAAA", 2)).toThrow("base64_invalid");
  });
});

describe("numbers", () => {
  it("are decimals without leading zeroes below 2^53", () => {
    expect(parseDecimal("0")).toBe(0);
    expect(parseDecimal("9007199254740991")).toBe(2 ** 53 - 1);
    for (const text of [
      "",
      "00",
      "01",
      "-1",
      "+1",
      "1.0",
      "1e3",
      " 1",
      "9007199254740992",
      "18446744073709551615",
      "١",
    ]) {
      expect(parseDecimal(text)).toBeNull();
    }
  });

  it("are written as big-endian u64 while they are safe integers", () => {
    expect(toHex(u64(2 ** 53 - 1))).toBe("001fffffffffffff");
    for (const value of [-1, 0.5, 2 ** 53, Number.NaN]) expect(() => u64(value)).toThrow(RangeError);
  });
});
