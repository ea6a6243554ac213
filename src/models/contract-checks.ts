import type { Fault } from "../errors.ts";
import type { Contract, Feature, Level } from "./contract.ts";
import { readInputs } from "./inputs.ts";
import { faultsOf, invalid, pointerTo } from "./package-faults.ts";

/** What the schema cannot say, since it spans several places of the contract. All faults, none twice. */
export function crossFaults(contract: Contract): Fault[] {
  return [
    ...referenceFaults(contract),
    ...contract.features.flatMap((feature, i) =>
      featureFaults(feature).map(([at, detail]) =>
        invalid(pointerTo("features", i, ...at), `feature "${feature.name}": ${detail}`),
      ),
    ),
    ...groupFaults(contract),
    ...riskFaults(contract),
    ...outputFaults(contract),
    ...linkFaults(contract),
    ...basisFaults(contract),
    ...exampleFaults(contract),
  ];
}

function referenceFaults(contract: Contract): Fault[] {
  const faults: Fault[] = [];
  const names = new Set<string>();
  contract.features.forEach((feature, i) => {
    if (names.has(feature.name)) {
      faults.push(invalid(pointerTo("features", i, "name"), `feature "${feature.name}" is there twice`));
    }
    names.add(feature.name);
    for (const [key, table] of [
      ["purpose", contract.purposes],
      ["basis", contract.bases],
      ["retention", contract.retentions],
    ] as const) {
      if (Object.hasOwn(table, feature[key])) continue;
      faults.push(
        invalid(
          pointerTo("features", i, key),
          `feature "${feature.name}" names a ${key} that is not declared`,
        ),
      );
    }
  });
  for (const key of ["motif", "quasiIdentifiers"] as const) {
    contract[key].forEach((name, i) => {
      if (!names.has(name)) faults.push(invalid(pointerTo(key, i), `"${name}" is no feature`));
      if (contract[key].indexOf(name) !== i)
        faults.push(invalid(pointerTo(key, i), `"${name}" is there twice`));
    });
  }
  const motifSize = Math.min(8, contract.features.length);
  if (contract.motif.length !== motifSize) faults.push(invalid("/motif", `must name ${motifSize} features`));
  if (new Set(contract.languages).size !== contract.languages.length) {
    faults.push(invalid("/languages", "a language is there twice"));
  }
  return faults;
}

/** A feature moves with one group at most. */
function groupFaults({ groups = [], features }: Contract): Fault[] {
  const faults: Fault[] = [];
  const names = new Set(features.map(({ name }) => name));
  const grouped = new Set<string>();
  groups.forEach((group, g) => {
    if (groups.findIndex(({ name }) => name === group.name) !== g)
      faults.push(invalid(pointerTo("groups", g, "name"), `group "${group.name}" is there twice`));
    group.features.forEach((name, i) => {
      const at = pointerTo("groups", g, "features", i);
      if (!names.has(name)) faults.push(invalid(at, `"${name}" is no feature`));
      else if (grouped.has(name)) faults.push(invalid(at, `"${name}" is in a group already`));
      grouped.add(name);
    });
  });
  return faults;
}

/** Levels that nothing would ever choose would promise what does not happen. */
function riskFaults({ features, quasiIdentifiers, risk }: Contract): Fault[] {
  if (risk !== undefined && quasiIdentifiers.length === 0)
    return [invalid("/risk/k", "needs quasi-identifiers to count by")];
  return features.flatMap(({ name, policy }, i) => {
    if (!("levels" in policy) || policy.levels === undefined) return [];
    if (risk !== undefined && quasiIdentifiers.includes(name)) return [];
    const detail = `feature "${name}": levels are for quasi-identifiers of a package that states risk.k`;
    return [invalid(pointerTo("features", i, "policy", "levels"), detail)];
  });
}

type Place = readonly [at: readonly (string | number)[], detail: string];

function featureFaults(feature: Feature): Place[] {
  const faults: Place[] = [];
  if ("min" in feature && feature.min >= feature.max) faults.push([["min"], "min must be below max"]);
  if (feature.type === "category") {
    const values = feature.values.map(({ value }) => value);
    if (new Set(values).size !== values.length) faults.push([["values"], "a value is there twice"]);
  }
  for (const side of ["for", "against"] as const) {
    for (const [language, sentence] of Object.entries(feature.reasons[side])) {
      if (!/[{}]/.test(sentence.replaceAll("{value}", ""))) continue;
      faults.push([["reasons", side, language], "{value} is the only placeholder"]);
    }
  }
  return [
    ...faults,
    ...policyFaults(feature).map(([at, detail]): Place => [["policy", ...at], detail]),
    ...changeFaults(feature).map(([at, detail]): Place => [["changeable", ...at], detail]),
  ];
}

