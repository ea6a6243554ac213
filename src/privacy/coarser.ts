import type { Contract, Policy } from "../models/contract.ts";
import { policyAt, type RecordedValue } from "./anonymise.ts";

const DROPPED: RecordedValue = { kind: "dropped" };

type Range = Extract<RecordedValue, { kind: "range" }>;
type Groups = Record<string, readonly string[]>;

/** The smallest range between these edges that covers the given one, whichever of the levels that one is from. */
function widened({ from, to }: Range, edges: readonly number[]): Range {
  const below = edges.filter((edge) => from !== null && edge <= from);
  const above = edges.filter((edge) => to !== null && edge >= to);
  return { kind: "range", from: below.at(-1) ?? null, to: above[0] ?? null };
}

/**
 * The group at a level that holds what was recorded. A name may stand for one group at one level and for another at the
 * next; where the record does not tell which was meant, nothing is.
 */
function regrouped(value: string, known: readonly Groups[], groups: Groups): RecordedValue {
  const meant = known.flatMap((of) => (Object.hasOwn(of, value) ? [of[value]!] : []));
  const holding = meant.map(
    (members) => Object.entries(groups).find(([, own]) => members.every((one) => own.includes(one)))?.[0],
  );
  const [name] = holding;
  if (holding.length === 0 || holding.some((other) => other !== name)) return DROPPED;
  // In no group of this level whole: coarser than it already.
  return { kind: "category", value: name ?? value };
}

function coarser(policy: Policy, value: RecordedValue, level: number): RecordedValue {
  const at = policyAt(policy, level);
  if (at.kind !== "generalise" || value.kind === "dropped") return DROPPED;
  if (at.bins) return value.kind === "range" ? widened(value, at.bins) : DROPPED;
  if (value.kind !== "category") return DROPPED;
  if (at.prefix !== undefined) {
    return { kind: "category", value: [...value.value].slice(0, at.prefix).join("") };
  }
  const declared = policy.kind === "generalise" ? [policy, ...(policy.levels ?? [])] : [];
  const known = declared.flatMap(({ groups }) => (groups ? [groups] : []));
  return at.groups ? regrouped(value.value, known, at.groups) : DROPPED;
}

/**
 * What a record would say at a level of generalisation, out of what it says now: never anything finer. Levels are nested, so
 * the actual inputs are not needed.
 * @param inputs as recorded, at whatever level
 * @param level from 0, which leaves everything as it is, to `coarsestLevel`
 */
export function coarserInputs(
  { features }: Pick<Contract, "features">,
  quasiIdentifiers: readonly string[],
  inputs: Readonly<Record<string, RecordedValue>>,
  level: number,
): Record<string, RecordedValue> {
  if (level === 0) return { ...inputs };
  const policies = new Map(features.map(({ name, policy }) => [name, policy]));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => {
      const policy = policies.get(name);
      const changes = quasiIdentifiers.includes(name) && policy !== undefined;
      return [name, changes ? coarser(policy, value, level) : value];
    }),
  );
}
