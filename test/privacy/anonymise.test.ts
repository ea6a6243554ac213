import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Cell } from "../../src/explain/game.ts";
import type { Feature, Policy } from "../../src/models/contract.ts";
import { anonymise, bearsAttribution, type RecordedValue, roundToStep } from "../../src/privacy/anonymise.ts";
import type { SubjectKey } from "../../src/privacy/subject-keys.ts";

const keyOf = (purpose = "p"): SubjectKey => ({
  id: "k",
  purpose,
  retention: "r",
  entries: 0,
  vaultKey: new Uint8Array(32),
  tagKey: new Uint8Array(32),
  pseudonymKey: new Uint8Array(randomBytes(32)),
  commitmentSalt: () => new Uint8Array(32),
});

const feature = (policy: Policy, name = "f") => ({ name, policy }) as Feature;
const recorded = (policy: Policy, cell: Cell, key = keyOf(), name = "f", identifiers: string[] = []) =>
  anonymise({ features: [feature(policy, name)] }, [cell], { key, identifiers })[name];

describe("the policy", () => {
  it("drop keeps nothing", () => {
    expect(recorded({ kind: "drop" }, 42)).toEqual({ kind: "dropped" });
  });

  it("generalise puts a number into its half-open bin, edges upward", () => {
    const policy: Policy = { kind: "generalise", bins: [10, 20] };
    expect([9.99, 10, 19.99, 20, 1000].map((cell) => recorded(policy, cell))).toEqual([
      { kind: "range", from: null, to: 10 },
      { kind: "range", from: 10, to: 20 },
      { kind: "range", from: 10, to: 20 },
      { kind: "range", from: 20, to: null },
      { kind: "range", from: 20, to: null },
    ]);
  });

  it("generalise puts a category into its group, and text into its prefix with identifiers masked", () => {
    const groups: Policy = { kind: "generalise", groups: { near: ["a", "b"], far: ["c"] } };
    expect(recorded(groups, "b")).toEqual({ kind: "category", value: "near" });
    expect(recorded(groups, "not in a group")).toEqual({ kind: "dropped" });
    const prefix: Policy = { kind: "generalise", prefix: 3 };
    expect(recorded(prefix, "013")).toEqual({ kind: "category", value: "013" });
    expect(recorded(prefix, "Ana Lima", keyOf(), "f", ["Ana Lima"])).toEqual({
      kind: "category",
      value: "▮▮▮",
    });
  });

  it("top-bottom-code leaves the ends open", () => {
    const policy: Policy = { kind: "top-bottom-code", bottom: 21, bins: [40], top: 65 };
    expect([18, 21, 40, 65, 90].map((cell) => recorded(policy, cell))).toEqual([
      { kind: "range", from: null, to: 21 },
      { kind: "range", from: 21, to: 40 },
      { kind: "range", from: 40, to: 65 },
      { kind: "range", from: 65, to: null },
      { kind: "range", from: 65, to: null },
    ]);
  });

  it("mask hides the request's own identifiers", () => {
    expect(recorded({ kind: "mask" }, "call Ana Lima", keyOf(), "f", ["Ana Lima"])).toEqual({
      kind: "masked",
      value: "call ▮▮▮",
    });
  });

  it("pseudonymise is the same for one person, field and purpose, and another for any other", () => {
    const policy: Policy = { kind: "pseudonymise" };
    const key = keyOf();
    const one = recorded(policy, "x", key);
    expect(recorded(policy, "x", key)).toEqual(one);
    expect(recorded(policy, "y", key)).not.toEqual(one);
    expect(recorded(policy, "x", keyOf())).not.toEqual(one);
    const named = (name: string, purpose: string) =>
      recorded(policy, "x", { ...key, purpose }, name) as { value: string };
    expect(new Set([named("f", "p").value, named("g", "p").value, named("f", "q").value]).size).toBe(3);
  });

  it("surrogate invents the same value for the same person and value, whatever else runs", () => {
    const policy: Policy = { kind: "surrogate", faker: "person.fullName" };
    const key = keyOf();
    const one = recorded(policy, "Ana Lima", key) as { value: string };
    recorded(policy, "somebody else", key);
    expect(recorded(policy, "Ana Lima", key)).toEqual(one);
    expect(one.value).not.toContain("Ana Lima");
    expect(recorded(policy, "Ana Lima", keyOf())).not.toEqual(one);
    expect(one).toMatchObject({ faker: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });

  it("noise moves a number on its grid, the same way for the same person and number, and keeps no missing one", () => {
    const policy: Policy = {
      kind: "noise",
      mechanism: "discrete-laplace",
      epsilon: 8,
      lower: 0,
      upper: 1000,
      step: 1,
    };
    const key = keyOf();
    const one = recorded(policy, 500, key);
    expect(one).toEqual({ kind: "noisy", value: expect.any(Number) });
    expect(recorded(policy, 500, key)).toEqual(one);
    const people = new Set(Array.from({ length: 20 }, () => JSON.stringify(recorded(policy, 500))));
    expect(people.size).toBeGreaterThan(10);
    expect(recorded(policy, Number.NaN, key)).toEqual({ kind: "dropped" });
  });
});

it("an attribution stands only beside what the record shows, never beside what was taken away or moved", () => {
  const bears = (value: unknown) => bearsAttribution(value as RecordedValue);
  expect([{ kind: "range" }, { kind: "category" }, { kind: "masked" }].map(bears)).toEqual([
    true,
    true,
    true,
  ]);
  expect(
    [{ kind: "dropped" }, { kind: "pseudonym" }, { kind: "surrogate" }, { kind: "noisy" }, undefined].map(
      bears,
    ),
  ).toEqual([false, false, false, false, false]);
});

it("rounding to a step leaves no float noise and no minus zero", () => {
  expect([0.1 + 0.2, 0.0049, -0.0049, -0.125, 1234.567].map((value) => roundToStep(value, 0.01))).toEqual([
    0.3, 0, 0, -0.12, 1234.57,
  ]);
  expect(Object.is(roundToStep(-0.001, 0.01), 0)).toBe(true);
  expect(roundToStep(1234, 50)).toBe(1250);
});
