import type { Form } from "./forms.ts";

const PREFIX = 8;
const BASE = 0x01000193;
const BITS = 27;
const TOP = Array.from({ length: PREFIX - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1);
/** Longer than any needle. */
const OVERLAP = 1_024;

/** ASCII letters in lower case, all other bytes as they are. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 65 && byte <= 90 ? byte + 32 : byte));

const hashOf = (bytes: Uint8Array, at: number): number => {
  let hash = 0;
  for (let i = 0; i < PREFIX; i++) hash = (Math.imul(hash, BASE) + bytes[at + i]!) | 0;
  return hash;
};
const slotOf = (hash: number) => (Math.imul(hash, 0x9e3779b1) >>> (32 - BITS)) >>> 0;

const isHexOrDash = (byte: number | undefined) =>
  byte !== undefined && ((byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 102) || byte === 45);

/** What was found: which value of whose in which form, and where. */
export interface Finding {
  what: string;
  kind: string;
  /** Bytes around it, for whoever mends the leak. */
  around: string;
}

/**
 * Very many needles at once in very long haystacks: a rolling hash of eight bytes (Rabin and Karp), a bitmap of those that
 * a needle begins with, and the needles behind each.
 */
export class Needles {
  readonly #starts = new Uint8Array(1 << (BITS - 3));
  readonly #byHash = new Map<number, number[]>();
  readonly #needles: { what: string; form: Form; folded: Buffer; isNumber: boolean }[] = [];

  add(what: string, form: Form): void {
    const folded = Buffer.from(form.bytes.map((byte) => FOLDED[byte]!));
    if (folded.length < PREFIX || folded.length >= OVERLAP)
      throw new RangeError("too short or long to search for");
    const hash = hashOf(folded, 0);
    const slot = slotOf(hash);
    this.#starts[slot >>> 3]! |= 1 << (slot & 7);
    const known = this.#byHash.get(hash);
    if (known) known.push(this.#needles.length);
    else this.#byHash.set(hash, [this.#needles.length]);
    const isNumber = /^[0-9-]+$/.test(folded.toString("latin1"));
    this.#needles.push({ what, form, folded, isNumber });
  }

  get count(): number {
    return this.#needles.length;
  }

  /** @param found called for each occurrence @returns how many bytes were looked through */
  async search(haystack: AsyncIterable<Uint8Array>, found: (finding: Finding) => void): Promise<number> {
    let left = Buffer.alloc(0);
    let total = 0;
    for await (const chunk of haystack) {
      total += chunk.length;
      const text = Buffer.concat([left, chunk]);
      for (let i = 0; i < text.length; i++) text[i] = FOLDED[text[i]!]!;
      const end = Math.max(0, text.length - OVERLAP);
      this.#searchIn(text, end, found);
      left = text.subarray(end);
    }
    this.#searchIn(Buffer.concat([left, Buffer.alloc(PREFIX)]), left.length, found);
    return total;
  }

  #searchIn(text: Buffer, end: number, found: (finding: Finding) => void): void {
    if (text.length < PREFIX) return;
    let hash = hashOf(text, 0);
    for (let at = 0; at < end; at++) {
      const slot = slotOf(hash);
      if (this.#starts[slot >>> 3]! & (1 << (slot & 7))) {
        for (const number of this.#byHash.get(hash) ?? []) this.#compare(text, at, number, found);
      }
      hash = (Math.imul((hash - Math.imul(text[at]!, TOP)) | 0, BASE) + (text[at + PREFIX] ?? 0)) | 0;
    }
  }

  #compare(text: Buffer, at: number, number: number, found: (finding: Finding) => void): void {
    const { what, form, folded, isNumber } = this.#needles[number]!;
    if (at + folded.length > text.length) return;
    if (text.compare(folded, 0, folded.length, at, at + folded.length) !== 0) return;
    if (isNumber && isInsideHex(text, at, at + folded.length)) return;
    const around = text.toString("latin1", Math.max(0, at - 60), at + folded.length + 60);
    found({ what, kind: form.kind, around: around.replaceAll(/[^\x20-\x7e]/g, "·") });
  }
}

/** Digits inside a ciphertext's or a UUID's hexadecimal digits are there by chance; a value's own hexadecimal form is not. */
function isInsideHex(text: Buffer, start: number, end: number): boolean {
  let [from, to] = [start, end];
  while (isHexOrDash(text[from - 1]) && start - from < 40) from -= 1;
  while (isHexOrDash(text[to]) && to - end < 40) to += 1;
  return to - from >= 20 && /[a-f]/.test(text.toString("latin1", from, to));
}
