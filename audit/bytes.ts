import { Refusal } from "./refusal.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGIT = new Int8Array(128).fill(-1);
for (let i = 0; i < 64; i++) DIGIT[ALPHABET.charCodeAt(i)] = i;
const DIGIT_OF_BYTE = new Int8Array(256).fill(-1);
DIGIT_OF_BYTE.set(DIGIT);
const PAD = 0x3d;

const encoder = new TextEncoder();

/** UTF-8 of a string that must hold no lone surrogate (callers check; the encoder would replace it). */
export const utf8 = (text: string): Uint8Array => encoder.encode(text);

export const ZERO_16 = new Uint8Array(16);
export const ZERO_32 = new Uint8Array(32);

export function bytesEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concatBytes(...parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/** Big-endian u64 of a safe integer. Throws RangeError otherwise. */
export function u64(value: number): Uint8Array {
  if (!isIndex(value)) throw new RangeError("not a safe non-negative integer");
  const bytes = new Uint8Array(8);
  for (let at = 7, rest = value; rest > 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  return bytes;
}

/** Whether a value can be an index or a size: 0 … 2^53−1. */
export const isIndex = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Decimal without sign, spaces or leading zeroes, up to 2^53−1; null for anything else. */
export function parseDecimal(text: string): number | null {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return null;
  return isIndex(Number(text)) ? Number(text) : null;
}

export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

/** Inverse of `toHex` for text that is known to be hex: digests and hashes of our own. */
export const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));

/** RFC 4648 §4 with padding. */
export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += i + 1 < bytes.length ? ALPHABET[(group >> 6) & 63]! : "=";
    text += i + 2 < bytes.length ? ALPHABET[group & 63]! : "=";
  }
  return text;
}

/**
 * RFC 4648 §4, strictly: padded, no other character, and the bits that padding leaves over are zero, so that no
 * two texts give the same bytes. Throws Refusal `base64_invalid`, also when `length` is given and not met.
 */
export function fromBase64(text: string, length?: number): Uint8Array {
  if (text.length % 4 !== 0) refuse();
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array(Math.floor(text.length / 4) * 3 - padding);
  if (length !== undefined && bytes.length !== length) refuse();
  let bits = 0;
  let held = 0;
  let offset = 0;
  for (let i = 0; i < text.length - padding; i++) {
    const code = text.charCodeAt(i);
    const digit = code < 128 ? DIGIT[code]! : -1;
    if (digit < 0) refuse();
    held = ((held << 6) | digit) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[offset++] = held >> bits;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) refuse();
  return bytes;
}

/**
 * The same strictness over ASCII bytes, written into `out` from `offset` on: how many bytes, or −1 for what
 * `fromBase64` would refuse, an empty text, or too little room.
 */
export function decodeBase64Into(
  text: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  offset: number,
): number {
  const length = end - start;
  if (length === 0 || length % 4 !== 0 || end > text.length) return -1;
  const padding = text[end - 1] !== PAD ? 0 : text[end - 2] !== PAD ? 1 : 2;
  const bytes = (length / 4) * 3 - padding;
  if (offset + bytes > out.length) return -1;
  const whole = padding === 0 ? end : end - 4;
  let to = offset;
  let seen = 0;
  for (let i = start; i < whole; i += 4) {
    const a = DIGIT_OF_BYTE[text[i]!]!;
    const b = DIGIT_OF_BYTE[text[i + 1]!]!;
    const c = DIGIT_OF_BYTE[text[i + 2]!]!;
    const d = DIGIT_OF_BYTE[text[i + 3]!]!;
    // A stray character is negative, and so is what it is joined with.
    seen |= a | b | c | d;
    out[to++] = (a << 2) | (b >> 4);
    out[to++] = (b << 4) | (c >> 2);
    out[to++] = (c << 6) | d;
  }
  if (padding > 0) {
    const a = DIGIT_OF_BYTE[text[whole]!]!;
    const b = DIGIT_OF_BYTE[text[whole + 1]!]!;
    const c = padding === 1 ? DIGIT_OF_BYTE[text[whole + 2]!]! : 0;
    seen |= a | b | c;
    if (((padding === 1 ? c << 6 : b << 4) & 0xff) !== 0) return -1;
    out[to++] = (a << 2) | (b >> 4);
    if (padding === 1) out[to++] = (b << 4) | (c >> 2);
  }
  return seen < 0 ? -1 : bytes;
}

function refuse(): never {
  throw new Refusal("base64_invalid");
}
