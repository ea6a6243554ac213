import { isCnh, isCnpj, isCpf, isPisNumber } from "./check-digits.ts";
import { type Label, labelsOf } from "./labels.ts";
import type { Claims, IdentifierType, Span } from "./span.ts";

export interface SearchOptions {
  /** Take also what bears the word and the shape of an identifier while its check digits are wrong. */
  mistyped: boolean;
}

/** Up to one mark with a space on each side, or two spaces, or nothing. */
const GAP = "(?: ?[.\\-/_,] ?| {1,2})?";
const ELEVEN = new RegExp(`(?<!\\d)\\d{3}${GAP}\\d{3}${GAP}\\d{3}${GAP}\\d{2}(?!\\d)`, "g");
const ELEVEN_ANYHOW = /(?<!\d)\d(?:[ .\-/_]{0,3}\d){10}(?!\d)/g;
const PIS_SHAPE = /^\d{3}[. ]\d{5}[. ]\d{2}[-. /]\d$/;
const FOURTEEN = new RegExp(
  `[a-zA-Z0-9]{2}${GAP}[a-zA-Z0-9]{3}${GAP}[a-zA-Z0-9]{3}${GAP}[a-zA-Z0-9]{4}${GAP}\\d{2}(?!\\d)`,
  "g",
);
const FOURTEEN_ANYHOW = /(?<!\d)\d(?:[ .\-/_]{0,3}\d){13}(?!\d)/g;
const EIGHT = /(?<!\d)(?:\d{5}|\d{2}[. ]\d{3})[ .]? ?-? ?\d{3}(?!\d)/g;
const RG_SHAPE = /(?<!\d)(?<!\d\.)\d{1,2}\.\d{3}\.\d{3} ?[-.] ?(?:\d(?!\.?\d)|[xX](?![a-zA-Z]))/g;
const STATE =
  "(?:A[CLMP]|BA|CE|DF|ES|GO|M[ATSG]|P[ABREI]|R[JNSOR]|S[CPE]|TO|a[clmp]|ba|ce|df|es|go|m[atsg]|p[abrei]|r[jnsor]|s[cpe]|to)";
const RG_PREFIX = `(?<!\\d)(?<!\\d\\.)(?:(?<![a-zA-Z])${STATE}[ .\\-]{0,2})?`;
/** As cards have it, then in any other length; a count after it is not its check digit. */
const RG_LABELLED = [
  `${RG_PREFIX}\\d{1,2}[. ]?\\d{3}[. ]?\\d{3}(?:(?: ?- ?|\\.)?(?:\\d|[xX](?![a-zA-Z])))?(?!\\d)`,
  `${RG_PREFIX}\\d(?:[.\\-/]{0,2}\\d){5,9}(?:-?[xX](?![a-zA-Z]))?(?!\\d)`,
].map((pattern) => new RegExp(pattern, "g"));

const bare = (match: string) => match.replaceAll(/[^\da-zA-Z]/g, "");

/** What the characters around a number without marks say: part of a decimal, or glued to another word's digits. */
function standsAlone(text: string, start: number, end: number): boolean {
  const left = text.slice(Math.max(0, start - 12), start);
  const right = text.slice(end, end + 12);
  if (/\d[.,]$/.test(left) && !/^,\S/.test(right) && !/,$/.test(left)) return false;
  if (/^[.,]\d/.test(right) && !/^,\d/.test(right)) return false;
  if (/\d-$/.test(left) && /^-\d/.test(right)) return false;
  // Words are glued to it, not the letters of a code: "cpf529…", "529…ana", not "4f529…a1".
  if (/[a-zA-Z]$/.test(left) && !/(?<![a-zA-Z\d])[a-zA-Z]{2,}$/.test(left)) return false;
  return !/^[a-zA-Z]/.test(right) || /^[a-zA-Z]{2,}(?!\d)/.test(right);
}

const VALID: Partial<Record<Label, (digits: string) => boolean>> = {
  cpf: isCpf,
  pis: isPisNumber,
  cnh: isCnh,
};

/** Which of the three documents with eleven digits this is, if any. */
function kindOfEleven(
  text: string,
  start: number,
  end: number,
  { mistyped }: SearchOptions,
): IdentifierType | null {
  const written = text.slice(start, end);
  const digits = bare(written);
  const isBare = digits.length === written.length;
  const usual = /^\d{3}[.,\- ]\d{3}[.,\- ]\d{3}[-./ _]{1,3}\d{2}$/.test(written);
  const labels = labelsOf(text, start, end).filter((label) =>
    ["cpf", "pis", "cnh", "phone", "other"].includes(label),
  );
  for (const label of labels) {
    if (label === "other" && !usual) return null;
    if (label === "phone" && (isBare || !usual)) return null;
    const isValid = VALID[label];
    if (isValid?.(digits)) return label as IdentifierType;
  }
  if (isCpf(digits) && (usual || standsAlone(text, start, end))) return "cpf";
  if (PIS_SHAPE.test(written) && isPisNumber(digits)) return "pis";
  if (/^\d{9}-\d{2}$/.test(written) && isCnh(digits)) return "cnh";
  const said = labels[0];
  return mistyped && said !== undefined && VALID[said] ? (said as IdentifierType) : null;
}

