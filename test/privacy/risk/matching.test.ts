import { describe, expect, it } from "vitest";
import type { Contract, Policy } from "../../../src/models/contract.ts";
import { anonymise, coarsestLevel, type RecordedValue } from "../../../src/privacy/anonymise.ts";
import { classOf, levelFor } from "../../../src/privacy/risk/matching.ts";
import type { SubjectKey } from "../../../src/privacy/subject-keys.ts";

const policies: Record<string, Policy> = {
  age: { kind: "generalise", bins: [20, 30, 40, 50, 60], levels: [{ bins: [30, 50] }, { bins: [50] }] },
  area: {
    kind: "generalise",
    groups: { a: ["a1", "a2"], b: ["b1"], c: ["c1", "c2"] },
    levels: [{ groups: { ab: ["a1", "a2", "b1"], c: ["c1", "c2"] } }],
  },
  job: { kind: "keep" },
  income: { kind: "top-bottom-code", bottom: 10, bins: [50], top: 90, levels: [{ bins: [50] }] },
};
const quasiIdentifiers = ["age", "area", "job"];
const contract = {
  features: Object.entries(policies).map(([name, policy]) => ({ name, policy })),
  quasiIdentifiers,
} as unknown as Pick<Contract, "features" | "quasiIdentifiers">;
const nobody = { key: {} as SubjectKey, identifiers: [] };

/** Whether what one record says of a feature allows what the other says: one takes in the other. */
function allows(a: RecordedValue, b: RecordedValue): boolean {
  if (a.kind === "dropped" || b.kind === "dropped") return true;
  if (a.kind === "range" && b.kind === "range") {
    const within = (x: typeof a, y: typeof a) =>
      (y.from ?? -Infinity) <= (x.from ?? -Infinity) && (x.to ?? Infinity) <= (y.to ?? Infinity);
    return within(a, b) || within(b, a);
  }
  if (a.kind !== "category" || b.kind !== "category") return false;
  const values = (group: string) => {
    const area = policies.area as Extract<Policy, { kind: "generalise" }>;
    return area.groups?.[group] ?? area.levels?.[0]?.groups?.[group] ?? [group];
  };
  const [x, y] = [values(a.value), values(b.value)];
  return x.every((value) => y.includes(value)) || y.every((value) => x.includes(value));
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** People as they come, each recorded at the level that those before allow. */
function arrive(count: number, k: number, seed: number) {
  const draw = random(seed);
  const pick = <T>(values: readonly T[]) => values[Math.floor(draw() ** 2 * values.length)]!;
  const tally = new Map<string, number>();
  return Array.from({ length: count }, () => {
    const cells = [
      18 + Math.floor(50 * draw()),
      pick(["a1", "a2", "b1", "c1", "c2"]),
      pick(["cook", "judge", "diver"]),
      100 * draw(),
    ];
    const classes = Array.from({ length: coarsestLevel(contract) }, (_, level) =>
      classOf(contract, anonymise(contract, cells, nobody, level)),
    );
    const places = classes.map((name, level) => `${level} ${name}`);
    const level = levelFor(
      places.map((place) => tally.get(place) ?? 0),
      k,
    );
    for (const place of places) tally.set(place, (tally.get(place) ?? 0) + 1);
    return { level, inputs: anonymise(contract, cells, nobody, level) };
  });
}

describe("levels of generalisation", () => {
  const at = (level: number) => anonymise(contract, [37, "b1", "judge", 95], nobody, level);

  it("coarsen quasi-identifiers step by step, what declares none to nothing, and leave the rest alone", () => {
    expect(coarsestLevel(contract)).toBe(2);
    const income = { kind: "range", from: 90, to: null };
    expect(at(0)).toEqual({
      age: { kind: "range", from: 30, to: 40 },
      area: { kind: "category", value: "b" },
      job: { kind: "category", value: "judge" },
      income,
    });
    const [area, job] = [{ kind: "category", value: "ab" }, { kind: "dropped" }];
    expect(at(1)).toEqual({ age: { kind: "range", from: 30, to: 50 }, area, job, income });
    expect(at(2)).toEqual({ age: { kind: "range", from: null, to: 50 }, area, job, income });
  });

  it("are chosen as fine as k - 1 arrivals before allow", () => {
    expect(levelFor([4, 4], 5)).toBe(0);
    expect(levelFor([3, 4], 5)).toBe(1);
    expect(levelFor([3, 3], 5)).toBe(2);
  });

  it("do not tell people apart by pseudonyms or invented values", () => {
    const one = { ...at(0), job: { kind: "pseudonym", value: "00" } as const };
    const other = { ...at(0), job: { kind: "pseudonym", value: "ff" } as const };
    expect(classOf(contract, one)).toBe(classOf(contract, other));
    expect(classOf(contract, one)).not.toBe(classOf(contract, at(0)));
  });

  it.each([2, 3, 5, 10])(
    "after any arrivals each record above the coarsest is matched by k - 1 others (k = %i)",
    (k) => {
      for (let seed = 1; seed <= 4; seed++) {
        const records = arrive(300, k, seed * 7_919);
        const levels = new Set(records.map(({ level }) => level));
        expect([...levels].sort()).toEqual([0, 1, 2]);
        for (const { level, inputs } of records) {
          if (level === 2) continue;
          const matching = records.filter((other) =>
            quasiIdentifiers.every((name) => allows(inputs[name]!, other.inputs[name]!)),
          );
          expect(matching.length).toBeGreaterThanOrEqual(k);
        }
      }
    },
  );
});
