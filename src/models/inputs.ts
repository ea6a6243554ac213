import { type Fault, Problem, type ProblemCode } from "../errors.ts";
import type { Cell } from "../explain/game.ts";
import type { Contract, Feature } from "./contract.ts";
import { onceFor } from "./once-for.ts";
import { pointerTo } from "./package-faults.ts";

/** What can be wrong with inputs that are there; a decision may also lack one (`missing_feature`). */
export const INPUT_CODES = [
  "unknown_feature",
  "invalid_type",
  "unseen_category",
  "out_of_range",
  "text_too_long",
] as const satisfies readonly ProblemCode[];

/** Unknown names are the caller's to number: past this, one more tells nothing. */
const MAX_FAULTS = 100;

/**
 * The inputs of one decision as typed cells, in the contract's order.
 *
 * Only own keys are read, so that `__proto__` and `constructor` are unknown features like any other. Nothing is
 * converted: "12" is no number and 12 no category. All faults are collected; the problem's code is that of the
 * first, features in the contract's order before names it does not know. No fault repeats a value, or a name that
 * is not the contract's.
 */
export function readInputs(contract: Pick<Contract, "features">, inputs: unknown): Cell[] {
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs)) {
    const fault: Fault = { pointer: "/inputs", code: "invalid_type", detail: "inputs must be an object" };
    throw new Problem("invalid_type", fault.detail, { faults: [fault] });
  }
  const faults: Fault[] = [];
  const row: Cell[] = [];
  for (const feature of contract.features) {
    const value = Object.hasOwn(inputs, feature.name) ? Reflect.get(inputs, feature.name) : undefined;
    const fault = cellFault(feature, value);
    if (fault !== undefined) faults.push({ pointer: pointerTo("inputs", feature.name), ...fault });
    else row.push(value as Cell);
  }
  const known = namesOf(contract);
  Object.keys(inputs).forEach((name, i) => {
    if (known.has(name)) return;
    // Counted, not named: a caller who mixes up names and values would find a person's in the refusal.
    const detail = `member ${i + 1} of inputs is no feature of the model's contract`;
    faults.push({ pointer: "/inputs", code: "unknown_feature", detail });
  });
  const first = faults[0];
  if (first === undefined) return row;
  throw new Problem(first.code, first.detail, { faults: faults.slice(0, MAX_FAULTS) });
}

const namesOf = onceFor(
  ({ features }: Pick<Contract, "features">): ReadonlySet<string> =>
    new Set(features.map(({ name }) => name)),
);

type CellFault = Omit<Fault, "pointer">;

/** What keeps `value` from being this feature's cell; undefined when it is one. */
export function cellFault(feature: Feature, value: unknown): CellFault | undefined {
  const { name } = feature;
  if (value === undefined) return { code: "missing_feature", detail: `${name} is missing` };
  switch (feature.type) {
    case "number":
    case "integer":
      return numberFault(feature, value);
    case "category":
      if (typeof value !== "string") return wrongType(feature, "a string");
      if (categories(feature).has(value)) return undefined;
      return { code: "unseen_category", detail: `${name} must be one of the contract's values` };
    case "text":
      // A lone surrogate has no UTF-8 form, and a NUL ends a string inside the model's runtime.
      if (typeof value !== "string" || !value.isWellFormed() || value.includes("\0")) {
        return wrongType(feature, "well-formed text");
      }
      if (!longerThan(value, feature.maxLength)) return undefined;
      return { code: "text_too_long", detail: `${name} must have at most ${feature.maxLength} characters` };
  }
}

function numberFault(feature: Feature & { min: number; max: number }, value: unknown): CellFault | undefined {
  if (typeof value !== "number" || !Number.isFinite(value)) return wrongType(feature, "a finite number");
  if (feature.type === "integer" && !Number.isInteger(value)) return wrongType(feature, "a whole number");
  if (value >= feature.min && value <= feature.max) return undefined;
  const detail = `${feature.name} must lie between ${feature.min} and ${feature.max}`;
  return { code: "out_of_range", detail };
}

function wrongType(feature: Feature, wanted: string): CellFault {
  return { code: "invalid_type", detail: `${feature.name} must be ${wanted}` };
}

function longerThan(text: string, codePoints: number): boolean {
  // A code point is one or two UTF-16 units: most texts are settled without counting.
  if (text.length <= codePoints) return false;
  if (text.length > 2 * codePoints) return true;
  return [...text].length > codePoints;
}

/** The accepted values; every row of a background asks. */
const categories = onceFor(
  ({ values }: Extract<Feature, { type: "category" }>): ReadonlySet<string> =>
    new Set(values.map(({ value }) => value)),
);
