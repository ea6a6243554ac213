import { parseDocument } from "yaml";
import type { Fault } from "../errors.ts";
import { type Contract, contractSchema } from "./contract.ts";
import { crossFaults } from "./contract-checks.ts";
import { invalid, packageProblem, pointerTo, refuseFaults } from "./package-faults.ts";

/** What a feature must say before anyone's data may pass through it. */
const OBLIGATIONS = ["purpose", "basis", "retention", "policy"] as const;

/**
 * `model.yaml` (YAML 1.2, UTF-8) as a contract. Throws `invalid_package` with every fault of one kind at once:
 * first what is no YAML, then what does not fit the schema, then what contradicts itself.
 */
export function readContract(bytes: Uint8Array): Contract {
  const raw = readYaml(bytes);
  const parsed = contractSchema.safeParse(raw);
  if (!parsed.success) {
    const faults = missingObligations(raw);
    const named = new Set(faults.map(({ pointer }) => pointer));
    for (const { path, message } of parsed.error.issues) {
      const pointer = pointerTo(...path.map((segment) => (typeof segment === "symbol" ? "" : segment)));
      if (!named.has(pointer)) faults.push(invalid(pointer, `${placeName(raw, path)}${message}`));
    }
    throw packageProblem(faults);
  }
  refuseFaults(crossFaults(parsed.data));
  return parsed.data;
}

function readYaml(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw packageProblem([invalid("/model.yaml", "is not UTF-8")]);
  }
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    uniqueKeys: true,
    stringKeys: true,
  });
  refuseFaults(
    [...document.errors, ...document.warnings].map(({ code, linePos }) =>
      invalid("/model.yaml", `line ${linePos?.[0].line ?? 1}: ${code.toLowerCase().replaceAll("_", " ")}`),
    ),
  );
  try {
    // An alias may stand for a subtree of aliases: without a limit, a page of YAML unfolds into gigabytes.
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    throw packageProblem([invalid("/model.yaml", "unfolds into too much")]);
  }
}

/** One fault for each of the four that a feature lacks, whatever else is wrong with it. */
function missingObligations(raw: unknown): Fault[] {
  const features = property(raw, "features");
  if (!Array.isArray(features)) return [];
  return features.flatMap((feature: unknown, i) =>
    OBLIGATIONS.filter((key) => (property(feature, key) ?? null) === null).map((key) =>
      invalid(pointerTo("features", i, key), `${placeName(raw, ["features", i])}has no ${key}`),
    ),
  );
}

/** `feature "amount": ` for what lies in that feature, so that nobody has to count list items. */
function placeName(raw: unknown, path: readonly PropertyKey[]): string {
  if (path[0] !== "features" || typeof path[1] !== "number") return "";
  const name = property(property(property(raw, "features"), path[1]), "name");
  return typeof name === "string" ? `feature "${name}": ` : `feature ${path[1] + 1}: `;
}

function property(of: unknown, key: PropertyKey): unknown {
  return typeof of === "object" && of !== null && Object.hasOwn(of, key) ? Reflect.get(of, key) : undefined;
}
