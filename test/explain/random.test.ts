import { describe, expect, test } from "vitest";
import {
  below,
  seededRandom,
  seedFromInteger,
  shuffle,
  xoshiro128StarStar,
} from "../../src/explain/random.ts";
import { code } from "./codes.ts";

describe("xoshiro128**", () => {
  test("gives the published outputs for the state 1, 2, 3, 4", () => {
    const random = xoshiro128StarStar([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, random)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  test("agrees with 64-bit arithmetic over a long run from another state", () => {
    const state = [0x9e3779b9n, 0x7f4a7c15n, 0xf39cc060n, 0x5cedc834n];
    const mask = 0xffffffffn;
    const rotate = (x: bigint, by: bigint) => ((x << by) | (x >> (32n - by))) & mask;
    const plain = () => {
      const result = (rotate((state[1]! * 5n) & mask, 7n) * 9n) & mask;
      const t = (state[1]! << 9n) & mask;
      state[2]! ^= state[0]!;
      state[3]! ^= state[1]!;
      state[1]! ^= state[2]!;
      state[0]! ^= state[3]!;
      state[2]! ^= t;
      state[3] = rotate(state[3]!, 11n);
      return Number(result);
    };
    const random = xoshiro128StarStar([0x9e3779b9, 0x7f4a7c15, 0xf39cc060, 0x5cedc834]);
    for (let i = 0; i < 5000; i++) expect(random()).toBe(plain());
  });
});

describe("seeds", () => {
  test("a seed's first draws never change", () => {
    expect(Array.from({ length: 4 }, seededRandom("000102030405060708090a0b0c0d0e0f"))).toEqual([
      2484178088, 3258172807, 4067218405, 3411099370,
    ]);
  });

  test("seeds one bit apart, and the zero seed, start apart", () => {
    const first = new Set(
      Array.from({ length: 128 }, (_, bit) =>
        seededRandom((1n << BigInt(bit)).toString(16).padStart(32, "0"))(),
      ),
    );
    first.add(seededRandom("0".repeat(32))());
    expect(first.size).toBe(129);
  });

  test("anything but 32 hexadecimal digits is refused", () => {
    for (const seed of ["", "7", "g".repeat(32), "0".repeat(31), "0".repeat(33), ` ${"0".repeat(31)}`])
      expect(code(() => seededRandom(seed))).toBe("invalid_seed");
    for (const n of [-1, 0.5, Number.NaN, 2 ** 53])
      expect(code(() => seedFromInteger(n))).toBe("invalid_seed");
    expect(seedFromInteger(255)).toBe(`${"0".repeat(30)}ff`);
  });
});

describe("draws", () => {
  test("the incomplete last block is thrown away, so that no remainder is favoured", () => {
    const draws = [2 ** 32 - 1, 7];
    expect(below(3, () => draws.shift()!)).toBe(1);
    expect(draws).toEqual([]);
    expect(below(1, () => 12345)).toBe(0);
  });

  test("every order of four is as likely as any other (χ² with 23 degrees below its 99.9 % quantile)", () => {
    const random = seededRandom(seedFromInteger(1));
    const counts = new Map<string, number>();
    const draws = 24_000;
    for (let i = 0; i < draws; i++) {
      const items = Uint32Array.of(0, 1, 2, 3);
      shuffle(items, random);
      counts.set(items.join(), (counts.get(items.join()) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    let chi = 0;
    for (const count of counts.values()) chi += (count - draws / 24) ** 2 / (draws / 24);
    expect(chi).toBeLessThan(49.73);
  });
});