/** Nobody is told to become somebody else: only what is ordinary may be marked, and only within what the model takes. */
function changeFaults(feature: Feature): Place[] {
  if (feature.type === "text" || feature.changeable === undefined) return [];
  const faults: Place[] = [];
  const { changeable, sensitivity } = feature;
  if (sensitivity !== "ordinary")
    faults.push([[], `a feature of sensitivity "${sensitivity}" may not be marked as changeable`]);
  for (const [language, sentence] of Object.entries(changeable.text ?? {})) {
    const placeholders: string[] = sentence.match(/\{[^}]*\}?|\}/g) ?? [];
    if (!placeholders.includes("{to}") || placeholders.some((one) => one !== "{to}" && one !== "{from}"))
      faults.push([["text", language], "needs {to}; {from} is the only other placeholder"]);
  }
  if (feature.type === "category") {
    const known = new Set(feature.values.map(({ value }) => value));
    const allowed = feature.changeable?.values ?? [];
    allowed.forEach((value, i) => {
      if (!known.has(value)) faults.push([["values", i], "is no value of the feature"]);
      if (allowed.indexOf(value) !== i) faults.push([["values", i], "is there twice"]);
    });
    return faults;
  }
  const { min = feature.min, max = feature.max, step } = feature.changeable!;
  if (min < feature.min || max > feature.max)
    faults.push([[], "must stay within the feature's own min and max"]);
  if (!(min < max)) faults.push([["min"], "min must be below max"]);
  if (feature.type === "integer" && [min, max, step ?? 1].some((value) => !Number.isInteger(value)))
    faults.push([[], "of a whole number, min, max and step are whole"]);
  return faults;
}

const SUITED: Record<Feature["type"], readonly Feature["policy"]["kind"][]> = {
  number: ["drop", "generalise", "top-bottom-code", "pseudonymise", "noise"],
  integer: ["drop", "generalise", "top-bottom-code", "pseudonymise", "noise"],
  category: ["drop", "keep", "generalise", "pseudonymise"],
  text: ["drop", "generalise", "mask", "pseudonymise", "surrogate"],
};

/** The record must come out coarser than the input: a number or a free text is never kept as it is. */
function policyFaults(feature: Feature): Place[] {
  const { policy } = feature;
  if (!SUITED[feature.type].includes(policy.kind)) {
    return [[["kind"], `${policy.kind} does not suit a feature of type ${feature.type}`]];
  }
  if (policy.kind === "top-bottom-code") {
    const { bottom, top, bins } = policy;
    const limits = [...(bottom === undefined ? [] : [bottom]), ...bins, ...(top === undefined ? [] : [top])];
    if (bottom === undefined && top === undefined) return [[["kind"], "needs bottom, top or both"]];
    return [...edgeFaults(feature, limits), ...levelFaults({ bins: limits }, policy.levels)];
  }
  if (policy.kind === "noise") return noiseFaults(policy);
  if (policy.kind !== "generalise") return [];

  const given = (["bins", "groups", "prefix"] as const).filter((key) => policy[key] !== undefined);
  const wanted = feature.type === "category" ? "groups" : feature.type === "text" ? "prefix" : "bins";
  if (given.length !== 1 || given[0] !== wanted) {
    return [[["kind"], `generalise needs ${wanted}, and only that, on a feature of type ${feature.type}`]];
  }
  const below = levelFaults(policy, policy.levels);
  if (policy.bins !== undefined) return [...edgeFaults(feature, policy.bins), ...below];
  if (policy.groups !== undefined && feature.type === "category") {
    const grouped = Object.values(policy.groups).flat().sort();
    const values = feature.values.map(({ value }) => value).sort();
    const same = grouped.length === values.length && values.every((value, i) => value === grouped[i]);
    if (!same) return [[["groups"], "each value must be in exactly one group"]];
  }
  return below;
}

/** A level that cut across the one before would tell more than it, to whoever sees both. */
function levelFaults(finest: Level, levels: readonly Level[] = []): Place[] {
  return levels.flatMap((level, i): Place[] =>
    isCoarsening(i === 0 ? finest : levels[i - 1]!, level)
      ? []
      : [[["levels", i], "must be a coarsening of the level before, in its own terms"]],
  );
}

