import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import {
  ExplainError,
  explain,
  InputError,
  type Model,
  openModel,
  type RowExplanation,
} from "../../src/library/explain.ts";
import { readTable } from "../../src/library/tables.ts";
import { bytesOf, closing, expected, pathOf } from "./given.ts";

const opened: Model[] = [];
const kept = closing(opened);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((model) => model.close()));
});

/** Rows as a program has them: objects with numbers, text and null. */
function objects(file: string, numbers: readonly string[]): Record<string, string | number | null>[] {
  const { header, lines } = readTable(bytesOf(file), file);
  return lines.map((line) =>
    Object.fromEntries(
      header.map((name, i) => {
        const text = line[i]!;
        return [name, numbers.includes(name) ? (text === "" ? null : Number(text)) : text];
      }),
    ),
  );
}
const NUMBERS = ["a", "b", "c", "d"];
const people = (part: string) => objects(`sklearn-columns-multi.${part}.csv`, ["income", "children"]);
const total = ({ base, attributions }: RowExplanation) =>
  Object.values(attributions).reduce((sum, value) => sum + value, base);
const code = (attempt: Promise<unknown>) =>
  attempt.then(
    () => "none",
    (error: unknown) => {
      expect(error instanceof InputError || error instanceof ExplainError).toBe(true);
      return (error as InputError).code;
    },
  );

