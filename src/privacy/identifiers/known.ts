import { endInOriginal, fold, foldedView, type TextView } from "./view.ts";

/** What may stand between two characters of one identifier: ". - ", "/ ", a line's end in a quoted message. */
const WIDEST_GAP = 4;
/** Parts of names that are nobody's. */
const PARTICLES = new Set([
  "dos",
  "das",
  "del",
  "della",
  "von",
  "van",
  "der",
  "filho",
  "neto",
  "junior",
  "the",
]);

interface Wanted {
  /** Folded letters and digits, at least two. */
  characters: string;
  /** Only as a word of its own: "Ana" is not in "semana", and a mask there would give it away. */
  wholeWord: boolean;
}

const squeezed = (text: string) => fold(text).replaceAll(/[^\p{L}\p{N}]/gu, "");

/** Digits that are one telephone: with and without country, area and the trunk's zero. */
function shorterPhones(identifier: string, digits: string): string[] {
  const isPhone = /^\s*(?:\+|00|\(|0?\d{2}\s)/.test(identifier) && digits.length >= 10 && digits.length <= 15;
  if (!isPhone) return [];
  const national = digits.startsWith("55") && digits.length >= 12 ? digits.slice(2) : digits;
  return [national, national.slice(-9), national.slice(-8)];
}

function wantedFor(identifier: string): Wanted[] {
  const whole = squeezed(identifier);
  const isNumber = /^\p{N}+$/u.test(whole);
  if (whole.length < (isNumber ? 3 : 2)) return [];
  const forms = [whole, ...(isNumber ? shorterPhones(identifier, whole) : [])];
  const wanted = forms.map((characters) => ({ characters, wholeWord: false }));
  const isName = /\s/.test(identifier.trim()) && !/\p{N}/u.test(whole);
  if (!isName) return wanted;
  // A surname alone gives a person away.
  const parts = (fold(identifier).match(/\p{L}{3,}/gu) ?? []).filter((part) => !PARTICLES.has(part));
  return [...wanted, ...parts.map((characters) => ({ characters, wholeWord: characters.length === 3 }))];
}

/** The letters and digits of a folded text, with where each stands in it. */
function lettersAndDigits(text: string): { kept: string; at: number[] } {
  const at: number[] = [];
  let kept = "";
  for (const { index, 0: run } of text.matchAll(/[\p{L}\p{N}]+/gu)) {
    for (let i = 0; i < run.length; i++) at.push(index + i);
    kept += run;
  }
  return { kept, at };
}

/**
 * Where the given identifiers stand, however they are written: case, accents, spaces, punctuation and escapes are
 * looked through. Each word of a name counts by itself (three letters or more), from four letters on also inside a
 * longer word.
 * @returns [start, end) pairs in the text that the view was made of, in no order
 */
export function knownIn(view: TextView, identifiers: readonly string[]): [number, number][] {
  if (identifiers.length === 0) return [];
  const { text, origin } = foldedView(view);
  const { kept, at } = lettersAndDigits(text);
  const isLetter = (unit: string | undefined) => unit !== undefined && /\p{L}/u.test(unit);
  const found: [number, number][] = [];
  for (const { characters, wholeWord } of identifiers.flatMap(wantedFor)) {
    for (let i = kept.indexOf(characters); i !== -1; i = kept.indexOf(characters, i + 1)) {
      const [start, last] = [at[i]!, at[i + characters.length - 1]!];
      const isTogether = at
        .slice(i, i + characters.length)
        .every((place, j, places) => j === 0 || place - places[j - 1]! <= WIDEST_GAP + 1);
      if (!isTogether || (wholeWord && (isLetter(text[start - 1]) || isLetter(text[last + 1])))) continue;
      found.push([origin[start]!, endInOriginal(origin, last + 1)]);
    }
  }
  return found;
}
