import { readFileSync } from "node:fs";
import type { DistributionCell } from "../../src/decisions/distributions.ts";
import { mergeSmall } from "../../src/decisions/distributions.ts";
import { Problem } from "../../src/errors.ts";
import type { Contract } from "../../src/models/contract.ts";
import type { PagesDeps } from "../../src/pages/deps.ts";

const vector = (name: string) => readFileSync(new URL(`../audit/vectors/${name}`, import.meta.url), "utf8");

/** A real export under a real key, of another log than the bank's: what a browser verifies. */
export const EXPORT = vector("valid/no-erasure.ndjson");
export const VKEY = vector("vkey.txt").trim();

/** Attributions around a centre that leans with the value, the same on every run. */
function cellsAround(lean: number, spread: number, ordered: boolean): DistributionCell[] {
  const cells = Array.from({ length: 4 }, (_, shade) =>
    Array.from({ length: 15 }, (__, i): DistributionCell => {
      const off = (i - 7) / 7;
      const attribution = Number((lean * (shade - 1.5) + spread * off).toFixed(2));
      return { attribution, shade: ordered ? shade : null, count: Math.round(60 * Math.exp(-4 * off * off)) };
    }),
  ).flat();
  const merged = new Map<string, DistributionCell>();
  for (const cell of cells) {
    const key = `${cell.shade}@${cell.attribution}`;
    merged.set(key, { ...cell, count: (merged.get(key)?.count ?? 0) + cell.count });
  }
  return mergeSmall([...merged.values()], 10);
}

export function overseerOf(contract: Contract, log: { size: number; root: string }): PagesDeps["overseer"] {
  const weights = contract.features.map(({ name }, i) => ({ feature: name, value: 0.12 / (1 + i * 0.7) }));
  const importances = weights.map(({ feature, value }) => ({
    feature,
    value,
    standardError: value / 12,
    interval: [value * 0.84, value * 1.16] as [number, number],
  }));
  return {
    logKeys: async () => [VKEY],
    logHistory: async () => ({
      ...log,
      vkeys: [VKEY],
      published: { size: log.size, at: new Date("2026-08-20T14:31:20Z") },
      witnesses: [
        {
          name: "transparency.cert.example",
          size: log.size,
          answer: "ok",
          askedAt: new Date("2026-08-20T14:31:18Z"),
        },
        {
          name: "witness.usp.example",
          size: log.size - 3,
          answer: "witness_unreachable",
          askedAt: new Date("2026-08-20T14:31:19Z"),
        },
      ],
      stamp: { size: log.size - 1, at: new Date("2026-08-20T14:00:02Z") },
      checkpoints: [0, 1, 4, 9].map((back) => ({
        size: log.size - back,
        root: log.root,
        signers: ["log.aurora.example", "transparency.cert.example"],
      })),
      growth: Array.from({ length: 40 }, (_, i) => ({
        hour: 496_000 + i * 18,
        size: 1 + Math.round((i / 39) ** 1.4 * (log.size - 1)),
      })),
      erasures: [
        { entry: 76, hour: 496_540, gaps: 2, noCopyOpens: null },
        { entry: 40, hour: 496_400, gaps: 11, noCopyOpens: new Date("2026-08-01T03:11:00Z") },
      ],
      erased: 14,
      pending: 1,
    }),
    decisionHistory: async () => ({
      steps: [
        {
          logIndex: 90,
          kind: "access",
          hour: 496_714,
          role: "auditor",
          purpose: "audit",
          result: null,
          outcome: null,
          by: null,
        },
        {
          logIndex: 97,
          kind: "review",
          hour: 496_716,
          role: null,
          purpose: null,
          result: "changed",
          outcome: "approved",
          by: null,
        },
      ],
      more: 3,
    }),
    async compareCheckpoints(kept, to) {
      if (typeof kept === "string") throw new Problem("invalid_checkpoint");
      const later = to ?? log.size;
      return kept > later
        ? { from: kept, to: later, hashes: 0, holds: false, code: "checkpoint_older" }
        : { from: kept, to: later, hashes: 9, holds: true, code: null };
    },
    exportLog: async () => ({
      size: log.size,
      lines: (async function* () {
        yield EXPORT;
      })(),
    }),
    evidence: async () => ({ logIndex: 84, document: vector("valid/decision.evidence.json") }),
    auditModels: async () => [{ model: contract.name, version: 14, contract }],
    async auditModel(_actor, model, version = 14) {
      if (model !== contract.name) throw new Problem("unknown_model");
      return {
        model,
        version,
        versions: [
          { version: 15, aliases: ["shadow"] },
          { version: 14, aliases: ["champion"] },
          { version: 13, aliases: [] },
        ],
        publishedAt: new Date("2026-07-28T09:00:00Z"),
        contract,
        digests: {
          model: "9372c470eead5ec0".repeat(4),
          background: "3f14db6ed20043e8".repeat(4),
          policy: "6199aecf23aba7e8".repeat(4),
        },
        summary: null,
        decisions: 5100,
        importance:
          version === 13
            ? { state: "computing", done: 0.42 }
            : {
                state: "there",
                importance: {
                  format: "motivo-importance/v1",
                  rows: 100,
                  permutation: importances,
                  repeats: 5,
                  attributions: importances,
                },
              },
        distributions: {
          decisions: version === 13 ? 4 : 2000,
          step: 0.01,
          features: contract.features
            .filter(({ policy }) => policy.kind !== "drop")
            .map(({ name, type }, i) => ({
              feature: name,
              cells:
                version === 13
                  ? []
                  : cellsAround(0.05 / (1 + i * 0.4), 0.12 / (1 + i * 0.25), type !== "category"),
            })),
        },
        entry: log.size,
      };
    },
  };
}
