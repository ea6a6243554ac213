import { expect, it } from "vitest";
import { backgroundRisk } from "../../src/privacy/background-risk.ts";
import { german } from "../pages/bank.ts";

const cells = german.features.map(({ name }) => german.example.inputs[name]!);
const rowWith = (changes: Record<string, string | number>) =>
  german.features.map(({ name }, c) => changes[name] ?? cells[c]!);
const quasi = (quasiIdentifiers: string[]) => ({ ...german, quasiIdentifiers });

it("counts rows as alike that the policies make alike, and no others", () => {
  const background = [26, 29, 28, 33, 34, 50].map((age_years) => rowWith({ age_years }));
  expect(backgroundRisk(quasi(["age_years"]), background)).toEqual({
    rows: 6,
    synthetic: german.background.synthetic,
    quasiIdentifiers: ["age_years"],
    k: 1,
    uniques: 1,
  });
  expect(backgroundRisk(quasi(["age_years"]), background.slice(0, 5)).k).toBe(2);
  expect(backgroundRisk(quasi(["age_years", "amount_dm"]), background.slice(0, 5)).k).toBe(2);
});

it("takes a dropped feature for no difference, and a pseudonym for as telling as its value", () => {
  const background = ["yes", "no", "yes"].map((telephone) => rowWith({ telephone }));
  expect(backgroundRisk(quasi(["telephone"]), background).k).toBe(3);
  const features = german.features.map((feature) =>
    feature.name === "telephone" ? { ...feature, policy: { kind: "pseudonymise" as const } } : feature,
  );
  expect(backgroundRisk({ ...quasi(["telephone"]), features }, background)).toMatchObject({
    k: 1,
    uniques: 1,
  });
});
