import {
  BUNDLE_FIELDS,
  COUNTED_PLAYERS,
  FIELD,
  type Field,
  type Kernel,
  LANE_BITS,
  LANES,
  LEAF_FIELDS,
  MEMBER_FIELDS,
  OUT,
} from "./memory.ts";

/** Every vector of increments as the words that are not 0. */
interface SparseIncrements {
  /** One an entry. */
  firstVectors: Int32Array;
  /** One a vector, and the end. */
  starts: Int32Array;
  places: Uint8Array;
  increments: Int32Array;
  /** For each number in a group's row the cell that it adds to. */
  cells: Int32Array;
}

function sparseIncrements(words: Int32Array, shorts: Uint16Array): SparseIncrements {
  const field = (name: Field) => words[FIELD[name]]!;
  const count = words[field("blockStarts") / 4 + field("blocks")]!;
  const firstVectors = new Int32Array(count);
  const starts = [0];
  const places: number[] = [];
  const increments: number[] = [];
  for (let e = 0; e < count; e++) {
    const entry = field("entries") / 4 + 3 * e;
    firstVectors[e] = starts.length - 1;
    const [bundle, at] = [words[entry]! / 4, words[entry + 2]! / 4];
    const record = field("bundleRecords") / 4 + BUNDLE_FIELDS * bundle;
    const [map, codes, bytes] = [words[record]!, words[record + 2]!, words[record + 3]!];
    let vectors = 0;
    for (let code = 0; code < codes; code++)
      vectors = Math.max(vectors, 1 + shorts[(map + code * bytes + words[entry + 1]!) / 2]!);
    for (let v = 0; v < vectors; v++) {
      for (let w = 0; w < LANES / 2; w++) {
        const increment = words[at + (v * LANES) / 2 + w]!;
        if (increment === 0) continue;
        places.push(w);
        increments.push(increment);
      }
      starts.push(places.length);
    }
  }
  return {
    firstVectors,
    starts: Int32Array.from(starts),
    places: Uint8Array.from(places),
    increments: Int32Array.from(increments),
    cells: cellsOf(words),
  };
}

function cellsOf(words: Int32Array): Int32Array {
  const field = (name: Field) => words[FIELD[name]]!;
  let count = 0;
  for (let run = 0; run < field("runCount"); run++) {
    const at = field("runs") / 4 + 2 * run;
    count += words[at]! * words[at + 1]!;
  }
  const from = field("places") / 4;
  return words.subarray(from, from + count).map((place) => place / 8);
}

/**
 * The kernel in JavaScript: where WebAssembly is refused, and as what the compiled one is compared with. Numbers are
 * added up in the same order, so that both give the same bits.
 */
export class PlainKernel implements Kernel {
  readonly kind = "javascript";
  readonly buffer: ArrayBuffer;
  /** Signed, which is what the engine computes fastest with: no offset and no count needs the highest bit. */
  readonly #words: Int32Array;
  readonly #shorts: Uint16Array;
  readonly #numbers: Float64Array;
  /** For each count of players inside: how many rows have it, player by player and in all. Zeros between two uses. */
  readonly #counts = new Uint32Array(COUNTED_PLAYERS ** 2);
  /** Of what was in the memory at the first call. */
  #sparse: SparseIncrements | undefined;

  constructor(bytes: number) {
    this.buffer = new ArrayBuffer(Math.ceil(bytes / 16) * 16);
    this.#words = new Int32Array(this.buffer);
    this.#shorts = new Uint16Array(this.buffer);
    this.#numbers = new Float64Array(this.buffer);
  }

  attribute(rows: number): void {
    const from = OUT / 8;
    this.#numbers.fill(0, from, from + this.#field("cells") * rows);
    for (let r = 0; r < rows; r++) {
      this.#code(r);
      this.#index();
      this.#add(rows, from + r);
      if (this.#field("leafCount") > 0) this.#addLeaves(rows, from + r);
    }
  }

  #field(field: Field): number {
    return this.#words[FIELD[field]]!;
  }

