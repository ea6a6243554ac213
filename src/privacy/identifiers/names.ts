import { en, pt_BR } from "@faker-js/faker";
import { FIRST_NAMES, SURNAMES } from "./common-names.ts";
import type { Claims, Span } from "./span.ts";
import { fold } from "./view.ts";

/** Entries of faker's lists are words, or words with weights. */
const entriesOf = (lists: unknown): string[] =>
  Object.values((lists ?? {}) as Record<string, unknown>)
    .flat()
    .map((entry) => (typeof entry === "string" ? entry : String((entry as { value?: string })?.value ?? "")));

/** Words that are names and more often something else, or places. */
const RATHER_WORDS = new Set(
  "santa santo sao will may mark grace hope faith dean rose summer chase art bill pat sue rob drew grant miles royal early ever major price general judge king london paris austin dallas houston jackson madison savannah brooklyn chelsea florence sydney geo else june april august star green gray brown white black young long short banks woods wood rice waters field fields stone hand love natal salvador santiago vitoria case carol era lia sol luz cruz santos franco branco costa campos rocha pereira bank order account price price price store trust guy ray gene jan mac van don ken max rick lee ben ali ora isa eva moises".split(
    " ",
  ),
);
const BRAZILIAN = new Set([...entriesOf(pt_BR.person?.first_name).map(fold), ...FIRST_NAMES]);
const FIRST = new Set([...BRAZILIAN, ...entriesOf(en.person?.first_name).map(fold)]);
const LAST = new Set([
  ...[...entriesOf(pt_BR.person?.last_name), ...entriesOf(en.person?.last_name)].map(fold),
  ...SURNAMES,
]);

/** Capital words in a row, with particles and initials between them. */
const ROW =
  /(?<![\p{L}\p{N}])\p{Lu}[\p{L}\p{M}'’-]*(?:[ _]{1,2}(?:(?:d[aeo]s?|e|di|del|van|von|y|la|O)[ _]{1,2})?(?:\p{Lu}\.(?= )|\p{Lu}[\p{L}\p{M}'’-]+)){0,5}/gu;
const TITLE =
  /(?:(?<![a-z])(?:sr|sra|srta|dr|dra|dona|seu|senhora?|doutora?|prof|profa|professora?|mr|mrs|ms|miss|dear|prezad[oa]|car[oa]|tia|tio)\.?,?)\s*$/;