function isCoarsening(finer: Level, level: Level): boolean {
  const given = (["bins", "groups", "prefix"] as const).filter((key) => level[key] !== undefined);
  if (given.length !== 1) return false;
  if (level.bins) {
    const { bins = [] } = finer;
    return (
      level.bins.length < bins.length &&
      level.bins.every((edge) => bins.includes(edge)) &&
      rises(level.bins).every((gap) => gap > 0)
    );
  }
  if (level.prefix !== undefined) return finer.prefix !== undefined && level.prefix < finer.prefix;
  const groupOf = new Map(
    Object.entries(level.groups ?? {}).flatMap(([name, values]) => values.map((value) => [value, name])),
  );
  const finerGroups = Object.values(finer.groups ?? {});
  return (
    Object.values(level.groups ?? {}).flat().length === finerGroups.flat().length &&
    Object.keys(level.groups ?? {}).length < finerGroups.length &&
    finerGroups.every(
      ([first, ...others]) =>
        groupOf.has(first!) && others.every((value) => groupOf.get(value) === groupOf.get(first!)),
    )
  );
}

/** Few enough points that a draw is cheap, and enough that there is something to be mistaken for. */
const NOISE_POINTS = { least: 3, most: 1001 };

function noiseFaults({ lower, upper, step }: Extract<Feature["policy"], { kind: "noise" }>): Place[] {
  if (!(lower < upper)) return [[["lower"], "lower must be below upper"]];
  const steps = (upper - lower) / step;
  if (Math.abs(steps - Math.round(steps)) > 1e-9 * steps) {
    return [[["step"], "upper must be lower plus a whole number of steps"]];
  }
  const points = Math.round(steps) + 1;
  if (points < NOISE_POINTS.least || points > NOISE_POINTS.most) {
    return [[["step"], `needs ${NOISE_POINTS.least} to ${NOISE_POINTS.most} points from lower to upper`]];
  }
  return [];
}

function edgeFaults(feature: Feature, edges: readonly number[]): Place[] {
  if (rises(edges).some((gap) => !(gap > 0))) return [[["bins"], "edges must rise"]];
  if (feature.type !== "integer") return [];
  const inside = edges.filter((edge) => edge > feature.min && edge <= feature.max);
  if (rises([feature.min, ...inside, feature.max + 1]).some((gap) => gap < 2)) {
    return [[["bins"], "a bin that holds one whole number is that number"]];
  }
  return [];
}

function rises(limits: readonly number[]): number[] {
  return limits.slice(1).map((limit, i) => limit - limits[i]!);
}

/** Log odds have a threshold of their own and closed forms; what takes those away leaves nothing exact to draw from. */
function linkFaults({ output, explanation }: Contract): Fault[] {
  const { link = "identity", method } = explanation;
  if (link === "identity") return [];
  const at = (detail: string) => [invalid("/explanation/link", detail)];
  if (output.kind !== "binary-classification")
    return at("only the probability of two classes has log odds here");
  return method === "permutation" ? at("log odds are explained exactly, not by permutation") : [];
}

function outputFaults({ output }: Contract): Fault[] {
  const faults: Fault[] = [];
  const codes = Object.values(output.outcomes).map((outcome) => outcome.code);
  if (new Set(codes).size !== codes.length) {
    faults.push(invalid("/output/outcomes", "two outcomes have the same code"));
  }
  if (output.kind === "binary-classification" && !(output.threshold > 0 && output.threshold < 1)) {
    faults.push(invalid("/output/threshold", "a probability's threshold lies between 0 and 1"));
  }
  if (output.kind !== "regression" && !(output.scoreStep <= 0.5)) {
    faults.push(invalid("/output/scoreStep", "must be at most 0.5 for a probability"));
  }
  return faults;
}

/** Consent can be withdrawn at any time (LGPD art. 8 §5 and 18 VI, GDPR art. 7(3) and 17(1)(b)). */
function basisFaults({ bases }: Contract): Fault[] {
  return Object.entries(bases)
    .filter(([, basis]) => basis.kind === "consent" && !basis.erasure.allowed)
    .map(([name]) => invalid(pointerTo("bases", name, "erasure"), "what rests on consent must be erasable"));
}

function exampleFaults(contract: Contract): Fault[] {
  return faultsOf(() => readInputs(contract, contract.example.inputs)).map(({ pointer, detail }) =>
    invalid(`/example${pointer}`, detail),
  );
}
