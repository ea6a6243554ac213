import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attributionsOfRecord,
  type RecordedAttributions,
} from "../../src/decisions/recorded-attributions.ts";
import { attributionStep } from "../../src/decisions/scale.ts";
import type { ClosedForm } from "../../src/explain/closed-form.ts";
import type { Cell } from "../../src/explain/game.ts";
import { openExact } from "../../src/models/exact.ts";
import type { LiveVersion } from "../../src/models/registry.ts";
import { type RecordedValue, roundToStep } from "../../src/privacy/anonymise.ts";
import { recordedRow } from "../../src/privacy/recorded-row.ts";
import { liveVersion } from "../support/live-version.ts";
import { applicants } from "./attack/population.ts";
import { boostedGuess, type Columns } from "./attack/regression.ts";
import {
  logistic,
  rangedFeatures,
  recordedInputs,
  recordedScore,
  rejectionAttack,
} from "./attack/rejection.ts";

const ROWS = 10_000;
/** Two points of the width of a bin. */
const NO_BETTER = 0.02;

/** What an attacker reads of one decision, and the decision's own attributions, which nobody but the person should have. */
interface Seen {
  inputs: Record<string, RecordedValue>;
  recorded: RecordedAttributions;
  /** Of the decided row, in the same steps. */
  own: number[];
  output: number;
}

async function closedFormOf({ predictor, contract, background }: LiveVersion): Promise<ClosedForm> {
  const players = contract.features.map(({ name }, column) => ({ name, columns: [column] }));
  const exact = await openExact(predictor, players, background);
  if ("noClosedForm" in exact) throw new Error(exact.noClosedForm);
  return exact.closedForm;
}

/** Every decision of these people, explained on the log odds, as the service would record it. */
async function seenOf(version: LiveVersion, people: readonly (readonly Cell[])[]): Promise<Seen[]> {
  const { contract } = version;
  const closedForm = await closedFormOf(version);
  const step = attributionStep(contract);
  const outputs = closedForm.structure.shift.length;
  const seen: Seen[] = [];
  for (const row of people) {
    const { output, attributions } = closedForm.explain(row, "margin");
    const inputs = recordedInputs(version, row);
    const score = roundToStep(logistic(output[outputs - 1]!), contract.output.scoreStep);
    const outcome = output[outputs - 1]! >= 0 ? "approved" : "refused";
    seen.push({
      inputs,
      recorded: await attributionsOfRecord(version, { inputs, outcome, score, threshold: 0.5, step }),
      own: contract.features.map((_, c) => roundToStep(attributions[c * outputs + outputs - 1]!, step)),
      output: output[outputs - 1]!,
    });
  }
  return seen;
}

const inLogOdds = (name: string) =>
  liveVersion(name, (contract) => ({ ...contract, explanation: { method: "auto", link: "margin" } }));