describe("a model", () => {
  test("explains rows by name, each class, as the training library would", async () => {
    const model = kept(
      await openModel(pathOf("sklearn-columns-multi.onnx"), { background: people("background"), threads: 1 }),
    );
    const { outputs, rows: wanted } = expected["sklearn-columns-multi"]!;
    expect(model.outputs).toEqual(outputs);
    expect(model.features).toEqual(["income", "purpose", "children", "housing"]);
    for (const [r, row] of people("rows").entries())
      for (const [o, output] of outputs.entries()) {
        const explanation = await model.explain(row, { output });
        expect(explanation.outputName).toBe(output);
        for (const [name, value] of Object.entries(explanation.attributions))
          expect(Math.abs(value - wanted[r]!.attributions[name]![o]!)).toBeLessThanOrEqual(1e-6);
        expect(Math.abs(total(explanation) - explanation.output)).toBeLessThanOrEqual(1e-9);
      }
  });

  test("predicts, and explains the last class by default, from arrays too", async () => {
    const background = people("background").map((row) => Object.values(row));
    const [row] = people("rows");
    const features = Object.keys(row!);
    const model = kept(
      await openModel(bytesOf("sklearn-columns-multi.onnx"), { background, features, threads: 1 }),
    );
    const [values] = await model.predict([Object.values(row!)]);
    const explanation = await model.explain(Object.values(row!));
    expect(explanation.outputName).toBe("paid");
    expect(explanation.output).toBeCloseTo(values![2]!, 12);
  });

  test("gives the same bytes for the same seed, however many rows are explained at once", async () => {
    const background = people("background");
    const model = kept(await openModel(pathOf("sklearn-columns-multi.onnx"), { background, threads: 1 }));
    const asked = { method: "permutation", seed: 7 } as const;
    const alone: string[] = [];
    for (const row of people("rows")) alone.push(JSON.stringify(await model.explain(row, asked)));
    const together = await Promise.all(people("rows").map((row) => model.explain(row, asked)));
    expect(together.map((each) => JSON.stringify(each))).toEqual(alone);
    expect(together[0]!.seed).toBe(7);
    const hexadecimal = await model.explain(people("rows")[0]!, {
      ...asked,
      seed: "0".repeat(31).concat("7"),
    });
    expect(hexadecimal.attributions).toEqual(together[0]!.attributions);
  });

  test("is opened, asked and closed in one call", async () => {
    const [row] = people("rows");
    const background = people("background");
    const groups = { money: ["income", "housing"] };
    const explanation = await explain({
      model: pathOf("sklearn-columns-multi.onnx"),
      background,
      row: row!,
      groups,
    });
    expect(Object.keys(explanation.attributions)).toEqual(["money", "purpose", "children"]);
    expect(Math.abs(total(explanation) - explanation.output)).toBeLessThanOrEqual(1e-9);
  });

  test("shares out exactly within groups what a forest gives them", async () => {
    const background = objects("sklearn-forest-regressor.background.csv", NUMBERS);
    const [row] = objects("sklearn-forest-regressor.rows.csv", NUMBERS);
    const groups = { pair: NUMBERS.slice(0, 2) };
    const path = pathOf("sklearn-forest-regressor.onnx");
    const model = kept(await openModel(path, { background, groups, threads: 1 }));
    const shared = await model.explain(row!, { within: true });
    expect(shared.method).toBe("exact-tree");
    const [one, two] = groups.pair.map((name) => shared.within!.attributions[name]!);
    expect(Math.abs(one! + two! - shared.attributions.pair!)).toBeLessThan(1e-9);
    const whole = await model.explain(row!);
    expect(Math.abs(whole.attributions.pair! - shared.attributions.pair!)).toBeLessThan(1e-9);
    const sampled = await model.explain(row!, { within: true, method: "permutation", tolerance: 0.001 });
    const off = Math.abs(sampled.within!.attributions[groups.pair[0]!]! - one!);
    expect(off).toBeLessThan(1e-2 * Math.max(...Object.values(shared.attributions).map(Math.abs)));
  });

  test("says what counts over many rows, against targets and without", async () => {
    const rows = objects("xgboost-binary.background.csv", ["a", "b", "c", "d"]);
    const model = kept(await openModel(pathOf("xgboost-binary.onnx"), { background: rows, threads: 1 }));
    const values = await model.predict(rows);
    const targets = values.map(([, one]) => (one! > 0.5 ? 1 : 0));
    const shares: number[] = [];
    const found = await model.importance(rows, {
      targets,
      repeats: 3,
      onProgress: (done) => shares.push(done),
    });
    expect(found).toMatchObject({ outputName: "1", rows: rows.length, seed: 0 });
    const loss = values
      .map((row, r) => -Math.log(row[targets[r]!]!))
      .reduce((sum, each) => sum + each / rows.length, 0);
    expect(found.permutation).toMatchObject({ loss: "log-loss", repeats: 3 });
    expect(found.permutation.baseline).toBeCloseTo(loss, 9);
    expect(found.permutation.features.b!.repeats).toHaveLength(3);
    const explained = await Promise.all(rows.map((row) => model.explain(row)));
    for (const feature of model.features) {
      const mean =
        explained.reduce((sum, each) => sum + Math.abs(each.attributions[feature]!), 0) / rows.length;
      expect(found.attributions.features[feature]!.value).toBeCloseTo(mean, 9);
    }
    expect(shares.at(-1)).toBe(1);
    const again = await model.importance(rows, { targets, repeats: 3 });
    expect(JSON.stringify(again)).toBe(JSON.stringify(found));
    expect((await model.importance(rows)).permutation).toMatchObject({
      loss: "absolute-change",
      baseline: 0,
    });
    expect(await code(model.importance(rows, { targets: targets.map(() => "yes") }))).toBe("target_invalid");
    expect(await code(model.importance(rows, { targets: [1] }))).toBe("target_invalid");
    expect(await code(model.importance(rows.slice(1, 2)))).toBe("invalid_shape");
  });

  test("refuses rows, groups and classes that do not fit, each with a code", async () => {
    const background = people("background");
    const [row] = people("rows");
    const path = pathOf("sklearn-columns-multi.onnx");
    const model = kept(await openModel(path, { background, threads: 1 }));
    const { income: _, ...less } = row!;
    expect(await code(model.explain(less))).toBe("column_missing");
    expect(await code(model.explain({ ...row!, age: 3 }))).toBe("column_unknown");
    expect(await code(model.explain({ ...row!, income: "much" }))).toBe("cell_invalid");
    expect(await code(model.explain({ ...row!, children: null }))).toBe("cell_invalid");
    expect(await code(model.explain([1, "car", 2]))).toBe("column_missing");
    expect(await code(model.explain(row!, { output: "won" }))).toBe("class_unknown");
    expect(await code(model.explain(row!, { seed: -1 }))).toBe("invalid_seed");
    expect(await code(model.explain(row!, { tolerance: 2 }))).toBe("invalid_option");
    expect(await code(openModel(path, { background: [] }))).toBe("no_rows");
    expect(await code(openModel(path, { background, groups: { g: ["age"] } }))).toBe("group_invalid");
    expect(await code(openModel(path, { background, groups: { income: ["purpose"] } }))).toBe(
      "group_invalid",
    );
    expect(await code(openModel(pathOf("nothing.onnx"), { background }))).toBe("file_unreadable");
  });
});