const INTRODUCED =
  /(?:nome(?: completo)?(?: e)?|name(?: is)?|me chamo|chama-se|chamad[oa]|named|called|cliente|customer|client|paciente|patient|titular|holder|assinado(?: por)?|signed(?: by)?|beneficiari[oa]|beneficiary|requerente|applicant|solicitante|devedora?|funcionari[oa]|employee|atendente|fal(?:ei|e|ar|ando) com|atendid[oa] por|spoke (?:to|with)|favorecid[oa]|att|atenciosamente|regards|sincerely|conjuge|esposa|marido|mae|pai|filh[oa]|wife|husband|son|daughter|mother|father)\s*[:,-]?\s*(?:[ao] |d[ao] )?["']?$/;
const OF_A_PLACE =
  /(?<![a-z])(?:rua|r\.|av|avenida|alameda|travessa|praca|rodovia|estrada|bairro|cidade|hospital|escola|colegio|banco|igreja|aeroporto|shopping|edificio|loja|street|avenue|road|bank|school|city|municipio|estado|time|clube|universidade|university)\.?\s*(?:d[aeo]s? )?$/;

/** "com a Beatriz", "pelo Renato": a first name alone is taken there. */
const BESIDE_A_PERSON = /(?<![a-z])(?:com|pel[oa]|para [oa]|d[oa]|[oa]|with|from) $/;
const PLACE_FIRST =
  /^(?:Rua|R|Av|Avenida|Alameda|Travessa|Praça|Rodovia|Estrada|Bairro|Hospital|Escola|Colégio|Banco|Igreja|Shopping|Santa?|São)(?![\p{L}])/u;

const isParticle = (word: string) => /^(?:d[aeo]s?|e|di|del|van|von|y|la)$/.test(word);

function partOf(
  row: string,
  introduced: boolean,
  besidePerson: boolean,
): { start: number; end: number } | null {
  const words = [...row.matchAll(/[\p{L}\p{M}'’.-]+/gu)].map((match) => ({
    start: match.index,
    end: match.index + match[0].length,
    text: fold(match[0]).replace(/\.$/, ""),
    written: match[0],
  }));
  if (introduced) {
    const begin = /^(?:Sra?|Srta|Dra?|Dona|Seu|Mrs?|Ms|Miss|Prof[a]?)\.?$/.test(words[0]!.written) ? 1 : 0;
    return words.length > begin ? { start: words[begin]!.start, end: words.at(-1)!.end } : null;
  }
  const first = words.findIndex(
    ({ text }, i) =>
      FIRST.has(text) &&
      (!RATHER_WORDS.has(text) || LAST.has(words[i + 1]?.text ?? "")) &&
      i < words.length - 1,
  );
  const isShouted = row === row.toUpperCase();
  if (
    words.length === 1 &&
    besidePerson &&
    BRAZILIAN.has(words[0]!.text) &&
    !RATHER_WORDS.has(words[0]!.text)
  )
    return words[0]!;
  if (first === -1) return null;
  const rest = words.slice(first + 1).filter(({ text }) => !isParticle(text));
  if (rest.length === 0 || (isShouted && !rest.some(({ text }) => LAST.has(text) || FIRST.has(text))))
    return null;
  return { start: words[first]!.start, end: words.at(-1)!.end };
}

/** "me chamo joão" */
const INTRODUCED_SMALL =
  /(?<!\p{L})(?:me chamo|meu nome [ée]|my name is|sou [ao]|aqui [ée] [ao]) (\p{L}{3,}(?: \p{L}{3,})?)(?!\p{L})/giu;

function* introducedSmall(text: string, claims: Claims): Generator<Span> {
  for (const { index, 0: match, 1: name } of text.matchAll(INTRODUCED_SMALL)) {
    const [first, second] = fold(name!).split(" ") as [string, string?];
    const start = index + match.length - name!.length;
    const end =
      second !== undefined && LAST.has(second) ? start + name!.length : start + name!.split(" ")[0]!.length;
    if (FIRST.has(first) && claims.isFree(start, end)) yield { start, end, type: "name" };
  }
}

const LOWER_ROW =
  /(?<![\p{L}\p{N}@.-])\p{Ll}[\p{Ll}\p{M}]{2,}(?:[ _](?:d[aeo]s? )?\p{Ll}[\p{Ll}\p{M}]{2,}){1,4}(?![\p{L}\p{N}@])/gu;

/** Two names in small letters, the second a surname: "maria da silva". */
function* lowerCase(text: string, claims: Claims): Generator<Span> {
  for (const { index, 0: row } of text.matchAll(LOWER_ROW)) {
    const words = [...row.matchAll(/[\p{L}\p{M}]+/gu)].map((match) => ({
      start: index + match.index,
      end: index + match.index + match[0].length,
      text: fold(match[0]),
    }));
    const named = words.filter(({ text }) => !isParticle(text));
    for (let i = 0; i + 1 < named.length; i++) {
      const [one, two] = [named[i]!, named[i + 1]!];
      if (!FIRST.has(one.text) || RATHER_WORDS.has(one.text) || !LAST.has(two.text)) continue;
      const third = named[i + 2];
      const end = third && LAST.has(third.text) ? third.end : two.end;
      if (claims.isFree(one.start, end)) yield { start: one.start, end, type: "name" };
      i += 1;
    }
  }
}

/**
 * Names, best effort: a known first name with what follows it in capitals, and whatever stands in capitals after a
 * title or a word that introduces a person. A first name alone is found only beside such a word.
 */
export function* names(text: string, claims: Claims): Generator<Span> {
  for (const { index, 0: row } of text.matchAll(ROW)) {
    const left = fold(text.slice(Math.max(0, index - 28), index));
    if (OF_A_PLACE.test(left) || PLACE_FIRST.test(row)) continue;
    const introduced = TITLE.test(left) || (INTRODUCED.test(left) && row !== row.toUpperCase());
    const part = partOf(row, introduced, BESIDE_A_PERSON.test(left));
    if (part === null) continue;
    const [start, end] = [index + part.start, index + part.end];
    if (claims.isFree(start, end)) yield { start, end, type: "name" };
  }
  yield* lowerCase(text, claims);
  yield* introducedSmall(text, claims);
}