function* elevens(text: string, claims: Claims, options: SearchOptions): Generator<Span> {
  for (const pattern of [ELEVEN, /(?<!\d)\d{3}[. ]?\d{5}[. ]?\d{2}[-. /]?\d(?!\d)/g, ELEVEN_ANYHOW]) {
    for (const { index: start, 0: match } of text.matchAll(pattern)) {
      const end = start + match.length;
      if (!claims.isFree(start, end)) continue;
      const usual = /[.,\- ]/.test(match);
      if (usual && /\d\.$/.test(text.slice(Math.max(0, start - 2), start))) continue;
      if (pattern === ELEVEN_ANYHOW) {
        const [label] = labelsOf(text, start, end);
        if (label === undefined || !VALID[label]?.(bare(match))) continue;
      }
      const type = kindOfEleven(text, start, end, options);
      if (type) yield { start, end, type };
    }
  }
}

function* cnpjs(text: string, claims: Claims, { mistyped }: SearchOptions): Generator<Span> {
  for (const pattern of [FOURTEEN, FOURTEEN_ANYHOW]) {
    pattern.lastIndex = 0;
    for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
      const start = match.index;
      const end = start + match[0].length;
      const found =
        claims.isFree(start, end) &&
        (pattern === FOURTEEN || labelsOf(text, start, end)[0] === "cnpj") &&
        isCompany(text, start, end, mistyped);
      if (found) yield { start, end, type: "cnpj" };
      // A word before it may have been taken for its first characters.
      pattern.lastIndex = found ? end : start + 1;
    }
  }
}

/** A date and time written without marks, as in file names. */
const TIMESTAMP = /^(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d[0-5]\d$/;

function isCompany(text: string, start: number, end: number, mistyped: boolean): boolean {
  const written = text.slice(start, end);
  const characters = bare(written);
  if (characters.length !== 14 || !/\d/.test(characters.slice(0, 12))) return false;
  const numeric = /^\d+$/.test(characters);
  const beforeIt = text[start - 1] ?? " ";
  if (/\d/.test(beforeIt)) return false;
  const usual = /^(?:.{2}[. ].{3}[. ].{3}|.{8})[-/ .]{1,3}.{4}[-/ .]{1,3}\d{2}$/.test(written);
  // "Order 952240380": a word and a number are no company.
  if (!numeric && !usual && written.length !== 14) return false;
  const valid = isCnpj(characters);
  if (!valid && !mistyped) return false;
  const labels = labelsOf(text, start, end);
  if (!valid) return numeric && labels[0] === "cnpj";
  if (usual) return true;
  if (labels[0] === "other" || (written.length !== 14 && labels[0] !== "cnpj")) return false;
  if (labels.includes("cnpj"))
    return numeric || !/[a-zA-Z]/.test(beforeIt) || /cnpj$/i.test(text.slice(Math.max(0, start - 4), start));
  if (!numeric)
    return /^[^a-zA-Z]$/.test(beforeIt) && /\d.*[a-zA-Z]|[a-zA-Z].*\d/.test(characters.slice(0, 12));
  return !TIMESTAMP.test(characters) && labels[0] !== "card" && standsAlone(text, start, end);
}

function* identityCards(text: string, claims: Claims): Generator<Span> {
  for (const { index: start, 0: match } of text.matchAll(RG_SHAPE)) {
    const end = start + match.length;
    if (claims.isFree(start, end) && labelsOf(text, start, end)[0] !== "other")
      yield { start, end, type: "rg" };
  }
  for (const pattern of RG_LABELLED) {
    for (const { index: start, 0: match } of text.matchAll(pattern)) {
      const end = start + match.length;
      if (!claims.isFree(start, end) || /^[.,]\d/.test(text.slice(end, end + 2))) continue;
      if (labelsOf(text, start, end)[0] === "rg") yield { start, end, type: "rg" };
    }
  }
}

function* postalCodes(text: string, claims: Claims): Generator<Span> {
  for (const { index: start, 0: match } of text.matchAll(EIGHT)) {
    const end = start + match.length;
    if (!claims.isFree(start, end) || Number(bare(match)) < 1_000_000) continue;
    if (/\d[.,\-/]$/.test(text.slice(Math.max(0, start - 2), start))) continue;
    if (/^[.,\-/]\d/.test(text.slice(end, end + 2))) continue;
    const [label] = labelsOf(text, start, end);
    const usual =
      /^\d{2}\.?\d{3}-\d{3}$/.test(match) && !/[a-zA-Z]-?$/.test(text.slice(Math.max(0, start - 2), start));
    if (label === "cep" || (usual && label !== "other" && label !== "rg" && label !== "phone"))
      yield { start, end, type: "cep" };
  }
}

/** Brazil's documents. CNPJ comes first: its digits hold shorter numbers. RG and CEP have no check digits to ask. */
export const DOCUMENT_SEARCHES = {
  cnpjs,
  elevens,
  identityCards: (text: string, claims: Claims) => identityCards(text, claims),
  postalCodes: (text: string, claims: Claims) => postalCodes(text, claims),
};