  /** A number's code is 1 + the number of cuts below it, 0 for a missing one; a bundle's is made of its members'. */
  #code(row: number): void {
    const [words, numbers] = [this.#words, this.#numbers];
    const values = this.#field("values") / 8 + row * this.#field("slots");
    const codes = this.#field("codes") / 4;
    const bundles = this.#field("bundles");
    let record = this.#field("bundleRecords") / 4;
    let member = this.#field("members") / 4;
    for (let b = 0; b < bundles; b++, record += BUNDLE_FIELDS) {
      let sum = words[record]!;
      const end = member + MEMBER_FIELDS * words[record + 1]!;
      for (; member < end; member += MEMBER_FIELDS) {
        const given = numbers[values + (words[member]! >> 3)]!;
        const value = words[member + 4] === 0 ? given : Math.fround(given);
        const first = words[member + 1]! >> 3;
        const stop = first + words[member + 2]!;
        // A one-hot column has one cut, and there may be many of them.
        let low = first < stop && numbers[first]! < value ? first + 1 : first;
        let high = low === first ? first : stop;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (numbers[middle]! < value) low = middle + 1;
          else high = middle;
        }
        const code = first === stop ? value : Number.isNaN(value) ? 0 : low - first + 1;
        sum += code * words[member + 3]!;
      }
      words[codes + b] = sum;
    }
  }

  /**
   * Two lanes a step, since no lane's sum needs more than its 16 bits, and only those that something is added to.
   * Always into the first row's place.
   */
  #index(): void {
    this.#sparse ??= sparseIncrements(this.#words, this.#shorts);
    const { firstVectors, starts, places, increments } = this.#sparse;
    const [words, shorts] = [this.#words, this.#shorts];
    const blocks = this.#field("blocks");
    const blockStarts = this.#field("blockStarts") / 4;
    const entries = this.#field("entries") / 4;
    const codes = this.#field("codes") / 4;
    const half = LANES / 2;
    let into = this.#field("indexes") / 4;
    words.fill(0, into, into + blocks * half);
    for (let b = 0; b < blocks; b++, into += half) {
      const end = words[blockStarts + b + 1]!;
      for (let e = words[blockStarts + b]!; e < end; e++) {
        const entry = entries + 3 * e;
        const code = words[codes + (words[entry]! >> 2)]!;
        const vector = firstVectors[e]! + shorts[(code + words[entry + 1]!) >> 1]!;
        const stop = starts[vector + 1]!;
        for (let k = starts[vector]!; k < stop; k++) words[into + places[k]!]! += increments[k]!;
      }
    }
  }

  #add(rows: number, out: number): void {
    const [words, shorts, numbers] = [this.#words, this.#shorts, this.#numbers];
    const { cells } = this.#sparse!;
    const runs = this.#field("runs") / 4;
    const lastRun = runs + 2 * this.#field("runCount");
    let lane = this.#field("indexes") / 2;
    let base = this.#field("bases") / 4;
    let place = 0;
    for (let run = runs; run < lastRun; run += 2) {
      const width = words[run]!;
      const end = lane + words[run + 1]!;
      for (; lane < end; lane++) {
        const at = (words[base++]! >> 3) + shorts[lane]! * width;
        // One row at a time is what matters here, and a multiplication in each step would be felt.
        if (rows === 1) for (let c = 0; c < width; c++) numbers[out + cells[place + c]!]! += numbers[at + c]!;
        else for (let c = 0; c < width; c++) numbers[out + cells[place + c]! * rows]! += numbers[at + c]!;
        place += width;
      }
    }
  }

  #addLeaves(rows: number, out: number): void {
    const [words, shorts] = [this.#words, this.#shorts];
    const setWords = 4 * this.#field("vectors");
    const every = this.#field("everyRow") / 4;
    const width = this.#field("scratchWidth");
    const failed = this.#field("scratch") / 4;
    const inside = failed + width;
    const alive = inside + 3 * width;
    const lacks = alive + setWords;
    words.fill(0, failed, failed + width);
    let lane = (this.#field("indexes") + this.#field("leafLanes")) / 2;
    const count = this.#field("leafCount");
    let leaf = this.#field("leaves") / 4;
    for (let l = 0; l < count; l++, leaf += LEAF_FIELDS) {
      const players = words[leaf + 1]!;
      const sets = words[leaf + 3]! >>> 2;
      const lanes = Math.ceil(words[leaf]! / LANE_BITS);
      let outside = 0;
      for (let w = 0; w < setWords; w++) words[alive + w] = words[every + w]!;
      let living = true;
      for (let k = 0; k < lanes && living; k++) {
        const owners = words[leaf + 2]! / 2 + k * LANE_BITS;
        for (let bits = shorts[lane + k]!; bits !== 0 && living; bits &= bits - 1) {
          const player = shorts[owners + 31 - Math.clz32(bits & -bits)]!;
          if (words[failed + player] === l + 1) continue;
          words[failed + player] = l + 1;
          outside++;
          let any = 0;
          for (let w = 0; w < setWords; w++) {
            const left = words[alive + w]! & words[sets + player * setWords + w]!;
            words[alive + w] = left;
            any |= left;
          }
          living = any !== 0;
        }
      }
      lane += lanes;
      if (!living) continue;
      let most = 0;
      for (let player = 0; player < players; player++) {
        if (words[failed + player] === l + 1) continue;
        let any = 0;
        for (let w = 0; w < setWords; w++) {
          const lacking = words[alive + w]! & ~words[sets + player * setWords + w]!;
          words[lacks + most * setWords + w] = lacking;
          any |= lacking;
        }
        if (any !== 0) words[inside + most++] = player;
      }
      if (most === 0 && outside === 0) continue;
      const loses = this.#gains(most, outside, { alive, lacks, setWords, gains: (inside + width) / 2 });
      this.#give(leaf, { most, inside, width, outside, players, failed, stamp: l + 1, loses, rows, out });
    }
  }

  /** Fills in what each player inside gains. @returns what each outside loses, for a leaf of value 1 */
  #gains(
    most: number,
    outside: number,
    at: { alive: number; lacks: number; setWords: number; gains: number },
  ): number {
    const { alive, lacks, setWords, gains } = at;
    const [words, numbers, counts] = [this.#words, this.#numbers, this.#counts];
    const width = this.#field("shareWidth");
    const insideShare = this.#field("shares") / 8 + outside * width;
    const outsideShare = insideShare + width * width;
    const counting = this.#field("equalWeights") !== 0 && most < COUNTED_PLAYERS;
    const weights = this.#field("weights") / 8;
    const line = most + 1;
    numbers.fill(0, gains, gains + most);
    let loses = 0;
    for (let v = 0; v < setWords; v += 4) {
      let part = 0;
      for (let w = v; w < v + 4; w++)
        for (let bits = words[alive + w]!; bits !== 0; bits &= bits - 1) {
          const shift = 31 - Math.clz32(bits & -bits);
          let a = 0;
          for (let i = 0; i < most; i++) a += (words[lacks + i * setWords + w]! >>> shift) & 1;
          if (counting) {
            counts[a * line + most]!++;
            for (let i = 0; i < most; i++)
              counts[a * line + i]! += (words[lacks + i * setWords + w]! >>> shift) & 1;
            continue;
          }
          const weight = numbers[weights + w * 32 + shift]!;
          part += weight * numbers[outsideShare + a]!;
          const share = weight * numbers[insideShare + a]!;
          for (let i = 0; i < most; i++)
            numbers[gains + i]! += share * ((words[lacks + i * setWords + w]! >>> shift) & 1);
        }
      for (let a = 0; a <= most && counting; a++) {
        const row = a * line;
        if (counts[row + most] === 0) continue;
        part += numbers[outsideShare + a]! * counts[row + most]!;
        const share = numbers[insideShare + a]!;
        for (let i = 0; a > 0 && i < most; i++) numbers[gains + i]! += share * counts[row + i]!;
        counts.fill(0, row, row + line);
      }
      loses += part;
    }
    return loses;
  }

  #give(
    leaf: number,
    at: Record<
      "most" | "inside" | "width" | "outside" | "players" | "failed" | "stamp" | "loses" | "rows" | "out",
      number
    >,
  ): void {
    const [words, numbers] = [this.#words, this.#numbers];
    const { most, inside, width, players, failed, rows } = at;
    const places = words[leaf + 4]! >>> 2;
    const values = words[leaf + 5]! >>> 3;
    const targets = words[leaf + 6]!;
    const cells = words[leaf + 7]! >>> 2;
    const gains = (inside + width) / 2;
    for (let t = 0; t < targets; t++) {
      const value = numbers[values + t]!;
      const from = at.out + (words[cells + t]! >>> 3) * rows;
      const cellOf = (player: number) => from + (words[places + player]! >>> 3) * rows;
      for (let i = 0; i < most; i++) numbers[cellOf(words[inside + i]!)]! += numbers[gains + i]! * value;
      for (let player = 0; at.outside > 0 && player < players; player++)
        if (words[failed + player] === at.stamp) numbers[cellOf(player)]! += at.loses * value;
    }
  }
}
