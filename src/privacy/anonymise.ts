import { createHmac, hkdfSync } from "node:crypto";
import { base, en, type Faker, Faker as FakerInstance, pt_BR } from "@faker-js/faker";
import fakerPackage from "@faker-js/faker/package.json" with { type: "json" };
import type { Cell } from "../explain/game.ts";
import type { Contract, Feature, Policy } from "../models/contract.ts";
import { maskText } from "./masking.ts";
import { noisy } from "./noise.ts";
import type { SubjectKey } from "./subject-keys.ts";

/** A value as its policy left it: what the record may hold. */
export type RecordedValue =
  /** `from` ≤ value < `to`; an open end is null */
  | { kind: "range"; from: number | null; to: number | null }
  | { kind: "category"; value: string }
  | { kind: "masked"; value: string }
  | { kind: "pseudonym"; value: string }
  /** `faker`: the version that made it, since another may make another value from the same seed */
  | { kind: "surrogate"; value: string; faker: string }
  | { kind: "noisy"; value: number }
  | { kind: "dropped" };

export interface AnonymiseContext {
  key: SubjectKey;
  /** What the request itself says is an identifier; masked wherever it turns up. */
  identifiers: readonly string[];
}

/** Bins (−∞, e1), [e1, e2), …, [en, ∞). */
function binOf(value: number, edges: readonly number[]): RecordedValue {
  const above = edges.findIndex((edge) => value < edge);
  const to = above === -1 ? null : edges[above]!;
  const from = above === 0 ? null : (edges[(above === -1 ? edges.length : above) - 1] ?? null);
  return { kind: "range", from, to };
}

function coded(value: number, policy: Extract<Policy, { kind: "top-bottom-code" }>): RecordedValue {
  const edges = [policy.bottom, ...policy.bins, policy.top].filter((edge) => edge !== undefined);
  return binOf(value, edges);
}

/** Purpose and field are bound in, so that one person's pseudonyms in two fields or purposes have nothing in common. */
function secretOf(context: AnonymiseContext, feature: Feature, cell: Cell): Buffer {
  return createHmac("sha256", context.key.pseudonymKey)
    .update(JSON.stringify([context.key.purpose, feature.name, typeof cell, cell]))
    .digest();
}

/**
 * An invented value, the same for the same person, field and value. One faker instance a value, seeded by HMAC,
 * with a fixed reference date: nothing else that runs moves its sequence. Values may change with faker's version,
 * so a surrogate is never computed a second time: the record keeps it.
 */
function surrogateOf(generator: string, seed: Buffer): string {
  const faker: Faker = new FakerInstance({ locale: [pt_BR, en, base] });
  faker.setDefaultRefDate("2020-01-01T00:00:00Z");
  faker.seed(Array.from({ length: 8 }, (_, i) => seed.readUInt32BE(i * 4)));
  const [area, name] = generator.split(".") as [keyof Faker, string];
  const make = (faker[area] as unknown as Record<string, () => string>)[name];
  if (make === undefined) throw new Error(`faker has no ${generator}`);
  return make.call(faker[area]);
}

function recorded(feature: Feature, cell: Cell, context: AnonymiseContext, policy: Policy): RecordedValue {
  switch (policy.kind) {
    case "drop":
      return { kind: "dropped" };
    case "keep":
      return { kind: "category", value: String(cell) };
    case "generalise": {
      if (policy.bins) return typeof cell === "number" ? binOf(cell, policy.bins) : { kind: "dropped" };
      if (policy.groups) {
        const group = Object.entries(policy.groups).find(([, values]) => values.includes(String(cell)));
        return group ? { kind: "category", value: group[0] } : { kind: "dropped" };
      }
      const text = maskText(String(cell), context.identifiers);
      return { kind: "category", value: [...text].slice(0, policy.prefix ?? 0).join("") };
    }
    case "top-bottom-code":
      return typeof cell === "number" ? coded(cell, policy) : { kind: "dropped" };
    case "mask":
      return { kind: "masked", value: maskText(String(cell), context.identifiers) };
    case "pseudonymise":
      return { kind: "pseudonym", value: secretOf(context, feature, cell).subarray(0, 16).toString("hex") };
    case "surrogate": {
      const seed = Buffer.from(
        hkdfSync("sha256", secretOf(context, feature, cell), "", "motivo/surrogate/v1", 32),
      );
      return { kind: "surrogate", value: surrogateOf(policy.faker, seed), faker: fakerPackage.version };
    }
    case "noise": {
      if (typeof cell !== "number" || Number.isNaN(cell)) return { kind: "dropped" };
      // The label differs from any cell's, so that the draw has nothing in common with a pseudonym of the same number.
      const draw = (point: number) => secretOf(context, feature, `noise ${JSON.stringify(policy)} ${point}`);
      return { kind: "noisy", value: noisy(cell, policy, draw) };
    }
  }
}

const DROP: Policy = { kind: "drop" };

/** How many steps there are from what the policies say to the coarsest: where none are declared, to nothing at all. */
export function coarsestLevel({
  features,
  quasiIdentifiers,
}: Pick<Contract, "features" | "quasiIdentifiers">): number {
  const declared = features.map(({ name, policy }) =>
    quasiIdentifiers.includes(name) && "levels" in policy ? (policy.levels?.length ?? 0) : 0,
  );
  return Math.max(1, ...declared);
}

/** What holds of a quasi-identifier at a level: beyond its last one, the last; nothing where none is declared. */
export function policyAt(policy: Policy, level: number): Policy {
  if (level === 0) return policy;
  const { levels = [] } = "levels" in policy ? policy : {};
  const { bins, groups, prefix } = levels[Math.min(level, levels.length) - 1] ?? {};
  if (bins) return { kind: "generalise", bins };
  if (groups) return { kind: "generalise", groups };
  return prefix === undefined ? DROP : { kind: "generalise", prefix };
}

/**
 * The row as the record may hold it, one value a feature of the contract. What a policy does not name is dropped:
 * there is no default that lets a value through.
 * @param cells in the contract's order
 * @param level of the quasi-identifiers, from 0, as their policies say, to `coarsestLevel`
 */
export function anonymise(
  {
    features,
    quasiIdentifiers = [],
  }: Pick<Contract, "features"> & Partial<Pick<Contract, "quasiIdentifiers">>,
  cells: readonly Cell[],
  context: AnonymiseContext,
  level = 0,
): Record<string, RecordedValue> {
  return Object.fromEntries(
    features.map((feature, i) => {
      const { name, policy } = feature;
      const at = quasiIdentifiers.includes(name) ? policyAt(policy, level) : policy;
      return [name, recorded(feature, cells[i]!, context, at)];
    }),
  );
}

/**
 * Whether an attribution may stand beside this in the record. Beside a bin, a category or words that are there to be
 * read it says little more than they do; beside a value that was taken away or moved it would lead back to it.
 */
export function bearsAttribution(value: RecordedValue | undefined): boolean {
  return value?.kind === "range" || value?.kind === "category" || value?.kind === "masked";
}

/** `value` rounded to a multiple of `step`, without the float noise of the division. */
export function roundToStep(value: number, step: number): number {
  const decimals = Math.max(0, Math.ceil(-Math.log10(step)) + 2);
  const rounded = Number((Math.round(value / step) * step).toFixed(decimals));
  return rounded === 0 ? 0 : rounded;
}
