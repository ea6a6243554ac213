import { describe, expect, it } from "vitest";
import { MASK, maskText } from "../../src/privacy/masking.ts";
import { people } from "../support/people.ts";

describe("what the request itself says is an identifier", () => {
  it.each([
    ["as it was given", "José da Silva pediu", ["José da Silva"]],
    ["in capitals and without accents", "O SR. JOSE DA SILVA pediu", ["José da Silva"]],
    ["with other spaces between its words", "José  da\u00a0Silva pediu", ["José da Silva"]],
    ["in a file name", "anexo jose_da_silva.pdf", ["José da Silva"]],
    ["decomposed accents", "Jose\u0301 da Silva", ["José da Silva"]],
    ["as a ligature", "senhor Raﬁ Souza", ["Rafi Souza"]],
  ])("is masked %s", (_, text, identifiers) => {
    const masked = maskText(text, identifiers);
    expect(masked).toContain(MASK);
    expect(masked.normalize("NFKD").toLowerCase()).not.toMatch(/silva|souza|jose/);
  });

  it.each(["529.982.247-25", "52998224725", "529 982 247 25", "529–982–247–25", "529\u00a0982\u00a0247/25"])(
    "a document is masked however it is cut up: %s",
    (written) => {
      expect(maskText(`doc ${written}.`, ["529.982.247-25"])).toBe(`doc ${MASK}.`);
    },
  );

  it("is masked word by word: a surname alone gives a person away", () => {
    expect(maskText("dona Beatriz ligou; Beatriz Albuquerque", ["Beatriz Albuquerque"])).toBe(
      `dona ${MASK} ligou; ${MASK}`,
    );
  });

  it("is found for every one of 300 people in every way of writing", () => {
    for (const person of people(300, 7)) {
      for (const write of [
        (t: string) => t,
        (t: string) => t.toUpperCase(),
        (t: string) => t.normalize("NFD"),
      ]) {
        const text = `a ${write(person.name)} b ${person.document.replaceAll(/\D/g, "")} c ${write(person.email)} d ${person.phone}`;
        const masked = maskText(text, [person.id, person.name, person.email, person.phone, person.document]);
        // The full stop of "Jr." may stay, nothing else.
        expect(masked).toMatch(/^a ▮▮▮\.? b ▮▮▮ c ▮▮▮ d \+?▮▮▮$/);
        expect(masked).not.toMatch(/\d{3}/);
      }
    }
  });
});

it("e-mail addresses and long numbers are masked although nobody named them", () => {
  expect(maskText("escreva a outra.pessoa@exemplo.com.br ou 11 98765-4321", [])).toBe(
    `escreva a ${MASK} ou ${MASK}`,
  );
});

it("ordinary words and short numbers stay as they are", () => {
  const text = "Pediu 3 parcelas em 2 dias; o ano de 1975 não conta.";
  expect(maskText(text, ["Maria Souza"])).toBe(text);
});

it("an identifier too short to be one hides nothing", () => {
  expect(maskText("a casa", ["a"])).toBe("a casa");
});
