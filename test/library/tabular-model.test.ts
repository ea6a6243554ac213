import { afterEach, describe, expect, test } from "vitest";
import { planModel, TabularModel } from "../../src/library/tabular-model.ts";
import { seed } from "../explain/games.ts";
import { fixture } from "../models/contracts.ts";
import { closing, expected, given } from "./given.ts";
import { inputError } from "./refusals.ts";

const opened: TabularModel[] = [];
const kept = closing(opened);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.close()));
});

async function open(name: string) {
  const { plan, background, rows } = given(name);
  return { model: kept(await TabularModel.open(plan, { background }, 1)), rows };
}

/** float32 sums in the graph, float64 ones in the training library. */
const close = (value: number, wanted: number) =>
  expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(wanted)));

describe("attributions are those that are enumerated over the training library's own predictions", () => {
  test.each(Object.keys(expected))("%s: classes, base, output and every attribution", async (name) => {
    const { model, rows } = await open(name);
    const { outputs, rows: wanted } = expected[name]!;
    expect(model.outputs).toEqual(outputs);
    for (const [r, row] of rows.entries()) {
      const explanation = await model.explain(row, { seed: seed(1), method: "exact" });
      expect(explanation.method).toMatch(/^exact-/);
      outputs.forEach((_, o) => {
        close(explanation.base[o]!, wanted[r]!.base[o]!);
        close(explanation.output[o]!, wanted[r]!.output[o]!);
        model.players.forEach(({ name: feature }, p) => {
          close(explanation.attributions[p]![o]!, wanted[r]!.attributions[feature]![o]!);
        });
      });
    }
  });
});

test.each([
  ["sklearn-columns-multi", { method: "permutation" }],
  ["xgboost-binary", { link: "margin" }],
  ["sklearn-network", {}],
] as const)("many rows of %s get the bytes that each gets alone", async (name, options) => {
  const { model, rows } = await open(name);
  const asked = { seed: seed(4), ...options };
  const many = [...rows, ...rows.toReversed(), ...rows];
  const alone: string[] = [];
  for (const row of many) alone.push(JSON.stringify(await model.explain(row, asked)));
  const together: string[] = [];
  for await (const explanation of model.explainMany(many, asked)) together.push(JSON.stringify(explanation));
  expect(together).toEqual(alone);
});

test("a class is found by its name, then by its number, and is the last by default", async () => {
  const { model } = await open("lightgbm-multi");
  expect(model.outputs).toEqual(["high", "low", "middle"]);
  expect([undefined, "low", "0", 1].map((output) => model.outputAt(output))).toEqual([2, 1, 0, 1]);
  for (const output of ["3", "Low", "-1", ""])
    expect(inputError(() => model.outputAt(output)).code).toBe("class_unknown");
});

test("columns that move together are one player, whose share is the pair's own", async () => {
  const { plan, background, rows } = given("sklearn-columns-binary");
  const players = [
    { name: "household", columns: [0, 3] },
    { name: "purpose", columns: [1] },
    { name: "children", columns: [2] },
  ];
  const model = kept(await TabularModel.open(plan, { background, players }, 1));
  for (const method of ["exact", "permutation"] as const) {
    const explanation = await model.explain(rows[0]!, { seed: seed(1), method });
    expect(explanation.attributions).toHaveLength(3);
    expect(explanation.additivityGap).toBeLessThanOrEqual(1e-9);
  }
  // The margin in closed form agrees with enumeration of the same game.
  const exact = await model.explain(rows[0]!, { seed: seed(1), link: "margin" });
  const sampled = await model.explain(rows[0]!, { seed: seed(1), link: "margin", method: "permutation" });
  expect(sampled.method).toBe("permutation");
  exact.attributions.forEach(([value], p) => {
    expect(Math.abs(sampled.attributions[p]![0]! - value!)).toBeLessThanOrEqual(1e-6);
  });
});

test("weights of the background count on every path", async () => {
  const { plan, background, rows } = given("sklearn-forest-regressor");
  const weights = Float64Array.from(background, (_, b) => (b === 0 ? 0.5 : 0.5 / (background.length - 1)));
  const weighted = kept(await TabularModel.open(plan, { background, weights }, 1));
  const tree = await weighted.explain(rows[0]!, { seed: seed(1) });
  expect(tree.method).toBe("exact-tree");
  const sampled = await weighted.explain(rows[0]!, { seed: seed(1), method: "permutation" });
  expect(Math.abs(tree.base[0]! - sampled.base[0]!)).toBeLessThanOrEqual(1e-6);
  tree.attributions.forEach(([value], p) => {
    expect(Math.abs(sampled.attributions[p]![0]! - value!)).toBeLessThanOrEqual(1e-6);
  });
});

test("a network of one sigmoid that takes one row at a time is explained too", async () => {
  const plan = planModel(fixture("sigmoid-one-row"), ["u", "v"], "background");
  const model = kept(
    await TabularModel.open(
      plan,
      {
        background: [
          [0, 0],
          [1, -1],
        ],
      },
      1,
    ),
  );
  const { output, attributions, base } = await model.explain([2, 1], { seed: seed(1) });
  expect(model.outputs).toEqual(["value"]);
  expect(output[0]).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
  expect(base[0]! + attributions[0]![0]! + attributions[1]![0]!).toBeCloseTo(output[0]!, 9);
});

test("without a header the columns are called as the model calls its inputs", () => {
  const named = planModel(fixture("classifier-int64-columns"), undefined, "background");
  expect(named.columns).toEqual([
    { name: "a", element: "int64" },
    { name: "b", element: "int64" },
  ]);
  const matrix = planModel(fixture("classifier-zipmap"), undefined, "background");
  expect(matrix.columns.map(({ name }) => name)).toEqual(["x_0", "x_1", "x_2"]);
});

test("what is no model over a table is refused by a code", async () => {
  const plan = (onnx: Uint8Array) => inputError(() => planModel(onnx, ["u", "v"], "background")).code;
  expect(plan(new TextEncoder().encode("name: german-credit"))).toBe("model_unusable");
  expect(plan(fixture("external-weights"))).toBe("model_unusable");
  expect(plan(fixture("label-only"))).toBe("output_unclear");
  const fails = planModel(fixture("fails-when-run"), ["u", "v"], "background");
  const refused = await TabularModel.open(fails, { background: [[1, 2]] }, 1).catch(
    (error: unknown) => error,
  );
  expect(refused).toMatchObject({ name: "InputError", code: "model_unusable" });
});
