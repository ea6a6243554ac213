/**
 * What the kernel keeps in its memory, in WebAssembly or not: one header of 32-bit fields, then the attributions, then
 * everything that the fields point at, in bytes from the start. tree-kernel.as repeats the fields.
 *
 * A *lane* is 16 bits that a row's codes add up to: a group's row index, or which axes of a leaf a row fails. Lanes
 * come in blocks of 64. Axes come in bundles, whose members' codes count as one. For each bundle that a block depends on, an
 * entry names where to find which of the bundle's codes adds what to the block's lanes.
 */
export const FIELD = {
  /** What a row brings: so many f64. */
  slots: 0,
  bundles: 1,
  /** 4 × u32 a bundle: where its first code's vectors are named, its members, its codes, and the bytes of one code. */
  bundleRecords: 2,
  /** f64, rows × slots */
  values: 3,
  /** u32, bundles: where the vectors of the bundle's code are named. */
  codes: 4,
  blocks: 5,
  /** u32, blocks + 1: where each block's entries start. */
  blockStarts: 6,
  /** 3 × u32: the bundle times 4; where, among a code's u16, it says which vector; the vectors, 64 × u16 each. */
  entries: 7,
  /** u16, rows × blocks × 64 */
  indexes: 8,
  /** 2 × u32: the width of a table's row, and how many groups after each other have it. */
  runs: 9,
  runCount: 10,
  /** u32 a group: its table. */
  bases: 11,
  /** u32 a number in a group's row: 8 × the cell that it adds to. */
  places: 12,
  cells: 13,
  /** 8 × u32: axes, players, owner of each axis (u16), sets (players × vectors), places, values, targets, cells. */
  leaves: 14,
  leafCount: 15,
  /** Bytes from a row's first lane to its leaves' lanes. */
  leafLanes: 16,
  /** 128-bit vectors that a set of background rows takes. */
  vectors: 17,
  everyRow: 18,
  /** f64 a background row */
  weights: 19,
  /** 1 where all weights are equal: the leaves' values then hold the weight. */
  equalWeights: 20,
  /** f64, for the players inside and then for those outside: [outside][inside] */
  shares: 21,
  shareWidth: 22,
  scratch: 23,
  scratchWidth: 24,
  /**
   * 5 × u32 an axis, bundle by bundle: where in a row its number is, its ascending cuts (f64), how many, the bytes that one of
   * its codes counts for, and whether the number is rounded to float32 first. Without cuts the number is the code itself.
   */
  members: 25,
} as const;

export type Field = keyof typeof FIELD;

/** Where attributions start, cells × rows; the header lies before it. */
export const OUT = 512;
export const LANES = 64;
export const LEAF_FIELDS = 8;
export const BUNDLE_FIELDS = 4;
export const MEMBER_FIELDS = 5;
/** What counting one leaf through one vector takes at most; the rest of the scratch area follows. */
export const SCRATCH_BYTES = 1152;
/** Bits of a lane. */
export const LANE_BITS = 16;
/** Above so many players inside, rows are counted one by one. */
export const COUNTED_PLAYERS = 32;

/** Something that explains the rows in its memory. */
export interface Kernel {
  readonly kind: "webassembly" | "javascript";
  /** Never detached: the memory does not grow. */
  readonly buffer: ArrayBuffer;
  /** Explains the first `rows` rows of `values`; cells × rows are then at OUT. */
  attribute(rows: number): void;
}

/** Places one thing after the other, each at a multiple of 16 bytes, before the memory is there. */
export class MemoryPlan {
  #end = OUT;

  get bytes(): number {
    return this.#end;
  }

  reserve(bytes: number): number {
    const at = this.#end;
    this.#end = Math.ceil((at + bytes) / 16) * 16;
    return at;
  }
}

/** A memory's bytes as what is kept in it. */
export class MemoryViews {
  readonly words: Uint32Array;
  readonly shorts: Uint16Array;
  readonly numbers: Float64Array;

  constructor(buffer: ArrayBuffer) {
    this.words = new Uint32Array(buffer);
    this.shorts = new Uint16Array(buffer);
    this.numbers = new Float64Array(buffer);
  }

  putWords(at: number, values: ArrayLike<number>): void {
    this.words.set(values, at / 4);
  }

  putShorts(at: number, values: ArrayLike<number>): void {
    this.shorts.set(values, at / 2);
  }

  putNumbers(at: number, values: ArrayLike<number>): void {
    this.numbers.set(values, at / 8);
  }
}

/** Some of the header's fields, and what writes what they point at. Yields where it takes long. */
export interface MemoryPart {
  fields: Partial<Record<Field, number>>;
  write(views: MemoryViews): Generator<void>;
}
