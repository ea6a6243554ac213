import { expect, it } from "vitest";
import { MASK, maskText } from "../../../src/privacy/masking.ts";
import { people } from "../../support/people.ts";

const escapedJson = (text: string) =>
  [...text].map((c) => (c > "\x7f" ? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}` : c)).join("");

/** Each takes a value as the request gave it, and writes it as it could turn up elsewhere. */
const WRITINGS: Record<string, (value: string) => string> = {
  "as it is": (value) => value,
  "in capitals": (value) => value.toUpperCase(),
  "without accents": (value) => value.normalize("NFD").replaceAll(/\p{M}/gu, ""),
  decomposed: (value) => value.normalize("NFD"),
  "in a file name": (value) => `scan_${value.replaceAll(" ", "_")}.pdf`,
  "in an address": (value) => `https://x.example/?q=${encodeURIComponent(value)}&r=1`,
  "escaped in JSON": (value) => `{"v":"${escapedJson(value)}"}`,
  "with no-break spaces": (value) => value.replaceAll(" ", "\u00a0"),
  "with en dashes": (value) => value.replaceAll("-", "–"),
  "glued to words": (value) => `ref${value}fim`,
  "without marks and spaces": (value) => value.replaceAll(/[^\p{L}\p{N}@]/gu, ""),
  "over two lines": (value) => value.replace(" ", "\n"),
};

const lettersOf = (text: string) =>
  text
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "");

it("whatever the request knows is masked wherever it turns up: 200 people, five values, twelve writings", () => {
  let looked = 0;
  for (const person of people(200, 41)) {
    const identifiers = Object.values(person);
    for (const [writing, write] of Object.entries(WRITINGS)) {
      for (const value of identifiers) {
        const masked = maskText(`Antes ${write(value)} depois.`, identifiers);
        expect(masked, writing).toContain(MASK);
        expect(lettersOf(masked), writing).not.toContain(lettersOf(value));
        looked += 1;
      }
      const surname = person.name
        .replace(/ (?:Filho|Neto|Jr\.|Júnior)$/, "")
        .split(" ")
        .at(-1)!;
      if (surname.length >= 4)
        expect(lettersOf(maskText(write(surname), [person.name]))).not.toContain(lettersOf(surname));
    }
  }
  expect(looked).toBe(200 * 5 * 12);
});

it("a known telephone is masked without its country, its area, and both", () => {
  for (const written of ["11 98765-4321", "(11) 98765 4321", "98765-4321", "011987654321", "8765.4321"]) {
    const masked = maskText(`recado em ${written} hoje`, ["+55 11 98765-4321"]);
    expect(masked).toContain(MASK);
    expect(masked).not.toMatch(/\d{4}/);
  }
});

it("a name's particles and a short name inside another word stay: a mask there would give the name away", () => {
  expect(maskText("a semana dos santos da casa", ["Ana dos Anjos"])).toBe("a semana dos santos da casa");
  expect(maskText("a Ana e os anjos", ["Ana dos Anjos"])).toBe(`a ${MASK} e os ${MASK}`);
});
