/** Deeper nesting than any record of ours; the slow way judges it. */
const MAX_SCAN_DEPTH = 16;
const MEMBERS = ["digests", "hour", "kind"].map((name) => new TextEncoder().encode(name));

/**
 * Checks in one pass over bytes that they are canonical JSON (RFC 8785), building nothing. Stricter than `canonical.ts`:
 * names of members beyond ASCII, and numbers that it cannot judge by their digits, are left to that.
 */
export class CanonicalScan {
  /** Where the values of the scanned object's own `digests`, `hour` and `kind` begin; −1 where it has none. */
  digestsStart = -1;
  hourStart = -1;
  kindStart = -1;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #beyondAscii = false;

  /** Where the object that begins at `start` ends, or −1 for what is not surely canonical. */
  object(bytes: Uint8Array, start: number): number {
    this.digestsStart = -1;
    this.hourStart = -1;
    this.kindStart = -1;
    this.#beyondAscii = false;
    if (bytes[start] !== 0x7b) return -1;
    const end = this.#members(bytes, start, 0);
    if (end < 0 || !this.#beyondAscii) return end;
    try {
      this.#decoder.decode(bytes.subarray(start, end));
      return end;
    } catch {
      return -1;
    }
  }

  #value(bytes: Uint8Array, at: number, depth: number): number {
    const first = bytes[at];
    if (first === 0x22) return this.#text(bytes, at);
    if (first === 0x7b) return this.#members(bytes, at, depth);
    if (first === 0x5b) return this.#items(bytes, at, depth);
    if (first === 0x74) return word(bytes, at, TRUE);
    if (first === 0x66) return word(bytes, at, FALSE);
    if (first === 0x6e) return word(bytes, at, NULL);
    return numberEnd(bytes, at);
  }

  #members(bytes: Uint8Array, start: number, depth: number): number {
    if (depth >= MAX_SCAN_DEPTH) return -1;
    let at = start + 1;
    if (bytes[at] === 0x7d) return at + 1;
    let previousStart = 0;
    let previousEnd = 0;
    for (;;) {
      if (bytes[at] !== 0x22) return -1;
      const nameStart = at + 1;
      const nameEnd = plainTextEnd(bytes, nameStart);
      if (nameEnd < 0 || bytes[nameEnd + 1] !== 0x3a) return -1;
      // UTF-16 order is byte order within ASCII; equal names are refused here too.
      if (previousEnd > 0 && !before(bytes, previousStart, previousEnd, nameStart, nameEnd)) return -1;
      previousStart = nameStart;
      previousEnd = nameEnd;
      at = nameEnd + 2;
      if (depth === 0) this.#note(bytes, nameStart, nameEnd, at);
      at = this.#value(bytes, at, depth + 1);
      if (at < 0) return -1;
      if (bytes[at] === 0x7d) return at + 1;
      if (bytes[at] !== 0x2c) return -1;
      at += 1;
    }
  }

  #items(bytes: Uint8Array, start: number, depth: number): number {
    if (depth >= MAX_SCAN_DEPTH) return -1;
    let at = start + 1;
    if (bytes[at] === 0x5d) return at + 1;
    for (;;) {
      at = this.#value(bytes, at, depth + 1);
      if (at < 0) return -1;
      if (bytes[at] === 0x5d) return at + 1;
      if (bytes[at] !== 0x2c) return -1;
      at += 1;
    }
  }

  #text(bytes: Uint8Array, start: number): number {
    for (let at = start + 1; at < bytes.length; at++) {
      const byte = bytes[at]!;
      if (byte === 0x22) return at + 1;
      if (byte < 0x20) return -1;
      if (byte >= 0x80) this.#beyondAscii = true;
      else if (byte === 0x5c) {
        at = escapeEnd(bytes, at + 1);
        if (at < 0) return -1;
      }
    }
    return -1;
  }

  #note(bytes: Uint8Array, start: number, end: number, value: number): void {
    if (same(bytes, start, end, MEMBERS[0]!)) this.digestsStart = value;
    else if (same(bytes, start, end, MEMBERS[1]!)) this.hourStart = value;
    else if (same(bytes, start, end, MEMBERS[2]!)) this.kindStart = value;
  }
}

const [TRUE, FALSE, NULL] = ["true", "false", "null"].map((text) => new TextEncoder().encode(text)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function word(bytes: Uint8Array, at: number, expected: Uint8Array): number {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return -1;
  return at + expected.length;
}

function same(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  return end - start === expected.length && word(bytes, start, expected) === end;
}

/** End of a member's name of plain printable ASCII, or −1. */
function plainTextEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === 0x22) return at;
    if (byte < 0x20 || byte >= 0x80 || byte === 0x5c) return -1;
  }
  return -1;
}

function before(bytes: Uint8Array, start1: number, end1: number, start2: number, end2: number): boolean {
  const shorter = Math.min(end1 - start1, end2 - start2);
  for (let i = 0; i < shorter; i++) {
    const difference = bytes[start1 + i]! - bytes[start2 + i]!;
    if (difference !== 0) return difference < 0;
  }
  return end1 - start1 < end2 - start2;
}

/** The last byte of the escape whose letter stands at `at`, or −1 when JSON.stringify would not have written it. */
function escapeEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case 0x22: // \"
    case 0x5c: // \\
    case 0x62: // \b
    case 0x66: // \f
    case 0x6e: // \n
    case 0x72: // \r
    case 0x74: // \t
      return at;
    case 0x75: {
      // \u00xx of a control character that has no letter of its own, in lower case
      const high = bytes[at + 3]!;
      const low = bytes[at + 4]!;
      const digit = low >= 0x30 && low <= 0x39 ? low - 0x30 : low >= 0x61 && low <= 0x66 ? low - 0x57 : -1;
      if (bytes[at + 1] !== 0x30 || bytes[at + 2] !== 0x30 || digit < 0) return -1;
      if (high === 0x31) return at + 4;
      const lettered = digit === 8 || digit === 9 || digit === 10 || digit === 12 || digit === 13;
      return high === 0x30 && !lettered ? at + 4 : -1;
    }
    default:
      return -1;
  }
}

/**
 * End of a number as ECMAScript writes it, or −1. At most 15 significant digits: any two such decimals are different
 * doubles, so each is the shortest that names its own. No exponent: −1 leaves those to the slow way.
 */
function numberEnd(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  const whole = at;
  let digit = bytes[at]!;
  while (digit >= 0x30 && digit <= 0x39) digit = bytes[++at]!;
  const wholeDigits = at - whole;
  const isZero = wholeDigits === 1 && bytes[whole] === 0x30;
  if (wholeDigits === 0 || wholeDigits > 15 || (bytes[whole] === 0x30 && !isZero)) return -1;
  if (digit !== 0x2e) {
    // "-0" is written 0.
    if ((isZero && whole > start) || digit === 0x65 || digit === 0x45) return -1;
    return at;
  }
  const fraction = ++at;
  digit = bytes[at]!;
  while (digit >= 0x30 && digit <= 0x39) digit = bytes[++at]!;
  if (at === fraction || bytes[at - 1] === 0x30 || digit === 0x65 || digit === 0x45) return -1;
  if (!isZero) return wholeDigits + at - fraction <= 15 ? at : -1;
  let zeroes = 0;
  while (bytes[fraction + zeroes] === 0x30) zeroes++;
  // Below 1e-6 ECMAScript writes an exponent.
  return zeroes <= 5 && at - fraction - zeroes <= 15 ? at : -1;
}
