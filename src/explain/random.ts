/**
 * The generator behind every permutation. It lives here, not in a dependency, because a decision's seed has
 * to give the same permutations for as long as the decision can be replayed.
 */
import { ExplainError } from "./errors.ts";

const SEED = /^[0-9a-f]{32}$/i;
const TWO_32 = 2 ** 32;

/** Gives one integer in [0, 2^32) a call. */
export type Random32 = () => number;

/**
 * xoshiro128** 1.1 (Blackman & Vigna, "Scrambled linear pseudorandom number generators", 2021).
 * @param state four 32-bit words, not all zero (zero is the generator's one fixed point).
 */
export function xoshiro128StarStar(state: readonly [number, number, number, number]): Random32 {
  let [a, b, c, d] = state;
  return () => {
    const times5 = Math.imul(b, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

/**
 * The generator of a seed. Each word goes through MurmurHash3's 32-bit finaliser first, so that seeds that
 * differ in one bit, or are small numbers, start far apart.
 * @param seed 128 bits as 32 hexadecimal digits, most significant first.
 * @throws ExplainError `invalid_seed`
 */
export function seededRandom(seed: string): Random32 {
  if (!SEED.test(seed)) throw new ExplainError("invalid_seed", "The seed must be 32 hexadecimal digits");
  const word = (i: number) =>
    scramble(Number.parseInt(seed.slice(8 * i, 8 * i + 8), 16) ^ Math.imul(0x9e3779b9, i + 1));
  const state: [number, number, number, number] = [word(0), word(1), word(2), word(3)];
  if (state.every((w) => w === 0)) state[0] = 1;
  const random = xoshiro128StarStar(state);
  // One weak word reaches all four after a few steps; twenty is the habit of the family.
  for (let i = 0; i < 20; i++) random();
  return random;
}

/**
 * A seed for people who think in small numbers (`--seed 7`).
 * @param n an integer in [0, 2^53)
 * @throws ExplainError `invalid_seed`
 */
export function seedFromInteger(n: number): string {
  if (!Number.isSafeInteger(n) || n < 0)
    throw new ExplainError("invalid_seed", "The seed must be an integer of 0 or more");
  return n.toString(16).padStart(32, "0");
}

/**
 * An integer in [0, bound), each exactly as likely: draws in the incomplete last block are thrown away.
 * @param bound an integer in [1, 2^32)
 */
export function below(bound: number, random: Random32): number {
  // The incomplete block is so unlikely that whether there is one is asked only of the draws that may lie in it.
  let draw = random();
  while (draw >= TWO_32 - bound && draw >= TWO_32 - (TWO_32 % bound)) draw = random();
  return (draw >>> 0) % (bound >>> 0);
}

/** Fisher & Yates' shuffle in place, from the last place down: each order is exactly as likely. */
export function shuffle(items: Uint32Array, random: Random32): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1, random);
    const kept = items[i]!;
    items[i] = items[j]!;
    items[j] = kept;
  }
}

function scramble(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
