import type { Claims } from "./span.ts";

const ANYWHERE: readonly RegExp[] = [
  // A process number as the CNJ writes them (Resolução 65/2008).
  /(?<!\d)\d{7}-\d{2}\.\d{4}\.\d\.\d{2}\.\d{4}(?!\d)/g,
  // A boleto's digitable line; a utility bill's, four blocks with or without their check digit.
  /(?<!\d)\d{5}[. ]?\d{5} ?\d{5}[. ]?\d{6} ?\d{5}[. ]?\d{6} ?\d ?\d{14}(?!\d)/g,
  /(?<!\d)(?:\d{11}[- ]?\d[ -]?){3}\d{11}[- ]?\d(?!\d)/g,
  // The access key of an electronic invoice in its groups of four.
  /(?<!\d)(?:\d{4} ){10}\d{4}(?!\d)/g,
  /(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F])/g,
  // Money, and numbers of the kind 1.234.567,89.
  /(?:R\$|US\$|[$€£¥]) ?\d[\d.,]*/g,
  /(?<![\d.,])\d{1,3}(?:\.\d{3})+,\d{1,4}(?!\d)/g,
  // Date and time of day.
  /(?<!\d)\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?/g,
];

/** Five decimal places or more. "1,52998224725,Ana" is a row of a table, not a number and a name. */
const DECIMAL = /(?<![\d.,])-?\d{1,10}([.,])\d{5,}(?!\d|\.\d)/g;
const RUN = /[a-zA-Z0-9]{20,}/g;

/** Digests and keys: letters and digits take turns too often for words or numbers that were glued. */
function isDigest(run: string): boolean {
  let turns = 0;
  for (let i = 1; i < run.length; i++) if (run.charCodeAt(i) < 58 !== run.charCodeAt(i - 1) < 58) turns++;
  return turns >= 8;
}

/** Claims what has digits like an identifier's and is none, so that no pattern finds one inside. */
export function claimLookAlikes(text: string, claims: Claims): void {
  for (const pattern of ANYWHERE) {
    for (const { index, 0: match } of text.matchAll(pattern)) claims.take(index, index + match.length);
  }
  for (const { index, 0: match, 1: point } of text.matchAll(DECIMAL)) {
    const next = text.slice(index + match.length, index + match.length + 2);
    if (point === "," && /^,\S/.test(next)) continue;
    claims.take(index, index + match.length);
  }
  for (const { index, 0: run } of text.matchAll(RUN)) {
    if (isDigest(run)) claims.take(index, index + run.length);
  }
}
