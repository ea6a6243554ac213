import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { explainRow } from "../../src/decisions/explain-decision.ts";
import { encodeSummary } from "../../src/models/background-summary.ts";
import { sha256 } from "../../src/models/digests.ts";
import { type CheckedPackage, checkPackage } from "../../src/models/package.ts";
import { openPredictor } from "../../src/models/predictor.ts";
import { ModelRegistry } from "../../src/models/registry.ts";
import { seed } from "../explain/games.ts";
import { freshEmbedded } from "../support/databases.ts";
import { FREE_TEXT, filesOf, GERMAN_CREDIT, type Loose, looseContract, yamlBytes } from "./contracts.ts";

/** A package whose contract asks for a summary of so many rows. */
function summarised(folder: URL, method: string, rows: number): Promise<CheckedPackage> {
  const contract = looseContract(folder);
  contract.background!.summary = { method, rows } as unknown as Loose;
  return checkPackage({ ...filesOf(folder), "model.yaml": yamlBytes(contract) });
}

describe.each(["k-means", "stratified"])("a summary by %s", (method) => {
  test("is rows that are there, weighted by what they stand for, with the error that they introduce", async () => {
    const checked = await summarised(GERMAN_CREDIT, method, 25);
    const summary = checked.summary!;
    expect(summary.method).toBe(method);
    expect(summary.rows.length).toBeGreaterThan(15);
    expect(summary.rows.length).toBeLessThanOrEqual(25);
    expect(summary.rows).toEqual([...new Set(summary.rows)].sort((a, b) => a - b));
    expect(summary.rows.every((row) => row >= 0 && row < checked.background.length)).toBe(true);
    expect(summary.weights.every((weight) => weight > 0)).toBe(true);
    expect(Math.abs(summary.weights.reduce((sum, weight) => sum + weight, 0) - 1)).toBeLessThan(1e-12);
    const { measuredOn, median, largest, noise, base } = summary.error;
    expect(measuredOn).toBe(12);
    expect(median).toBeGreaterThan(noise);
    expect(median).toBeLessThan(0.5);
    expect(largest).toBeGreaterThanOrEqual(median);
    expect(base).toBeLessThan(0.1);
  });

  test("is the same every time, and the background's digest names it", async () => {
    const [one, again] = [await summarised(FREE_TEXT, method, 8), await summarised(FREE_TEXT, method, 8)];
    expect(encodeSummary(again.summary!)).toEqual(encodeSummary(one.summary!));
    expect(JSON.parse(new TextDecoder().decode(encodeSummary(one.summary!)))).toEqual(one.summary);
    const csv = sha256(filesOf(FREE_TEXT)["background.csv"]!);
    expect(one.digests.background).toBe(sha256(`${csv}\n${sha256(encodeSummary(one.summary!))}\n`));
    expect(again.digests).toEqual(one.digests);
  });
});

test("more rows lose less, and as many as there are lose nothing: there is no summary", async () => {
  const errors: number[] = [];
  for (const rows of [4, 16, 64])
    errors.push((await summarised(GERMAN_CREDIT, "k-means", rows)).summary!.error.median);
  expect(errors[1]!).toBeLessThan(errors[0]!);
  expect(errors[2]!).toBeLessThan(errors[1]!);
  expect((await summarised(FREE_TEXT, "stratified", 30)).summary).toBeUndefined();
});

describe("a published version", () => {
  let database: OpenDatabase;
  beforeAll(async () => {
    database = await freshEmbedded();
  });
  afterAll(() => database.close());

  test("explains against the weighted rows, and says what they cost", async () => {
    const checked = await summarised(FREE_TEXT, "stratified", 7);
    const models = new ModelRegistry(database.db, (source) => openPredictor(source, { threads: 1 }));
    const { version } = await models.store(database.db, checked, new Date(0));
    const name = checked.contract.name;
    expect(await models.backgroundSummary(name, version)).toEqual(checked.summary);
    const live = await models.live(name);
    expect(live.background).toEqual(checked.summary!.rows.map((row) => checked.background[row]));
    expect([...live.weights!]).toEqual(checked.summary!.weights);
    const explained = await explainRow(live, checked.background[0]!, { seed: seed(1), output: 0 });
    const values = await live.predictor.predictRows(live.background);
    const base = checked.summary!.weights.reduce((sum, weight, b) => sum + weight * values[2 * b]!, 0);
    expect(Math.abs(explained.base[0]! - base)).toBeLessThan(1e-6);
    expect(explained.additivityGap).toBeLessThan(1e-9);
    await models.close();
  });
});
