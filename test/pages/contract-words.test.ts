import { describe, expect, it } from "vitest";
import {
  featureNamed,
  inputWords,
  outcomeWords,
  policyWords,
  recordedWords,
} from "../../src/pages/contract-words.ts";
import { numbersFor } from "../../src/pages/numbers.ts";
import { WORDS } from "../../src/pages/words.ts";
import { german } from "./bank.ts";

const manner = { language: "en", words: WORDS.en, numbers: numbersFor("en") } as const;
const feature = (name: string) => featureNamed(german, name);

describe("the package's words", () => {
  it("say an input with its label or unit", () => {
    expect(inputWords(feature("checking_account"), "below 0 DM", "pt-BR")).toBe("saldo negativo");
    expect(inputWords(feature("amount_dm"), 8487, "en")).toBe("8,487 DM");
  });

  it("end a bin of whole numbers at its last number", () => {
    const months = feature("duration_months");
    expect(recordedWords(months, { kind: "range", from: 36, to: 48 }, manner)).toBe("36 \u2013 47 months");
    expect(recordedWords(months, { kind: "range", from: 48, to: null }, manner)).toBe("48 months or more");
    expect(recordedWords(months, { kind: "range", from: null, to: 12 }, manner)).toBe("below 12 months");
  });

  it("say that a dropped value is not kept", () => {
    expect(recordedWords(feature("telephone"), { kind: "dropped" }, manner)).toBe("not kept");
    expect(policyWords(feature("telephone"), manner)).toBe("drop");
  });

  it("say what a policy does, for each feature of the demo package", () => {
    expect(policyWords(feature("duration_months"), manner)).toBe("generalise, 10 bins");
    expect(policyWords(feature("age_years"), manner)).toBe("bins, bottom-coded at 25, top-coded at 65");
    for (const each of german.features) expect(policyWords(each, manner)).not.toBe("");
  });

  it("fall back to the code of an outcome that the package does not know", () => {
    expect(outcomeWords(german, "withdrawn", "en").label).toBe("withdrawn");
    expect(outcomeWords(german, "approved", "en")).toMatchObject({ favourable: true, sign: 1 });
  });
});
