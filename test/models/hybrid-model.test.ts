import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "vitest";
import { type Cell, type Hybrids, materialise } from "../../src/explain/game.ts";
import { bindGraph } from "../../src/models/binding.ts";
import { cutGraph } from "../../src/models/graph/cut.ts";
import { readGraph } from "../../src/models/onnx.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { openPredictor, type Predictor } from "../../src/models/predictor.ts";
import { uniform } from "../explain/games.ts";
import { GERMAN_CREDIT } from "./contracts.ts";
import { open, read } from "./graph/games.ts";

const opened: Predictor[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((predictor) => predictor.close()));
});

function randomHybrids(count: number, players: number, background: number, n: number): Hybrids {
  const draw = uniform(n);
  return {
    count,
    background: Uint32Array.from({ length: count }, () => Math.floor(draw() * background)),
    present: Uint8Array.from({ length: count * players }, () => Math.floor(2 * draw())),
  };
}

const singles = (width: number) => Array.from({ length: width }, (_, c) => ({ name: `x${c}`, columns: [c] }));

/** Hybrids as they come, and as plain rows through the whole graph. */
async function both(predictor: Predictor, row: readonly Cell[], background: readonly (readonly Cell[])[]) {
  const hybrids = randomHybrids(200, row.length, background.length, 5);
  const rows = materialise({ players: singles(row.length), row, background }, hybrids);
  return [await predictor.hybrids(row, hybrids), await predictor.predictRows(rows)] as const;
}

test("one hybrid alone has the bits that it has in company, also behind a matrix product", async () => {
  const { background, rows } = read("columns-logistic");
  const predictor = await open("columns-logistic");
  opened.push(predictor);
  expect(predictor.anyBatch).toBe(true);
  const width = background[0]!.length;
  const many = randomHybrids(40, width, background.length, 8);
  const values = await predictor.hybrids(rows[0]!, many);
  for (let r = 0; r < many.count; r++) {
    const one = {
      count: 1,
      background: many.background.slice(r, r + 1),
      present: many.present.slice(r * width, (r + 1) * width),
    };
    expect([...(await predictor.hybrids(rows[0]!, one))]).toEqual([...values.slice(2 * r, 2 * r + 2)]);
  }
});

const PREPROCESSED = ["columns-boosted", "columns-forest", "columns-logistic", "sklearn-pca"];
const BARE = ["lightgbm-binary", "xgboost-categories", "catboost-binary", "sklearn-forest-double"];

test.each(["columns-logistic", "sklearn-pca", "columns-boosted"])(
  "%s gives the same bits in batches of a few rows and of thousands, however it is cut into pieces",
  async (name) => {
    const { background, rows } = read(name);
    const predictor = await open(name);
    opened.push(predictor);
    expect(predictor.anyBatch).toBe(true);
    const width = background[0]!.length;
    const many = randomHybrids(6000, width, background.length, 9);
    // Twice: by then the predictor knows how quick its model is, and takes larger pieces.
    await predictor.hybrids(rows[0]!, many);
    const whole = await predictor.hybrids(rows[0]!, many);
    const outputs = whole.length / many.count;
    for (let from = 0; from < many.count; from += 1999) {
      const to = Math.min(many.count, from + 7);
      const few = {
        count: to - from,
        background: many.background.slice(from, to),
        present: many.present.slice(from * width, to * width),
      };
      const values = await predictor.hybrids(rows[0]!, few);
      expect([...values]).toEqual([...whole.slice(from * outputs, to * outputs)]);
    }
  },
);

test("hybrids have the same bits as the rows that they name, preprocessed once or not", async () => {
  const once: string[] = [];
  for (const name of [...PREPROCESSED, ...BARE]) {
    const { background, rows } = read(name);
    const predictor = await open(name);
    opened.push(predictor);
    if (predictor.preprocessedOnce) once.push(name);
    const [hybrids, whole] = await both(predictor, rows[0]!, background);
    expect([...hybrids], name).toEqual([...whole]);
  }
  // Scalers, imputers, one-hot and ordinal encoders stand in front of trees, a linear model and principal components.
  expect(once).toEqual(PREPROCESSED);
});

describe("the German credit package", () => {
  test("is cut in front of its trees: 71 columns of 20 features", async () => {
    const { contract, onnx } = await readPackageFolder(fileURLToPath(GERMAN_CREDIT));
    const graph = readGraph(onnx);
    const { binding } = bindGraph(contract, graph);
    const cut = cutGraph(graph.runnable, binding!)!;
    expect(cut.tensors.map(({ owners }) => owners.length)).toEqual([71]);
    expect(new Set(cut.tensors[0]!.owners).size).toBe(20);
    expect(cut.front.length).toBeLessThan(0.5 * onnx.length);
  });

  test("several explained rows in one batch, and players of several features, give what each gives alone", async () => {
    const checked = await readPackageFolder(fileURLToPath(GERMAN_CREDIT));
    const predictor = await openPredictor(checked, { threads: 1 });
    opened.push(predictor);
    const { background } = checked;
    expect(predictor.anyBatch).toBe(true);
    // Pairs of features: ten players.
    const groups = Array.from({ length: 10 }, (_, p) => ({ name: `g${p}`, columns: [2 * p, 2 * p + 1] }));
    const rows = [background[3]!, background[70]!, background[41]!];
    const parts = rows.map((_, i) => randomHybrids(500, 10, background.length, 30 + i));
    const together = await predictor.mixed(rows, {
      count: 1500,
      explained: Uint32Array.from({ length: 1500 }, (_, r) => Math.floor(r / 500)),
      background: Uint32Array.from(parts.flatMap((part) => [...part.background])),
      present: Uint8Array.from(parts.flatMap((part) => [...part.present])),
      players: groups,
    });
    for (const [i, row] of rows.entries()) {
      const alone = await predictor.predictRows(materialise({ players: groups, row, background }, parts[i]!));
      expect(together.slice(1000 * i, 1000 * (i + 1))).toEqual(alone);
    }
  });

  test("a flag too few, or a row that is not there, is refused", async () => {
    const checked = await readPackageFolder(fileURLToPath(GERMAN_CREDIT));
    const predictor = await openPredictor(checked, { threads: 1 });
    opened.push(predictor);
    const hybrids = randomHybrids(4, 20, 100, 1);
    const row = checked.background[0]!;
    const refused = (explained: number[], more = {}) =>
      expect(() =>
        predictor.mixed([row], { ...hybrids, explained: Uint32Array.from(explained), ...more }),
      ).toThrow(RangeError);
    refused([0, 0, 0]);
    refused([0, 0, 0, 1]);
    refused([0, 0, 0, 0], { present: new Uint8Array(4 * 19) });
  });
});
