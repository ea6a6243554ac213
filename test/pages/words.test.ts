import { describe, expect, it } from "vitest";
import { WORDS } from "../../src/pages/words.ts";

function keysOf(value: unknown, path = ""): string[] {
  if (typeof value !== "object" || value === null) return [`${path}:${typeof value}`];
  return Object.entries(value).flatMap(([key, inner]) => keysOf(inner, `${path}/${key}`));
}

function sentencesOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String(value("1", "2", "3", "4"))];
  return Object.values(value as object).flatMap(sentencesOf);
}

describe("the words of the pages", () => {
  it("have the same places in both languages", () => {
    expect(keysOf(WORDS.en)).toEqual(keysOf(WORDS["pt-BR"]));
  });

  it("leave no place empty", () => {
    for (const words of Object.values(WORDS))
      expect(sentencesOf(words).filter((text) => text.trim() === "")).toEqual([]);
  });

  it("never speak to customers of variables, models or SHAP", () => {
    for (const language of ["pt-BR", "en"] as const) {
      const { decision, me, erase } = WORDS[language];
      const said = sentencesOf([decision, me, erase]).join(" ").toLowerCase();
      expect(said).not.toMatch(/shap|variáve|feature|\bmodelo v|probabilid|probability/);
    }
  });

  it("use only signs that the text face has", () => {
    for (const words of Object.values(WORDS)) expect(sentencesOf(words).join("")).not.toMatch(/[→←↑↓≤≥Σ✓]/u);
  });
});
