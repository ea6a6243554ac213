import { afterEach, describe, expect, test } from "vitest";
import { explainRow } from "../../src/decisions/explain-decision.ts";
import { explain } from "../../src/explain/explain.ts";
import type { Contract } from "../../src/models/contract.ts";
import { openExact } from "../../src/models/exact.ts";
import type { Predictor } from "../../src/models/predictor.ts";
import type { LiveVersion } from "../../src/models/registry.ts";
import { seed } from "../explain/games.ts";
import { open, read } from "./graph/games.ts";

const opened: Predictor[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((predictor) => predictor.close()));
});

async function source(name: string) {
  const predictor = await open(name);
  opened.push(predictor);
  return { ...read(name), predictor };
}

describe("a closed form is offered", () => {
  test("when the graph, as it is read, gives what the runtime gives on the background", async () => {
    const { predictor, players, background } = await source("columns-boosted");
    expect(await openExact(predictor, players, background)).toHaveProperty("closedForm");
  });

  test("not when it does not", async () => {
    const { predictor, players, background } = await source("columns-boosted");
    const other: Predictor = {
      ...predictor,
      outputs: predictor.outputs,
      reading: predictor.reading,
      predictRows: async (rows) => (await predictor.predictRows(rows)).map((value) => value + 1e-4),
    };
    expect(await openExact(other, players, background)).toEqual({
      noClosedForm: "the graph, as it was read, does not give what the runtime gives",
    });
  });

  test("not when the graph mixes columns, and the reason says so", async () => {
    const { predictor, players, background } = await source("sklearn-pca");
    expect(await openExact(predictor, players, background)).toEqual({
      noClosedForm: "the model mixes columns before its scores",
    });
  });
});

describe("a decision is explained on the contract's own scale", () => {
  async function explained(name: string, method: Contract["explanation"]["method"]) {
    const { predictor, contract, background, rows } = await source(name);
    const version = {
      contract: { ...contract, explanation: { method } },
      predictor,
      background,
    } as unknown as LiveVersion;
    return explainRow(version, rows[0]!, { seed: seed(1), output: predictor.outputs.length - 1 });
  }

  test.each([
    ["columns-forest", "auto", "exact-tree"],
    ["columns-forest", "exact", "exact-tree"],
    ["columns-forest", "permutation", "permutation"],
    ["sklearn-forest-regressor", "auto", "exact-tree"],
    ["sklearn-linear", "auto", "exact-linear"],
    // The probability of a boosted model is a function of its margin: enumerated or sampled, never rescaled.
    ["columns-boosted", "exact", "exact-enumeration"],
    ["columns-logistic", "permutation", "permutation"],
  ] as const)("%s, %s: %s", async (name, method, expected) => {
    const explanation = await explained(name, method);
    expect(explanation.method).toBe(expected);
    expect(explanation.link).toBe("identity");
    expect(explanation.additivityGap).toBeLessThan(1e-9);
    if (expected === "exact-tree") expect(explanation.modelRows).toBe(1);
  });

  test("exact by trees and exact by enumeration are the same reasons", async () => {
    const exact = await explained("columns-forest", "auto");
    const { predictor, contract, background, rows, players } = await source("columns-forest");
    const game = {
      players,
      row: rows[0]!,
      background,
      outputs: predictor.outputs.length,
      predict: predictor.hybrids.bind(predictor, rows[0]!),
    };
    const enumerated = await explain(game, { seed: seed(1), method: "exact" });
    expect(contract.features.length).toBe(exact.attributions.length);
    exact.attributions.flat().forEach((value, i) => {
      expect(Math.abs(value - enumerated.attributions.flat()[i]!)).toBeLessThan(1e-6);
    });
    expect(exact.distance).toBeLessThan(1e-6);
  });
});
