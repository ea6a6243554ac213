import { describe, expect, it } from "vitest";
import { recordedRow } from "../../src/privacy/recorded-row.ts";
import { german } from "../pages/bank.ts";

const named = (name: string) => german.features.findIndex((feature) => feature.name === name);
const example = german.features.map(({ name }) => german.example.inputs[name]!);
/** Rows like the example but for one column. */
const rowsWith = (name: string, values: readonly (string | number)[]) =>
  values.map((value) => example.with(named(name), value));

describe("the row that a record stands for", () => {
  it("has a range's median of the background's values in it, by their weights", () => {
    const background = rowsWith("duration_months", [10, 24, 26, 30, 36, 60]);
    const inputs = { duration_months: { kind: "range" as const, from: 24, to: 36 } };
    const of = (weights?: Float64Array) =>
      recordedRow(german, inputs, background, weights)[named("duration_months")];
    expect(of()).toBe(26);
    expect(of(Float64Array.of(0.1, 0.1, 0.1, 0.5, 0.1, 0.1))).toBe(30);
  });

  it("has the middle of a range in which no background value lies, within the feature's limits", () => {
    const background = rowsWith("duration_months", [10, 60]);
    const of = (from: number | null, to: number | null) =>
      recordedRow(german, { duration_months: { kind: "range", from, to } }, background)[
        named("duration_months")
      ];
    expect(of(24, 36)).toBe(30);
    expect(of(null, 8)).toBe(6);
    expect(of(64, null)).toBe(68);
  });

  it("has a group's commonest category, and a kept category as it is", () => {
    const background = rowsWith("credits_at_this_bank", ["1", "4 or 5", "4 or 5", "2 or 3", "1", "1"]);
    const row = recordedRow(
      german,
      {
        credits_at_this_bank: { kind: "category", value: "several" },
        housing: { kind: "category", value: "rent" },
      },
      background,
    );
    expect(row[named("credits_at_this_bank")]).toBe("4 or 5");
    expect(row[named("housing")]).toBe("rent");
  });

  it("has what is usual in the background for what was dropped or replaced, whoever it was about", () => {
    const background = rowsWith("telephone", ["yes", "no", "no"]);
    for (const value of [
      { kind: "dropped" as const },
      { kind: "pseudonym" as const, value: "8b1a" },
      { kind: "surrogate" as const, value: "yes", faker: "10.0.0" },
    ])
      expect(recordedRow(german, { telephone: value }, background)[named("telephone")]).toBe("no");
    expect(recordedRow(german, {}, rowsWith("age_years", [20, 33, 70]))[named("age_years")]).toBe(33);
  });

  it("has a noisy number as it stands, within the feature's limits and type", () => {
    const of = (value: number) =>
      recordedRow(german, { age_years: { kind: "noisy", value } }, [example])[named("age_years")];
    expect([of(40.4), of(-5), of(500)]).toEqual([40, 18, 100]);
  });
});
