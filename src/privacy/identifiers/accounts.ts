import { ibanLength, isCard, isIban } from "./check-digits.ts";
import { labelsOf } from "./labels.ts";
import type { Claims, Span } from "./span.ts";

const IBAN_START = /[a-zA-Z]{2}\d\d|[A-Z]{2}[ \-.]\d ?\d/g;
const LETTER_OR_DIGIT = /[a-zA-Z0-9]/;

/**
 * IBANs, however they are grouped: from each country and two digits on, exactly as many characters as the country has,
 * so that no word before or after is taken in.
 */
export function* ibans(text: string, claims: Claims): Generator<Span> {
  IBAN_START.lastIndex = 0;
  for (let match = IBAN_START.exec(text); match; match = IBAN_START.exec(text)) {
    const start = match.index;
    IBAN_START.lastIndex = start + 1;
    const length = ibanLength(text.slice(start, start + 2).toUpperCase());
    if (length === null) continue;
    let electronic = "";
    let gap = 0;
    let end = start;
    while (end < text.length && electronic.length < length && gap <= 2) {
      const character = text[end]!;
      if (LETTER_OR_DIGIT.test(character)) {
        electronic += character;
        gap = 0;
      } else if (" -._/".includes(character)) gap += 1;
      else break;
      end += 1;
    }
    if (electronic.length < length || /\d/.test(text[end] ?? "")) continue;
    if (!isIban(electronic.toUpperCase()) || !claims.isFree(start, end)) continue;
    // "SA 6363 6878 7332 1428 on the t": words, where only a bank's four letters stand by themselves.
    const groups = text.slice(start + 2, end).split(/[^a-zA-Z0-9]+/);
    if (groups.some((group) => /^[a-zA-Z]+$/.test(group) && group.length !== 4)) continue;
    yield { start, end, type: "iban" };
    IBAN_START.lastIndex = end;
  }
}

const GROUPED =
  /(?<!\d)(?:\d{4}([ .\-_]{1,2})\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3}(?!\d))?|\d{4}[ .\-_]\d{6}[ .\-_]\d{4,5})(?!\d)/g;
const FOUR_FOURS = /(?<!\d)\d{4}([ .\-_]{1,2})\d{4}\1\d{4}\1\d{4}(?!\d)/g;
const UNGROUPED = /(?<!\d)\d{13,19}(?!\d)/g;
const ANYHOW = /(?<!\d)\d(?:[ .\-_]{0,2}\d){12,18}(?!\d)/g;

/** Payment cards by Luhn, scheme and length; wrong ones only where the word stands beside them and `mistyped` is asked. */
export function* paymentCards(
  text: string,
  claims: Claims,
  { mistyped }: { mistyped: boolean },
): Generator<Span> {
  for (const pattern of [GROUPED, FOUR_FOURS, UNGROUPED, ANYHOW]) {
    for (const { index: start, 0: match } of text.matchAll(pattern)) {
      const end = start + match.length;
      if (!claims.isFree(start, end)) continue;
      const digits = match.replaceAll(/\D/g, "");
      const valid = isCard(digits);
      if (!valid && !mistyped) continue;
      const [label] = labelsOf(text, start, end);
      const said = label === "card";
      const grouped = pattern === GROUPED || pattern === FOUR_FOURS;
      if (valid ? said || (label !== "other" && (grouped || isWhole(text, start, end, pattern))) : said)
        yield { start, end, type: "card" };
    }
  }
}

/** A run of digits that is no decimal's and no code's. */
function isWhole(text: string, start: number, end: number, pattern: RegExp): boolean {
  if (pattern === ANYHOW) return false;
  const [left, right] = [text.slice(Math.max(0, start - 2), start), text.slice(end, end + 2)];
  return !/\d[.,]$/.test(left) && !/^[.][\d]/.test(right) && !/\d-$/.test(left) && !/^-\d/.test(right);
}
