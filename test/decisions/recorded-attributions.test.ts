import { createHash } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import type { DecisionRecord } from "../../src/decisions/decision.ts";
import { seedOf } from "../../src/decisions/explain-decision.ts";
import { predictAndExplain } from "../../src/decisions/predicted.ts";
import { decisionRecord } from "../../src/decisions/record.ts";
import { attributionsOfRecord } from "../../src/decisions/recorded-attributions.ts";
import type { Cell } from "../../src/explain/game.ts";
import type { LiveVersion } from "../../src/models/registry.ts";
import type { SubjectKey } from "../../src/privacy/subject-keys.ts";
import { liveVersion } from "../support/live-version.ts";

const opened: LiveVersion[] = [];
afterAll(async () => {
  await Promise.all(opened.map(({ predictor }) => predictor.close()));
});

async function open(name: string): Promise<LiveVersion> {
  const version = await liveVersion(name);
  opened.push(version);
  return version;
}

const key = { pseudonymKey: createHash("sha256").digest(), purpose: "test" } as unknown as SubjectKey;

async function recordFor(version: LiveVersion, cells: readonly Cell[], id: string): Promise<DecisionRecord> {
  const seed = seedOf(id, version.digests.model);
  const { told, explanation, say } = await predictAndExplain(version, cells, seed);
  const digests = { ...version.digests, explainer: "" };
  const core = { id, ...told, language: "en" as const, reasons: say("en") };
  const more = { hour: 1, client: "bank", rounds: explanation.rounds, digests };
  return decisionRecord(version, core, { ...more, cells, context: { key, identifiers: [] } });
}

describe.each(["german-credit", "german-credit-logistic"])("attributions on the record of %s", (name) => {
  it("are computed again from the record and the package, elsewhere and later", async () => {
    const [here, elsewhere] = [await open(name), await open(name)];
    const record = JSON.parse(
      JSON.stringify(await recordFor(here, here.background[7]!, "a")),
    ) as DecisionRecord;
    const { explained, attributionsOf, base, attributions, rest } = record;
    expect(await attributionsOfRecord(elsewhere, record)).toEqual({
      explained,
      attributionsOf,
      base,
      attributions,
      rest,
    });
    expect(attributionsOf).toBe("recorded-row");
    const sum = Object.values(attributions).reduce((total, { value }) => total + value, base + rest);
    expect(sum).toBeCloseTo(record.explained!.output, 9);
  });

  it("are the same for whoever has the same record, whatever lay within the bins or was dropped", async () => {
    const version = await open(name);
    const column = (feature: string) => version.contract.features.findIndex((one) => one.name === feature);
    const one = [...version.background[7]!];
    for (const [feature, value] of [
      ["duration_months", 24],
      ["amount_dm", 2_100],
      ["age_years", 26],
    ] as const)
      one[column(feature)] = value;
    const other = [...one];
    for (const [feature, value] of [
      ["duration_months", 25],
      ["amount_dm", 2_150],
      ["age_years", 27],
      ["telephone", one[column("telephone")] === "no" ? "yes" : "no"],
    ] as const)
      other[column(feature)] = value;
    const [a, b] = [await recordFor(version, one, "a"), await recordFor(version, other, "b")];
    expect(b.inputs).toEqual(a.inputs);
    expect(b.attributions).toEqual(a.attributions);
    expect(b.base).toBe(a.base);
    expect(a.rest).not.toBe(0);
  });
});