describe.each([
  ["german-credit-logistic", 0.1],
  ["german-credit", 0.03],
])("an attacker who learns from 10,000 decisions of %s", (name, succeeds) => {
  let version: LiveVersion;
  let people: Cell[][];
  let seen: Seen[];
  beforeAll(async () => {
    version = await inLogOdds(name);
    people = applicants(version.contract, ROWS, 1);
    seen = await seenOf(version, people);
  }, 60_000);
  afterAll(() => version.predictor.close());

  /** The recorded values as numbers: where a range begins, which category it is. */
  const valueColumns = (): Float64Array[] =>
    version.contract.features.map(({ name: feature }) => {
      const codes = new Map<string, number>();
      return Float64Array.from(seen, ({ inputs }) => {
        const value = inputs[feature]!;
        if (value.kind === "range") return value.from ?? Number.NEGATIVE_INFINITY;
        const text = JSON.stringify(value);
        if (!codes.has(text)) codes.set(text, codes.size);
        return codes.get(text)!;
      });
    });
  const recordColumns = (): Float64Array[] => [
    ...version.contract.features.map(({ name: feature }) =>
      Float64Array.from(seen, ({ recorded }) => recorded.attributions[feature]?.value ?? 0),
    ),
    Float64Array.from(seen, ({ recorded }) => recorded.rest),
    Float64Array.from(seen, ({ recorded }) => recorded.explained!.output),
  ];
  const ownColumns = (): Float64Array[] =>
    version.contract.features.map((_, c) => Float64Array.from(seen, ({ own }) => own[c]!));

  /** Mean error at the second half of what was learnt from the first, in widths of a bin. */
  function learnt(columns: Columns, column: number, widthAt: (value: number) => number): number {
    const half = ROWS / 2;
    const target = Float64Array.from(people, (row) => row[column] as number);
    const guess = boostedGuess(
      columns.map((each) => each.subarray(0, half)),
      target.subarray(0, half),
      columns.map((each) => each.subarray(half)),
    );
    return guess.reduce((sum, value, i) => {
      const actual = target[half + i]!;
      return sum + Math.abs(value - actual) / widthAt(actual) / half;
    }, 0);
  }

  it("guesses no number better from the whole record than from its bins, and would from the decision's own attributions", () => {
    const values = valueColumns();
    const record = [...values, ...recordColumns()];
    const unprotected = [...values, ...ownColumns()];
    const gains = rangedFeatures(version, people).map(({ name: feature, column, widthAt }) => {
      const fromBins = learnt(values, column, widthAt);
      return {
        feature,
        fromBins,
        record: fromBins - learnt(record, column, widthAt),
        unprotected: fromBins - learnt(unprotected, column, widthAt),
      };
    });
    for (const { record: gain } of gains) expect(gain).toBeLessThan(NO_BETTER);
    expect(Math.max(...gains.map((gain) => gain.unprotected))).toBeGreaterThan(succeeds);
  });

  if (name === "german-credit-logistic")
    it("solves a linear model for its inputs only with the decision's own attributions", async () => {
      const closedForm = await closedFormOf(version);
      const { background, contract } = version;
      const outputs = closedForm.structure.shift.length;
      for (const { column, widthAt } of rangedFeatures(version, people)) {
        // φ = w · (x − mean): two rows that differ in x alone give w.
        const [a, b] = [0, 1].map((by) => [...background[0]!].with(column, 40 + by));
        const at = (row: readonly Cell[]) =>
          closedForm.explain(row, "margin").attributions[column * outputs + outputs - 1]!;
        const weight = at(b!) - at(a!);
        const start = at(a!) - 40 * weight;
        const error = (guess: (one: Seen, r: number) => number) =>
          seen.reduce((sum, one, r) => {
            const actual = people[r]![column] as number;
            return sum + Math.abs(guess(one, r) - actual) / widthAt(actual) / ROWS;
          }, 0);
        const feature = contract.features[column]!.name;
        const fromBins = error(({ inputs }) => recordedRow(contract, inputs, background)[column] as number);
        const fromRecord = error(({ recorded }) => (recorded.attributions[feature]!.value - start) / weight);
        // Σφ + base = output, solved for this input as if everything else were what the record says.
        const fromRest = error(
          ({ recorded }) => (recorded.attributions[feature]!.value + recorded.rest - start) / weight,
        );
        const fromOwn = error(({ own }) => (own[column]! - start) / weight);
        expect(fromBins - fromRecord).toBeLessThan(NO_BETTER);
        expect(fromBins - fromRest).toBeLessThan(NO_BETTER);
        expect(fromBins - fromOwn).toBeGreaterThan(0.1);
      }
    });
});

describe("an attacker who has the package and tries what would be scored as recorded", () => {
  it("guesses no number better than from the bins, and would from the whole score in wide bins", async () => {
    const version = await liveVersion("german-credit");
    const known = applicants(version.contract, ROWS, 1);
    const victims = applicants(version.contract, 500, 2);
    const gain = (of: LiveVersion, step: number) =>
      rejectionAttack(of, known, victims, recordedScore(step)).map((one) => one.fromBins - one.attacked);
    expect(Math.max(...gain(version, version.contract.output.scoreStep))).toBeLessThan(NO_BETTER);
    const wide = version.contract.features.map((feature) =>
      feature.name === "duration_months"
        ? { ...feature, policy: { kind: "generalise" as const, bins: [12, 24, 36, 48] } }
        : feature,
    );
    const unguarded = { ...version, contract: { ...version.contract, features: wide } };
    expect(Math.max(...gain(unguarded, 0.01))).toBeGreaterThan(NO_BETTER);
    await version.predictor.close();
  }, 60_000);
});
