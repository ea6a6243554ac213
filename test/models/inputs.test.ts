import { expect, test } from "vitest";
import type { Feature } from "../../src/models/contract.ts";
import { readInputs } from "../../src/models/inputs.ts";
import { categoryFeature, numberFeature } from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

const { policy: _, ...described } = numberFeature("note");
const note: Feature = { ...described, type: "text", maxLength: 5, policy: { kind: "mask" } };
const contract = {
  features: [
    { ...numberFeature("amount", "integer"), min: 1, max: 10 } as Feature,
    { ...numberFeature("rate"), min: -1, max: 1 } as Feature,
    categoryFeature("kind", ["1", "two"]),
    note,
  ],
};
const good = { amount: 3, rate: 0.5, kind: "1", note: "olá" };

test("inputs come out as cells in the contract's order, whatever theirs", () => {
  expect(readInputs(contract, { note: "olá", kind: "1", rate: 0.5, amount: 3 })).toEqual([
    3,
    0.5,
    "1",
    "olá",
  ]);
});

test("limits and lengths are inclusive, and length counts code points", () => {
  expect(readInputs(contract, { amount: 10, rate: -1, kind: "two", note: "😀😀😀😀😀" })[0]).toBe(10);
});

test.each<[string, object, string, string]>([
  ["a missing feature", { amount: undefined }, "missing_feature", "/inputs/amount"],
  ["null", { amount: null }, "invalid_type", "/inputs/amount"],
  ["a boolean", { amount: true }, "invalid_type", "/inputs/amount"],
  ["an array", { amount: [3] }, "invalid_type", "/inputs/amount"],
  ["an object", { kind: {} }, "invalid_type", "/inputs/kind"],
  ["a number as text", { amount: "3" }, "invalid_type", "/inputs/amount"],
  ["a category as number", { kind: 1 }, "invalid_type", "/inputs/kind"],
  ["NaN", { rate: Number.NaN }, "invalid_type", "/inputs/rate"],
  ["1e999", JSON.parse('{"rate": 1e999}') as object, "invalid_type", "/inputs/rate"],
  ["a fraction for a whole number", { amount: 3.5 }, "invalid_type", "/inputs/amount"],
  ["an unseen category", { kind: "three" }, "unseen_category", "/inputs/kind"],
  ["an inherited word as category", { kind: "constructor" }, "unseen_category", "/inputs/kind"],
  ["a number below", { amount: 0 }, "out_of_range", "/inputs/amount"],
  ["a number above", { rate: 1.001 }, "out_of_range", "/inputs/rate"],
  ["a text too long", { note: "123456" }, "text_too_long", "/inputs/note"],
  ["a text far too long", { note: "1".repeat(1_000_000) }, "text_too_long", "/inputs/note"],
  ["half a surrogate pair", { note: "a\ud83d" }, "invalid_type", "/inputs/note"],
  ["a NUL", { note: "a\0b" }, "invalid_type", "/inputs/note"],
  ["an unknown feature", { extra: 1 }, "unknown_feature", "/inputs"],
  ["__proto__", JSON.parse('{"__proto__": 1}') as object, "unknown_feature", "/inputs"],
  ["constructor", { constructor: 1 }, "unknown_feature", "/inputs"],
  ["a name with a slash", { "a/b~c": 1 }, "unknown_feature", "/inputs"],
])("%s is refused with its own code", async (_, change, code, pointer) => {
  const inputs = Object.defineProperties({ ...good }, Object.getOwnPropertyDescriptors(change));
  const problem = await refusal(() => readInputs(contract, inputs));
  expect(problem.code).toBe(code);
  expect(pointers(problem)).toEqual([pointer]);
  expect(problem.faults[0]!.code).toBe(code);
});

test.each([[null], [[]], ["text"], [7], [undefined]])("inputs that are %j are refused", async (inputs) => {
  expect((await refusal(() => readInputs(contract, inputs))).code).toBe("invalid_type");
});

test("an inherited value does not stand in for a missing one", async () => {
  const inputs = Object.assign(Object.create({ amount: 3 }), { rate: 0.5, kind: "1", note: "" }) as object;
  expect((await refusal(() => readInputs(contract, inputs))).code).toBe("missing_feature");
});

test("all faults come at once, the code is the first one's, and no value is repeated", async () => {
  const inputs = { rate: 77.125, kind: "secret-kind", note: "secret-note", other: "secret-other" };
  const problem = await refusal(() => readInputs(contract, inputs));
  expect(problem.code).toBe("missing_feature");
  expect(problem.faults.map(({ code }) => code)).toEqual([
    "missing_feature",
    "out_of_range",
    "unseen_category",
    "text_too_long",
    "unknown_feature",
  ]);
  const said = JSON.stringify([problem.message, problem.faults, problem.members]);
  expect(said).not.toMatch(/secret|77\.125/);
});

test("a flood of unknown names is answered briefly", async () => {
  const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x${i}`, 1]));
  const problem = await refusal(() => readInputs(contract, { ...good, ...flood }));
  expect(problem.faults.length).toBe(100);
});
