import { decodeBase64Into } from "./bytes.ts";
import { CanonicalScan } from "./canonical-scan.ts";
import { COMMITMENT_HEAD_BYTES, writeCommitmentHead } from "./commitment.ts";
import type { Crypto } from "./crypto.ts";
import { digestsOf, kindOfLeafBytes, LEAF_HEAD_BYTES, LEAF_KINDS, type LeafKind } from "./leaf.ts";
import { MAX_LINE_BYTES } from "./lines.ts";

// Nine lines in ten of an export are an entry whose record is kept. This reads such a line in one pass over its bytes,
// without building values or text. It never refuses: what it does not recognise as honest, `parseExportLine` reads
// again, slowly, and says what is wrong. So it only ever may be too strict; `test/audit/kept-line.test.ts` compares.

const OPENING = ascii('{"index":');
const BEFORE_LEAF = ascii(',"leaf":"');
const BEFORE_RECORD = ascii('","record":');
const BEFORE_SALT = ascii(',"salt":"');
const CLOSING = ascii('"}');
const SALT_TEXT_BYTES = 44;
/** Records are a kilobyte or less; a longer one is read the slow way. */
const SCRATCH_BYTES = 64 * 1024;

type Said = { text: Uint8Array; digests: { opening: Uint8Array; place: number }[] };

/** How a record says its kind, and what stands before each digest, in the order of names, with its place in the leaf. */
const SAID = Object.fromEntries(
  Object.keys(LEAF_KINDS).map((name) => {
    const kind = name as LeafKind;
    const order = digestsOf(kind);
    const digests = [...order].sort().map((digest, i) => ({
      opening: ascii(`${i === 0 ? "{" : '",'}"${digest}":"`),
      place: order.indexOf(digest),
    }));
    return [kind, { text: ascii(`"${kind}"`), digests }];
  }),
) as { [kind in LeafKind]: Said };

export type KeptEntry = { hour: number; leafHash: Uint8Array };

export class KeptLineReader {
  readonly #crypto: Crypto;
  /** 0x00 and the leaf: what its hash covers. */
  readonly #leaf = new Uint8Array(1 + 3 * 256);
  /** What the record's commitment covers. */
  readonly #opening = new Uint8Array(COMMITMENT_HEAD_BYTES + SCRATCH_BYTES);
  readonly #scan = new CanonicalScan();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** The entry at `index` when the line is that entry's, canonical, and its record is what the leaf commits to. */
  read(line: Uint8Array, index: number): KeptEntry | null {
    if (line.length > MAX_LINE_BYTES || !startsWith(line, 0, OPENING)) return null;
    let at = decimalEnd(line, OPENING.length, index);
    if (at < 0 || !startsWith(line, at, BEFORE_LEAF)) return null;
    at += BEFORE_LEAF.length;
    const leafEnd = line.indexOf(0x22, at);
    if (leafEnd < 0 || leafEnd - at > 4 * 256) return null;
    const leafBytes = decodeBase64Into(line, at, leafEnd, this.#leaf, 1);
    if (leafBytes < 0 || !startsWith(line, leafEnd, BEFORE_RECORD)) return null;
    const leaf = this.#leaf.subarray(1, 1 + leafBytes);
    const kind = kindOfLeafBytes(leaf);
    // Some entries have items, and a key entry a signature: those belong to the slow way.
    if (kind === null || kind === "erasure" || kind === "coarsening" || kind === "key") return null;

    const recordStart = leafEnd + BEFORE_RECORD.length;
    const recordEnd = this.#scan.object(line, recordStart);
    if (recordEnd < 0 || recordEnd - recordStart > SCRATCH_BYTES) return null;
    const saltStart = recordEnd + BEFORE_SALT.length;
    const saltEnd = saltStart + SALT_TEXT_BYTES;
    if (!startsWith(line, recordEnd, BEFORE_SALT) || !startsWith(line, saltEnd, CLOSING)) return null;
    if (line.length !== saltEnd + CLOSING.length) return null;
    if (decodeBase64Into(line, saltStart, saltEnd, this.#opening, COMMITMENT_HEAD_BYTES - 40) !== 32)
      return null;

    const hour = hourOfLeaf(leaf);
    if (!this.#saysTheSame(line, leaf, kind, hour) || !this.#opens(line, recordStart, recordEnd, leaf))
      return null;
    return { hour, leafHash: this.#crypto.sha256(this.#leaf.subarray(0, 1 + leafBytes)) };
  }

  /** `kind`, `hour` and `digests` of the record just scanned are the leaf's. */
  #saysTheSame(line: Uint8Array, leaf: Uint8Array, kind: LeafKind, hour: number): boolean {
    const { kindStart, hourStart, digestsStart } = this.#scan;
    const { text, digests } = SAID[kind];
    if (kindStart < 0 || hourStart < 0 || !startsWith(line, kindStart, text)) return false;
    const hourEnd = decimalEnd(line, hourStart, hour);
    if (hourEnd < 0 || (line[hourEnd] !== 0x2c && line[hourEnd] !== 0x7d)) return false;
    return digests.length === 0 || (digestsStart >= 0 && digestsStand(line, digestsStart, leaf, digests));
  }

  #opens(line: Uint8Array, start: number, end: number, leaf: Uint8Array): boolean {
    writeCommitmentHead(this.#opening, end - start);
    this.#opening.set(line.subarray(start, end), COMMITMENT_HEAD_BYTES);
    const digest = this.#crypto.sha256(this.#opening.subarray(0, COMMITMENT_HEAD_BYTES + end - start));
    for (let i = 0; i < 32; i++) if (digest[i] !== leaf[22 + i]) return false;
    return true;
  }
}

const hourOfLeaf = (leaf: Uint8Array): number =>
  ((leaf[2]! << 24) | (leaf[3]! << 16) | (leaf[4]! << 8) | leaf[5]!) >>> 0;

/** Where the decimal of `value` ends, or −1 when something else stands there. */
function decimalEnd(bytes: Uint8Array, start: number, value: number): number {
  const text = String(value);
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return -1;
  return start + text.length;
}

/** `{"background":"<hex>",…}`, names sorted, each digest in the leaf's own order. */
function digestsStand(
  line: Uint8Array,
  start: number,
  leaf: Uint8Array,
  names: readonly { opening: Uint8Array; place: number }[],
): boolean {
  let at = start;
  for (const { opening, place } of names) {
    if (!startsWith(line, at, opening)) return false;
    at += opening.length;
    const from = LEAF_HEAD_BYTES + 32 * place;
    for (let i = from; i < from + 32; i++) {
      if (line[at] !== HEX[leaf[i]! >> 4] || line[at + 1] !== HEX[leaf[i]! & 15]) return false;
      at += 2;
    }
  }
  return line[at] === 0x22 && line[at + 1] === 0x7d;
}

const HEX = ascii("0123456789abcdef");

function startsWith(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