describe("a function", () => {
  // Chosen so that each value can be said in one's head: 3a, and bc shared by two.
  const predict = (rows: (string | number)[][]) =>
    rows.map(([a, b, c]) => 3 * Number(a) + Number(b) * Number(c));

  test("is explained exactly, with names or without", async () => {
    const asked = { predict, row: [1, 2, 5], background: [[0, 0, 0]] };
    const { attributions, base, output } = await explain(asked);
    expect({ attributions, base, output }).toEqual({
      attributions: { x0: 3, x1: 5, x2: 5 },
      base: 0,
      output: 13,
    });
    const named = await explain({ predict, row: { a: 1, b: 2, c: 5 }, background: [{ c: 0, b: 0, a: 0 }] });
    expect(named.attributions).toEqual({ a: 3, b: 5, c: 5 });
  });

  test("may give several outputs, later, and have weights and groups", async () => {
    const slow = async (rows: (string | number)[][]) => predict(rows).map((value) => [value, -value]);
    const explanation = await explain(
      {
        predict: slow,
        row: { a: 1, b: 2, c: 5 },
        background: [
          { a: 0, b: 0, c: 0 },
          { a: 1, b: 2, c: 5 },
        ],
        weights: [0.25, 0.75],
        groups: { both: ["b", "c"] },
      },
      { output: 1 },
    );
    expect(explanation.attributions).toEqual({ a: -0.75, both: -2.5 });
    expect(explanation.outputName).toBe("1");
  });

  test("shares out what a group has among its members when asked", async () => {
    const asked = {
      predict,
      row: { a: 1, b: 2, c: 5 },
      background: [{ a: 0, b: 0, c: 0 }],
      groups: { both: ["a", "b"] },
    };
    const { attributions, within } = await explain(asked, { within: true });
    expect(attributions).toEqual({ both: 8, c: 5 });
    expect(within!.attributions).toEqual({ a: 3, b: 5, c: 5 });
    expect((await explain(asked)).within).toBeNull();
  });

  test("tells of each round, and refuses what is exact nowhere at once", async () => {
    const wide = (rows: (string | number)[][]) =>
      rows.map((row) => Math.tanh(row.reduce<number>((s, v) => s + Number(v) ** 2, 0) / 9));
    const row = Array.from({ length: 24 }, (_, i) => (i % 5) - 2.5);
    const background = Array.from({ length: 9 }, (_, b) => row.map((_, i) => ((b + i) % 7) / 7));
    const rounds: number[] = [];
    const sampled = await explain(
      { predict: wide, row, background },
      { tolerance: 0.01, onRound: (soFar) => rounds.push(soFar.rounds) },
    );
    expect(sampled.method).toBe("permutation");
    expect(rounds.at(-1)).toBe(sampled.rounds);
    let asked = 0;
    const counting = (rows: (string | number)[][]) => {
      asked += rows.length;
      return wide(rows);
    };
    expect(await code(explain({ predict: counting, row, background }, { method: "exact" }))).toBe(
      "exact_too_large",
    );
    expect(asked).toBe(1);
    expect(await code(explain({ predict: wide, row, background }, { link: "margin" }))).toBe("no_margin");
  });
});

test("the library brings neither a database nor HTTP with it", () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const walk = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    const source = readFileSync(file, "utf8");
    const named = [
      ...source.matchAll(/^(?:import|export)\s+(?!type\s)(?:[^;"']*?\sfrom\s+)?"([^"]+)"/gm),
      ...source.matchAll(/\b(?:import|new URL)\(\s*[`"](\.?[^`"$]+)/g),
    ];
    for (const [, to] of named) {
      if (to!.startsWith(".")) walk(normalize(join(dirname(file), to!.endsWith(".ts") ? to! : `${to!}.ts`)));
      else packages.add(to!);
    }
  };
  walk("src/library/explain.ts");
  // The thread's module is named by its ending alone, so that it is found here by hand.
  walk("src/models/onnx-worker.ts");
  expect([...packages].filter((name) => !name.startsWith("node:")).sort()).toEqual([
    "onnxruntime-node",
    "protobufjs/light.js",
  ]);
  expect([...seen].filter((file) => /^src\/(db|http|decisions|subjects|pages|privacy)\//.test(file))).toEqual(
    [],
  );
});
