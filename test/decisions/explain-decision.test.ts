import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import {
  explainerDigest,
  explainMany,
  explainRecordedRow,
  explainRow,
  seedOf,
} from "../../src/decisions/explain-decision.ts";
import type { Explanation } from "../../src/explain/explain.ts";
import type { Contract } from "../../src/models/contract.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { openPredictor } from "../../src/models/predictor.ts";
import type { LiveVersion } from "../../src/models/registry.ts";

const opened: LiveVersion[] = [];
afterAll(async () => {
  await Promise.all(opened.map(({ predictor }) => predictor.close()));
});

async function open(
  name: string,
  explanation: Partial<Contract["explanation"]> = {},
  groups?: Contract["groups"],
): Promise<LiveVersion> {
  const folder = fileURLToPath(new URL(`../../packages/${name}/`, import.meta.url));
  const checked = await readPackageFolder(folder);
  const contract: Contract = {
    ...checked.contract,
    ...(groups && { groups }),
    explanation: { ...checked.contract.explanation, link: "identity", ...explanation },
  };
  const predictor = await openPredictor(checked, { threads: 1 });
  const { background, digests } = checked;
  const version = {
    model: name,
    version: 1,
    contract,
    publishedAt: new Date(0),
    digests,
    predictor,
    background,
  };
  opened.push(version);
  return version;
}

const asked = (version: LiveVersion) => (r: number) => ({
  seed: seedOf(`decision ${r}`, version.digests.model),
  output: 1,
});

describe("many rows of one version", () => {
  test.each(["german-credit", "german-credit-logistic"])("of %s are each what it is alone", async (name) => {
    const version = await open(name, { method: "auto" });
    const rows = version.background.slice(0, 12);
    const alone: Explanation[] = [];
    for (const [r, row] of rows.entries()) alone.push(await explainRow(version, row, asked(version)(r)));
    const together: Explanation[] = [];
    for await (const one of explainMany(version, rows, asked(version))) together.push(one);
    expect(together.map((one) => JSON.stringify(one))).toEqual(alone.map((one) => JSON.stringify(one)));
    expect(alone[0]).toMatchObject({
      method: "permutation",
      chosen: "enumeration-costs-more",
      control: { link: "margin" },
      digests: { model: version.digests.model, background: version.digests.background },
    });
  });
});

describe("a budget in milliseconds", () => {
  test("too short for anything buys two rounds, and recorded rounds compute a decision again", async () => {
    const hurried = await open("german-credit", { maxMilliseconds: 0.01, tolerance: 0.0001 });
    const row = hurried.background[5]!;
    const made = await explainRow(hurried, row, asked(hurried)(0));
    expect(made).toMatchObject({ rounds: 2, converged: false });
    const patient = await open("german-credit", { maxMilliseconds: 10_000, tolerance: 0.0001 });
    const longer = await explainRow(patient, row, asked(patient)(0));
    expect(longer.rounds).toBeGreaterThan(2);
    expect(longer.modelRows).toBeLessThanOrEqual(20_000);
    const again = await explainRow(hurried, row, { ...asked(hurried)(0), rounds: longer.rounds });
    expect(again.attributions).toEqual(longer.attributions);
    expect(again.intervals).toEqual(longer.intervals);
  });
});

describe("declared groups", () => {
  const groups = [
    { name: "loan", features: ["duration_months", "amount_dm", "installment_rate"] },
    { name: "home", features: ["housing", "property"] },
  ];

  test("move as one, and their features share what that makes, one attribution a feature", async () => {
    const grouped = await open("german-credit", { method: "auto", tolerance: 0.01 }, groups);
    const plain = await open("german-credit", { method: "auto", tolerance: 0.01 });
    const row = grouped.background[8]!;
    const one = await explainRow(grouped, row, asked(grouped)(0));
    const other = await explainRow(plain, row, asked(plain)(0));
    expect(one.attributions).toHaveLength(20);
    expect(one.intervals).toHaveLength(20);
    expect(one.within).toBeNull();
    const sum = one.attributions.reduce((total, [, value]) => total + value!, one.base[1]!);
    expect(Math.abs(sum - one.output[1]!)).toBeLessThan(1e-9);
    expect(one.attributions).not.toEqual(other.attributions);
    expect(explainerDigest(grouped.contract)).not.toBe(explainerDigest(plain.contract));
    const many: Explanation[] = [];
    for await (const each of explainMany(grouped, [row], asked(grouped))) many.push(each);
    expect(many).toEqual([one]);
  });

  test("on the log odds they are exact, at one model row, and so is a record's", async () => {
    for (const [name, method] of [
      ["german-credit", "exact-tree"],
      ["german-credit-logistic", "exact-linear"],
    ] as const) {
      const grouped = await open(name, { method: "auto", link: "margin" }, groups);
      const row = grouped.background[8]!;
      const one = await explainRow(grouped, row, asked(grouped)(0));
      expect(one).toMatchObject({ method, link: "margin", modelRows: 1, within: null });
      expect(one.attributions).toHaveLength(20);
      expect(one.additivityGap).toBeLessThan(1e-12);
      const recorded = await explainRecordedRow(grouped, row, asked(grouped)(0));
      expect(recorded.attributions).toEqual(one.attributions);
      const plain = await open(name, { method: "auto", link: "margin" });
      const other = await explainRow(plain, row, asked(plain)(0));
      // Weighted columns share nothing that grouping could change.
      if (method === "exact-tree") expect(one.attributions).not.toEqual(other.attributions);
      else expect(one.attributions).toEqual(other.attributions);
    }
  });
});
