/** What stands where an identifier stood. */
export const MASK = "▮▮▮";

/** Case, accents and compatibility forms folded away: "JOSÉ" and "jose" are one name. */
const fold = (text: string) => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();

const EMAIL = /[^\s@<>()[\]{},;:"']+@[^\s@<>()[\]{},;:"']+\.[\p{L}]{2,}/gu;
/** Five digits or more, however they are cut up: documents, phones, cards, account numbers. */
const LONG_NUMBER = /\d(?:[\s.\-–/()\u00a0]{0,2}\d){4,}/gu;

/**
 * A pattern that finds `identifier` in folded text: letters as they are, any run of space or punctuation between
 * its parts, digits with or without their separators.
 */
function finder(identifier: string): RegExp | null {
  const folded = fold(identifier);
  const digits = folded.replaceAll(/\D/g, "");
  const letters = folded.replaceAll(/[^\p{L}]/gu, "");
  const gap = "[\\s.,\\-–_/()\\u00a0]{0,3}";
  if (letters.length === 0) {
    return digits.length >= 3 ? new RegExp([...digits].join(gap), "gu") : null;
  }
  const words = folded.match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.length > 0 && words.join("").length >= 2
    ? new RegExp(words.join("[^\\p{L}\\p{N}]{0,3}"), "gu")
    : null;
}

/**
 * Masks in `text` every one of the given identifiers and every word of a name among them (three letters or more),
 * however they are written, then e-mail addresses and long numbers. Names that nobody told us of stay.
 */
export function maskText(text: string, identifiers: readonly string[]): string {
  const wanted = identifiers.flatMap((identifier) => [
    identifier,
    ...(identifier.match(/[\p{L}]{3,}/gu) ?? []).filter(() => /\s/u.test(identifier)),
  ]);
  // Folding may change lengths ("ﬁ" becomes two letters), so matches are carried back by position, letter by letter.
  const origin: number[] = [];
  let folded = "";
  let at = 0;
  for (const letter of text) {
    for (const unit of fold(letter)) {
      folded += unit;
      for (let i = 0; i < unit.length; i++) origin.push(at);
    }
    at += letter.length;
  }
  origin.push(text.length);

  const hidden = new Uint8Array(text.length);
  const hide = (pattern: RegExp) => {
    for (const match of folded.matchAll(pattern)) {
      hidden.fill(1, origin[match.index]!, origin[match.index + match[0].length] ?? text.length);
    }
  };
  for (const identifier of wanted) {
    const pattern = finder(identifier);
    if (pattern) hide(pattern);
  }
  hide(EMAIL);
  hide(LONG_NUMBER);

  let masked = "";
  for (let i = 0; i < text.length; i++) {
    if (!hidden[i]) masked += text[i];
    else if (i === 0 || !hidden[i - 1]) masked += MASK;
  }
  return masked;
}
