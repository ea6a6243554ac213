import { createHash } from "node:crypto";

/** One way in which a value could be lying about. */
export interface Form {
  kind: string;
  bytes: Buffer;
}

const HASHES = ["md5", "sha1", "sha256"] as const;
const SHORTEST = 8;

const withoutAccents = (text: string) => text.normalize("NFD").replaceAll(/\p{M}/gu, "");

/** As written, and as programs make it alike: case, accents, punctuation. */
function writings(value: string): Map<string, string> {
  const bare = withoutAccents(value)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}@]/gu, "");
  const found = new Map<string, string>();
  for (const [kind, text] of [
    ["raw", value],
    ["case-folded", value.toLowerCase()],
    ["upper case", value.toUpperCase()],
    ["decomposed", value.normalize("NFD")],
    ["without accents", withoutAccents(value)],
    ["normalised", bare],
    ["trimmed of its country", bare.replace(/^55(?=\d{11}$)/, "")],
  ] as const) {
    if (![...found.values()].includes(text)) found.set(kind, text);
  }
  return found;
}

/** Base64 of a text that stands anywhere in what was encoded: at each of three places, without the ends it shares. */
function base64Forms(bytes: Buffer): Buffer[] {
  return [0, 1, 2].flatMap((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString("base64")
      .replaceAll("=", "");
    const first = Math.ceil((shift * 8) / 6);
    const last = Math.floor(((shift + bytes.length) * 8) / 6);
    const inner = encoded.slice(first, last);
    const url = inner.replaceAll("+", "-").replaceAll("/", "_");
    return url === inner ? [Buffer.from(inner)] : [Buffer.from(inner), Buffer.from(url)];
  });
}

/** A bare number of fewer digits is found by chance in any hour of logs; its hashes and its hexadecimal form are not. */
const isTooCommon = (text: string) => /^\d{0,9}$/.test(text);

/**
 * The forms of a value, ASCII letters meant in either case: as written and normalised; each of them as text, escaped as in
 * JSON, percent-encoded, in base64, in hexadecimal, and as unsalted MD5, SHA-1 and SHA-256 in bytes, hexadecimal and base64.
 */
export function formsOf(value: string): Form[] {
  const forms: Form[] = [];
  const add = (kind: string, bytes: Buffer) => {
    if (bytes.length >= SHORTEST) forms.push({ kind, bytes });
  };
  for (const [writing, text] of writings(value)) {
    const bytes = Buffer.from(text);
    if (!isTooCommon(text)) {
      add(writing, bytes);
      const escaped = text.replaceAll(
        /[\u0080-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      if (escaped !== text) add(`${writing}, escaped`, Buffer.from(escaped));
      const percent = encodeURIComponent(text);
      if (percent !== text) add(`${writing}, percent-encoded`, Buffer.from(percent));
    }
    for (const encoded of base64Forms(bytes)) add(`${writing}, base64`, encoded);
    add(`${writing}, hex`, Buffer.from(bytes.toString("hex")));
    for (const hash of HASHES) {
      const digest = createHash(hash).update(bytes).digest();
      add(`${writing}, ${hash} bytes`, digest);
      add(`${writing}, ${hash} hex`, Buffer.from(digest.toString("hex")));
      add(
        `${writing}, ${hash} base64`,
        Buffer.from(digest.toString("base64").replaceAll("=", "").slice(0, -1)),
      );
    }
  }
  return forms;
}
