import { afterEach, describe, expect, test } from "vitest";
import { ClosedForm, type Link } from "../../../src/explain/closed-form.ts";
import { explain } from "../../../src/explain/explain.ts";
import { type Cell, type Game, materialise } from "../../../src/explain/game.ts";
import { marginsOf, outputsOf, scoresOf } from "../../../src/explain/structure.ts";
import type { Predictor } from "../../../src/models/predictor.ts";
import { seed } from "../../explain/games.ts";
import { names, open, read, runtimeGame, structureOf, withMargin } from "./games.ts";

const opened: Predictor[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((predictor) => predictor.close()));
});

async function run(name: string, file = name): Promise<Predictor> {
  const predictor = await open(name, file);
  opened.push(predictor);
  return predictor;
}

const readable = names.filter((name) => !("reason" in read(name).reading));
const close = (a: number, b: number, tolerance: number) =>
  expect(Math.abs(a - b)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(b)));

test("only the graphs that mix columns are not read, and the reader says so", () => {
  expect(names.filter((name) => !readable.includes(name))).toEqual(["sklearn-pca"]);
  expect(read("sklearn-pca").reading).toEqual({ reason: "the model mixes columns before its scores" });
});

describe("the graph, in float64, says what the runtime says", () => {
  test.each(readable)("%s", async (name) => {
    const { background, rows, reading } = read(name);
    const structure = structureOf(reading);
    const predictor = await run(name);
    const all = [...background, ...rows];
    const values = await predictor.predictRows(all);
    all.forEach((row, r) => {
      outputsOf(structure, row).forEach((value, o) => {
        close(value, values[r * predictor.outputs.length + o]!, 1e-6);
      });
    });
  });
});

/** Margins by evaluating the graph in float64, row by row: enumerated, an oracle for every exact path. */
function marginGame(name: string, row: readonly Cell[]): Game {
  const { players, background, reading } = read(name);
  const structure = structureOf(reading);
  const game: Game = {
    players,
    row,
    background,
    outputs: structure.shift.length,
    predict: async (hybrids) =>
      Float64Array.from(
        materialise(game, hybrids).flatMap((cells) => [
          ...marginsOf(structure, scoresOf(structure.scores, cells)),
        ]),
      ),
  };
  return game;
}

describe("exact attributions of the margin are the enumerated ones", () => {
  test.each(readable)("%s: to 1e-9 with the graph in float64, tables and walks alike", async (name) => {
    const { players, background, rows, reading } = read(name);
    const structure = structureOf(reading);
    const tabled = new ClosedForm(structure, { players, background });
    const walked = new ClosedForm(structure, { players, background }, { maxTableBytes: 0 });
    for (const row of rows) {
      const enumerated = await explain(marginGame(name, row), { seed: seed(1), method: "exact" });
      for (const form of [tabled, walked]) {
        const { base, output, attributions } = form.explain(row, "margin");
        enumerated.attributions.flat().forEach((value, i) => {
          close(attributions[i]!, value, 1e-9);
        });
        enumerated.base.forEach((value, o) => {
          close(base[o]!, value, 1e-9);
          const sum = attributions.reduce(
            (total, each, i) => total + (i % base.length === o ? each : 0),
            base[o]!,
          );
          close(sum, output[o]!, 1e-12);
        });
      }
    }
  });

  test.each(withMargin)("%s: to 1e-6 with the runtime, the last function taken off", async (name) => {
    await sameAsRuntime(name, `${name}.margin`, "margin");
  });

  const same = readable.filter((name) => structureOf(read(name).reading).post.length === 0);
  test.each(same)("%s: to 1e-6 with the runtime, on its output as it is", async (name) => {
    await sameAsRuntime(name, name, "identity");
  });
});

async function sameAsRuntime(name: string, file: string, link: Link): Promise<void> {
  const source = read(name);
  const closedForm = new ClosedForm(structureOf(source.reading), source);
  const predictor = await run(name, file);
  for (const row of source.rows) {
    const enumerated = await explain(runtimeGame(source, row, predictor), { seed: seed(1), method: "exact" });
    const { attributions } = closedForm.explain(row, link);
    // Relative to the outputs that the runtime's float32 sums have to tell apart.
    const scale = Math.max(1, ...enumerated.output.map(Math.abs), ...enumerated.base.map(Math.abs));
    enumerated.attributions.flat().forEach((value, i) => {
      expect(Math.abs(attributions[i]! - value)).toBeLessThanOrEqual(1e-6 * scale);
    });
  }
}
