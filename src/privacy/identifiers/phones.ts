import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import { labelsOf } from "./labels.ts";
import type { Claims, Span } from "./span.ts";

const AREA = "(?:1[1-9]|2[12478]|3[1-578]|4[1-9]|5[1345]|6[1-9]|7[134579]|8[1-9]|9[1-9])";
const G = "[ .\\-]";
const EXTENSION = "(?: ?(?:x|ext\\.?|ramal|r\\.) ?\\d{1,5}(?!\\d))?";

/** Abroad or at home, with a plus and a country. Trimmed below to what is a number. */
const INTERNATIONAL = /(?<![\d+])\+ ?\d(?:[ .\-()]{0,3}\d){6,14}/g;
const BRAZIL_WITH_COUNTRY = new RegExp(
  `(?<!\\d)(?:\\+ ?|00 ?)?55${G}{0,2}\\(?0?\\d{2}\\)?${G}{0,3}(?:9${G}?)?\\d{4}${G}{0,3}\\d{4}(?!\\d)`,
  "g",
);
/** Needs no word beside it: brackets, or a mark where only telephones have one. */
const PLAIN_SHAPES = [
  new RegExp(`\\(0?\\d{2}\\)${G}{0,2}(?:\\d${G})?\\d{4,5}${G}{0,3}\\d{4}(?!\\d)${EXTENSION}`, "g"),
  new RegExp(`(?<!\\d)(?<!\\d${G})0?${AREA}${G}{1,3}9${G}?\\d{4}${G}{1,3}\\d{4}(?!\\d)(?!${G}\\d)`, "g"),
  new RegExp(`(?<!\\d)(?<!\\d${G})0?${AREA}${G}{1,3}[2-5]\\d{3}-\\d{4}(?!\\d)(?!${G}\\d)`, "g"),
  new RegExp(
    `(?:(?<!\\d)\\+?1${G}{0,2})?\\([2-9]\\d{2}\\)${G}{0,2}[2-9]\\d{2}${G}\\d{4}(?!\\d)${EXTENSION}`,
    "g",
  ),
  new RegExp(
    `(?<!\\d)(?<!\\d${G})(?:\\+?1([-.]))?[2-9]\\d{2}([-.])[2-9]\\d{2}\\2\\d{4}(?!\\d)(?![.\\-]\\d)${EXTENSION}`,
    "gi",
  ),
];
/** Needs the word: order numbers look the same. */
const LABELLED_SHAPES = [
  new RegExp(`(?<!\\d)(?:0?\\d{2}${G}{0,3})?9${G}?\\d{4}${G}{0,3}\\d{4}(?!\\d)${EXTENSION}`, "g"),
  new RegExp(`(?<!\\d)(?:0?\\d{2}${G}{0,3})?[2-5]\\d{3}${G}{0,3}\\d{4}(?!\\d)${EXTENSION}`, "g"),
  new RegExp(`(?<!\\d)(?:1${G}?)?[2-9]\\d{2}${G}?[2-9]\\d{2}${G}?\\d{4}(?!\\d)${EXTENSION}`, "g"),
  new RegExp(`(?<!\\d)\\(?0\\d{2,4}\\)?${G}?\\d{3,4}${G}?\\d{3,4}(?!\\d)`, "g"),
  new RegExp(`(?<!\\d)\\d{2,4}(?:${G}\\d{2,4}){2,4}(?!\\d)`, "g"),
];

/** The longest beginning that ends at a group and is a number somewhere, or null. */
function international(match: string): number | null {
  let possible: number | null = null;
  for (let end = match.length; end >= 8; end = match.lastIndexOf(" ", end - 1)) {
    const number = parsePhoneNumberFromString(match.slice(0, end).replaceAll(/[^\d+]/g, ""));
    if (number?.isValid()) return end;
    if (possible === null && number?.isPossible()) possible = end;
  }
  return possible;
}

export function* phones(text: string, claims: Claims): Generator<Span> {
  const found = function* (start: number, end: number): Generator<Span> {
    if (claims.isFree(start, end)) {
      claims.take(start, end);
      yield { start, end, type: "phone" };
    }
  };
  for (const { index: start, 0: match } of text.matchAll(BRAZIL_WITH_COUNTRY)) {
    const end = start + match.length;
    const sure = match.startsWith("+") || /^(?:00 ?)?55\D*\(/.test(match);
    if (sure || labelsOf(text, start, end)[0] === "phone") yield* found(start, end);
  }
  for (const { index: start, 0: match } of text.matchAll(INTERNATIONAL)) {
    // The last group may be a count ("… 3 vezes") or begin a date, where no country's numbers end in one digit alone.
    const isNext = /^[/,]\d/.test(text.slice(start + match.length, start + match.length + 2));
    const length = international(match.replace(isNext ? / \d{1,4}$/ : / \d$/, ""));
    if (length === null) continue;
    const extension = new RegExp(EXTENSION, "yi");
    extension.lastIndex = start + length;
    yield* found(start, start + length + (extension.exec(text)?.[0].length ?? 0));
  }
  for (const pattern of PLAIN_SHAPES) {
    for (const { index: start, 0: match } of text.matchAll(pattern)) {
      const end = start + match.length;
      if (labelsOf(text, start, end)[0] !== "other") yield* found(start, end);
    }
  }
  for (const pattern of LABELLED_SHAPES) {
    for (const { index: start, 0: match } of text.matchAll(pattern)) {
      const end = start + match.length;
      const digits = match.replaceAll(/\D/g, "").length;
      if (digits < 8 || digits > 15 || /^[.,]\d/.test(text.slice(end, end + 2))) continue;
      if (labelsOf(text, start, end)[0] === "phone") yield* found(start, end);
    }
  }
}
