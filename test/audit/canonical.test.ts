import { describe, expect, it } from "vitest";
import { canonicalize, MAX_DEPTH, parseCanonical } from "../../audit/canonical.ts";

const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

describe("canonical JSON", () => {
  it("follows the sample of RFC 8785 section 3.2.2", () => {
    const value = {
      numbers: JSON.parse("[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]"),
      string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"/",
      literals: [null, true, false],
    };
    expect(canonicalize(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  it("orders names by UTF-16 code units, as RFC 8785 section 3.2.3 shows", () => {
    const value = { "\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7 };
    expect(canonicalize(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
  });

  it("writes minus zero as zero", () => {
    expect(canonicalize(-0)).toBe("0");
  });

  it.each([
    ["a lone surrogate", "\ud800"],
    ["a lone surrogate in a name", { "\udc00": 1 }],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["undefined", undefined],
    ["an undefined member", { a: undefined }],
    ["a hole", new Array(1)],
    ["a bigint", 1n],
    ["a function", () => 1],
    ["a Date", new Date(0)],
    ["a Map", new Map()],
    ["bytes", new Uint8Array(1)],
    ["nesting beyond the limit", JSON.parse(nested(MAX_DEPTH + 1))],
  ])("cannot say %s", (_what, value) => {
    expect(() => canonicalize(value)).toThrow(TypeError);
  });

  it.each([
    ['{"b":1,"a":2}', "names out of order"],
    ['{"a":1,"a":1}', "a repeated name"],
    ['{"a":1,"a":2}', "a name with two values"],
    ['{"__proto__":1,"__proto__":2}', "a repeated __proto__"],
    ['{"a": 1}', "a space"],
    ["1.0", "a trailing zero"],
    ["1e0", "an exponent"],
    ["-0", "minus zero"],
    ["9007199254740993", "a number that no double holds"],
    ['"\\u0041"', "a stray escape"],
    ['"\\/"', "an escaped slash"],
    ['"\\ud800"', "a lone surrogate"],
    ["1e999", "a number too large"],
  ])("is not %s: %s", (text) => {
    expect(() => parseCanonical(text)).toThrow("line_not_canonical");
  });

  it.each(["", "{", "nul", "[1,]", "{'a':1}", "\ufeff1", "01", '"\n"', "NaN"])(
    "is not %j, which is no JSON",
    (text) => {
      expect(() => parseCanonical(text)).toThrow("json_invalid");
    },
  );

  it("answers hostile nesting instead of overflowing", () => {
    expect(() => parseCanonical(nested(5_000_000))).toThrow("json_too_deep");
    expect(() => parseCanonical('{"a":'.repeat(100_000))).toThrow("json_too_deep");
    expect(parseCanonical(nested(MAX_DEPTH))).toBeInstanceOf(Array);
    expect(parseCanonical(JSON.stringify(nested(1000)))).toBe(nested(1000));
  });

  it("keeps a member called __proto__ as plain content", () => {
    const value = parseCanonical('{"__proto__":{"kind":"decision"},"constructor":1}') as { kind?: string };
    expect(value.kind).toBeUndefined();
    expect(Object.keys(value)).toEqual(["__proto__", "constructor"]);
    expect(canonicalize(value)).toBe('{"__proto__":{"kind":"decision"},"constructor":1}');
  });
});
