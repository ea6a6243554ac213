import { describe, expect, it } from "vitest";
import { findIdentifiers } from "../../../src/privacy/identifiers/find.ts";
import { IDENTIFIER_TYPES } from "../../../src/privacy/identifiers/span.ts";
import { type Figures, figuresOf, labelledSentences } from "../labelled/sentences.ts";
import { HELD_OUT, SEEN, type Templates } from "../labelled/templates.ts";

const COUNT = 3_000;
const CHECKED = ["cpf", "cnpj", "pis", "cnh", "iban", "card"];

function table(title: string, figures: Record<string, Figures>): string {
  const rows = [...IDENTIFIER_TYPES, "all but name"].map((type) => {
    const { labelled, recall, precision } = figures[type]!;
    return `${type.padEnd(14)}${String(labelled).padStart(6)}${recall.toFixed(4).padStart(9)}${precision.toFixed(4).padStart(9)}`;
  });
  return [`${title}: labelled, recall, precision`, ...rows].join("\n");
}

describe.each<[string, Templates, number]>([
  ["sentences that the patterns were written with", SEEN, 20_261_124],
  ["sentences held out", HELD_OUT, 20_261_125],
])("over 3,000 %s", (title, templates, seed) => {
  const sentences = labelledSentences(COUNT, seed, templates, "listed");
  const figures = figuresOf(sentences, findIdentifiers);

  it("has a third with nothing personal, and a hundred values or nearly of every type", () => {
    expect(sentences.filter(({ spans }) => spans.length === 0)).toHaveLength(COUNT / 3);
    for (const type of IDENTIFIER_TYPES) expect(figures[type]!.labelled, type).toBeGreaterThan(60);
  });

  it.each(CHECKED)("%s has a recall and a precision of 0.99 at least", (type) => {
    expect(figures[type]!.recall).toBeGreaterThanOrEqual(0.99);
    expect(figures[type]!.precision).toBeGreaterThanOrEqual(0.99);
  });

  it("all types but names have a recall of 0.95 and a precision of 0.90 at least, each and together", () => {
    for (const type of [...IDENTIFIER_TYPES.filter((one) => one !== "name"), "all but name"]) {
      expect(figures[type]!.recall, type).toBeGreaterThanOrEqual(0.95);
      expect(figures[type]!.precision, type).toBeGreaterThanOrEqual(0.9);
    }
  });

  it("reports its figures, names by faker's lists and names that are in none", () => {
    const others = figuresOf(labelledSentences(COUNT, seed, templates, "others"), findIdentifiers).name!;
    const name = `name not listed${String(others.labelled).padStart(5)}${others.recall.toFixed(4).padStart(9)}${others.precision.toFixed(4).padStart(9)}`;
    console.info(`${table(title, figures)}\n${name}`);
    expect(others.recall).toBeGreaterThan(0);
    expect(others.recall).toBeLessThan(figures.name!.recall);
  });
});

it("the same seed makes the same sentences, and another seed others", () => {
  const [one, same, other] = [3, 3, 4].map((seed) => labelledSentences(30, seed, HELD_OUT, "listed"));
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});

it("a finder that finds nothing, or calls all digits a CPF, has figures that say so", () => {
  const sentences = labelledSentences(300, 5, SEEN, "listed");
  expect(figuresOf(sentences, () => [])["all but name"]!.recall).toBe(0);
  const greedy = figuresOf(sentences, (text) =>
    [...text.matchAll(/\d[\d.\-/ ]*\d/g)].map(({ index, 0: match }) => ({
      start: index,
      end: index + match.length,
      type: "cpf" as const,
    })),
  );
  expect(greedy.cpf!.precision).toBeLessThan(0.4);
});
