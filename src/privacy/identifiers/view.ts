/**
 * A text as the patterns read it, with the way back: dashes and spaces in their plain forms, zero-width characters
 * gone, percent and `\u` escapes of anything but plain letters and digits undone. `origin[i]` is where the i-th unit
 * came from in the text that was given; `origin` has one more entry, its end.
 */
export interface TextView {
  text: string;
  origin: Int32Array;
}

const PLAIN = /^[\n\r\t\x20-\x24\x26-\x5b\x5d-\x7e\u00a1-\u00ac\u00ae-\u024f]*$/;
const INVISIBLE = /[\u00ad\u200b-\u200f\u2060\ufeff]/;
const DASH = /[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]/;
const SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]/;
/** One character's percent-encoded bytes, as its first byte says how many. */
const PERCENT =
  /%[0-7][0-9a-fA-F]|%[cd][0-9a-f](?:%[0-9a-f]{2})|%e[0-9a-f](?:%[0-9a-f]{2}){2}|%f[0-7](?:%[0-9a-f]{2}){3}/iy;
/** A line's end or tab as JSON writes it, where it would be a letter glued to a number. */
const BACKSLASH_SPACE = /\\[nrt](?=[\d+(])/y;
const BACKSLASH_U = /\\u([0-9a-fA-F]{4})/y;

function percentDecoded(escaped: string): string | null {
  try {
    const decoded = decodeURIComponent(escaped);
    // Nobody escapes letters and digits in an address: "50%31" is a percentage before a number.
    return /[a-zA-Z0-9\p{Cc}]/u.test(decoded) ? null : decoded;
  } catch {
    return null;
  }
}

function plain(character: string): string {
  if (INVISIBLE.test(character)) return "";
  if (DASH.test(character)) return "-";
  if (SPACE.test(character)) return " ";
  // Full-width and mathematical digits and letters, "＠", ligatures. Superscripts would glue a number to its unit.
  return /[\uff01-\uff5e\ufb00-\ufb06]|[\u{1d400}-\u{1d7ff}]/u.test(character)
    ? character.normalize("NFKC")
    : character;
}

/** The escape that begins at `at`, or null. */
function escapeAt(text: string, at: number): { decoded: string; length: number } | null {
  if (text[at] === "%") {
    PERCENT.lastIndex = at;
    const match = PERCENT.exec(text)?.[0];
    const decoded = match === undefined ? null : percentDecoded(match);
    return decoded === null ? null : { decoded, length: match!.length };
  }
  if (text[at] !== "\\") return null;
  BACKSLASH_SPACE.lastIndex = at;
  if (BACKSLASH_SPACE.test(text)) return { decoded: " ", length: 2 };
  BACKSLASH_U.lastIndex = at;
  const match = BACKSLASH_U.exec(text);
  return match && { decoded: String.fromCharCode(Number.parseInt(match[1]!, 16)), length: 6 };
}

/** Never throws, lone surrogates included. */
export function viewOf(text: string): TextView {
  if (PLAIN.test(text)) {
    return { text, origin: Int32Array.from({ length: text.length + 1 }, (_, i) => i) };
  }
  const origin: number[] = [];
  let seen = "";
  for (let at = 0; at < text.length; ) {
    const undone = escapeAt(text, at);
    const character = undone === null ? String.fromCodePoint(text.codePointAt(at)!) : null;
    const length = undone?.length ?? character!.length;
    const shown = undone ? [...undone.decoded].map(plain).join("") : plain(character!);
    for (let i = 0; i < shown.length; i++) origin.push(at);
    seen += shown;
    at += length;
  }
  origin.push(text.length);
  return { text: seen, origin: Int32Array.from(origin) };
}

/** Case, accents and compatibility forms folded away: "JOSÉ" and "jose" are one name. */
export const fold = (text: string): string => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();

/** The same view with each character folded. */
export function foldedView({ text, origin }: TextView): TextView {
  const from: number[] = [];
  let folded = "";
  let at = 0;
  for (const character of text) {
    const shown = fold(character);
    for (let i = 0; i < shown.length; i++) from.push(origin[at]!);
    folded += shown;
    at += character.length;
  }
  from.push(origin[text.length]!);
  return { text: folded, origin: Int32Array.from(from) };
}

/** Where, in the original, the unit before `end` of the view ends: what came of one character ends together. */
export function endInOriginal(origin: Int32Array, end: number): number {
  const last = origin[end - 1]!;
  let next = end;
  while (next < origin.length - 1 && origin[next] === last) next += 1;
  return origin[next]!;
}
