import { describe, expect, it } from "vitest";
import { binaryArrays, reusedArrays } from "../../src/db/arrays.ts";

/** The elements of a binary array, null where there is none, and whether its header says that one is null. */
function elementsOf(array: unknown): { elements: (string | null)[]; hasNull: boolean } {
  const bytes = array as Buffer;
  const elements: (string | null)[] = [];
  let at = 20;
  for (let i = 0; i < bytes.readInt32BE(12); i++) {
    const length = bytes.readInt32BE(at);
    elements.push(length < 0 ? null : bytes.toString("hex", at + 4, at + 4 + length));
    at += 4 + Math.max(length, 0);
  }
  expect(at).toBe(bytes.length);
  return { elements, hasNull: bytes.readInt32BE(4) === 1 };
}
const hex = (text: string) => Buffer.from(text).toString("hex");

describe("binary arrays", () => {
  it("hold bytes and text behind their lengths, and say where one is null", () => {
    expect(elementsOf(binaryArrays.bytes([Uint8Array.of(1, 255), new Uint8Array(0), null]))).toEqual({
      elements: ["01ff", "", null],
      hasNull: true,
    });
    expect(elementsOf(binaryArrays.texts(["ação", "", "€😀"]))).toEqual({
      elements: [hex("ação"), "", hex("€😀")],
      hasNull: false,
    });
    expect(elementsOf(binaryArrays.utf8([Buffer.from("x")])).elements).toEqual(["78"]);
  });

  it("hold integers beyond 32 bits and below zero, and ids in either case", () => {
    expect(elementsOf(binaryArrays.integers([1, -2, null])).elements).toEqual(["00000001", "fffffffe", null]);
    expect(elementsOf(binaryArrays.indexes([2 ** 40 + 7, 0, -1])).elements).toEqual([
      "0000010000000007",
      "0000000000000000",
      "ffffffffffffffff",
    ]);
    const id = "0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9";
    const plain = id.replaceAll("-", "");
    expect(elementsOf(binaryArrays.uuids([id, id.toUpperCase(), null])).elements).toEqual([
      plain,
      plain,
      null,
    ]);
  });

  it("count times in microseconds from the year 2000, before it and after it", () => {
    const times = [new Date("2000-01-01T00:00:00.001Z"), new Date("1999-12-31T23:59:59.999Z"), null];
    expect(elementsOf(binaryArrays.times(times)).elements).toEqual([
      "00000000000003e8",
      "fffffffffffffc18",
      null,
    ]);
  });

  it("stay as they are until the next call, also where they outgrow the room that is kept", () => {
    const arrays = reusedArrays();
    const large = "x".repeat(700_000);
    for (let call = 0; call < 3; call++) {
      arrays.reset();
      const made = [arrays.texts(["a", large]), arrays.texts([large, "b"]), arrays.integers([call])];
      expect(made.map((array) => elementsOf(array).elements)).toEqual([
        ["61", hex(large)],
        [hex(large), "62"],
        [`0000000${call}`],
      ]);
    }
  });
});
