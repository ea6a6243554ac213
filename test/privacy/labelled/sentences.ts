import { base, en, Faker, pt_BR } from "@faker-js/faker";
import type { IdentifierType, Span } from "../../../src/privacy/identifiers/span.ts";
import type { Templates } from "./templates.ts";
import { AFTER_A_WORD, BY_THEMSELVES } from "./things.ts";
import { write } from "./writings.ts";

export interface LabelledSentence {
  text: string;
  spans: Span[];
}

/** Names in no list that the finder has, so that the figure does not rest on a list that makes the sentences, too. */
const OTHER_NAMES = {
  first:
    "Adalgisa Jurandir Iracema Ubirajara Dejanira Wanderleia Osvaldina Genésio Tarcila Quitéria Oduvaldo Ivonete Anselma Priya Kwame Siobhan Ngozi Yevgenia Thandiwe Bjorn".split(
      " ",
    ),
  last: "Quintanilha Severiano Trancoso Bulhões Setúbal Jucá Quintela Tapajós Okonkwo Bhattacharya Lindqvist MacTavish Novotny Oyelaran Zielinski".split(
    " ",
  ),
};

/**
 * Sentences of the templates, a third of them with nothing personal, the same for the same seed.
 * @param names `listed`: as faker invents them; `others`: put together from names that are in no list
 */
export function labelledSentences(
  count: number,
  seed: number,
  { personal, impersonal }: Templates,
  names: "listed" | "others",
): LabelledSentence[] {
  const draw = new Faker({ locale: [pt_BR, en, base] });
  const english = new Faker({ locale: [en, base] });
  draw.seed(seed);
  draw.setDefaultRefDate("2026-11-24T00:00:00Z");
  english.seed(seed);
  const name = () => {
    if (names === "others")
      return `${draw.helpers.arrayElement(OTHER_NAMES.first)} ${draw.helpers.arrayElement(OTHER_NAMES.last)}`;
    const faker = draw.datatype.boolean(0.6) ? draw : english;
    return `${faker.person.firstName()} ${faker.person.lastName()}`;
  };
  return Array.from({ length: count }, (_, i) => {
    const isPersonal = i % 3 !== 2;
    const template = draw.helpers.arrayElement(isPersonal ? personal : impersonal);
    const sentence: LabelledSentence = { text: "", spans: [] };
    let at = 0;
    for (const slot of template.matchAll(/\{(\w+)(!?)\}/g)) {
      sentence.text += template.slice(at, slot.index);
      at = slot.index + slot[0].length;
      const kind = slot[1]!;
      if (kind === "thing") sentence.text += draw.helpers.arrayElement(BY_THEMSELVES)(draw);
      else if (kind === "order") sentence.text += draw.helpers.arrayElement(AFTER_A_WORD)(draw);
      else {
        const type = (kind === "ip4" ? "ip" : kind) as IdentifierType;
        const value = kind === "ip4" ? draw.internet.ipv4() : write(draw, type, slot[2] === "!", name);
        const start = sentence.text.length;
        sentence.text += value;
        sentence.spans.push({ start, end: sentence.text.length, type });
      }
    }
    sentence.text += template.slice(at);
    return sentence;
  });
}

export interface Figures {
  labelled: number;
  found: number;
  right: number;
  recall: number;
  precision: number;
}

const core = (text: string, { start, end }: Span) =>
  text.slice(start, end).replaceAll(/[^\p{L}\p{N}@]/gu, "");

/** A span is right when it has the type and exactly the letters and digits, whatever marks stand at its ends. */
export function figuresOf(
  sentences: readonly LabelledSentence[],
  find: (text: string) => readonly Span[],
  onWrong: (text: string, missed: readonly Span[], invented: readonly Span[]) => void = () => {},
): Record<string, Figures> {
  const counts = new Map<string, { labelled: number; found: number; right: number }>();
  const of = (type: string) => {
    const there = counts.get(type) ?? { labelled: 0, found: 0, right: 0 };
    counts.set(type, there);
    return there;
  };
  for (const { text, spans } of sentences) {
    const found = find(text);
    const same = (a: Span) => (b: Span) =>
      a.type === b.type && a.start < b.end && b.start < a.end && core(text, a) === core(text, b);
    for (const span of spans) of(span.type).labelled += 1;
    for (const span of found) of(span.type).found += 1;
    const missed = spans.filter((span) => !found.some(same(span)));
    for (const span of spans) if (!missed.includes(span)) of(span.type).right += 1;
    const invented = found.filter((span) => !spans.some(same(span)));
    if (missed.length + invented.length > 0) onWrong(text, missed, invented);
  }
  const named = [...counts].filter(([type]) => type !== "name").map(([, count]) => count);
  const sum = (field: "labelled" | "found" | "right") =>
    named.reduce((total, count) => total + count[field], 0);
  counts.set("all but name", { labelled: sum("labelled"), found: sum("found"), right: sum("right") });
  return Object.fromEntries(
    [...counts].map(([type, { labelled, found, right }]) => [
      type,
      { labelled, found, right, recall: right / labelled, precision: right / found },
    ]),
  );
}
