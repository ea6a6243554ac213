import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Fault, Problem } from "../errors.ts";
import type { Cell } from "../explain/game.ts";
import { type BackgroundSummary, encodeSummary } from "./background-summary.ts";
import type { Contract } from "./contract.ts";
import { packageDigest, policyDigest, sha256 } from "./digests.ts";
import { openExact } from "./exact.ts";
import { readInputs } from "./inputs.ts";
import { invalid, packageProblem, pointerTo, refuseFaults } from "./package-faults.ts";
import { openPredictor, type Predictor } from "./predictor.ts";
import { readContract } from "./read-contract.ts";
import { readRowsCsv } from "./rows-csv.ts";
import { SAMPLE_TOLERANCE, sampleFaults } from "./sample-check.ts";
import { summariseBackground } from "./summarise-background.ts";

/** The files of a package and the most bytes that each may have. All four are needed and nothing else is taken. */
export const PACKAGE_FILES = {
  "model.yaml": 1 << 20,
  "model.onnx": 256 << 20,
  "background.csv": 16 << 20,
  "samples.csv": 16 << 20,
} as const;

export type PackageFileName = keyof typeof PACKAGE_FILES;

const MAX_BACKGROUND_ROWS = 5_000;
const MAX_SAMPLE_ROWS = 10_000;

/** A package that has been through every check. Nothing else in the service reads package files. */
export interface CheckedPackage {
  contract: Contract;
  /** `model.onnx` as it was handed over. */
  onnx: Uint8Array;
  /** Rows in the contract's order of features. */
  background: Cell[][];
  /** Where the contract asks for one and it is shorter than the background. */
  summary: BackgroundSummary | undefined;
  /** Class names in the model's order, or `["value"]`. */
  outputs: readonly string[];
  /** As handed over, to be stored with the version. */
  files: ReadonlyMap<PackageFileName, Uint8Array>;
  /** SHA-256, lower-case hexadecimal. */
  digests: {
    /** Of the bytes of `model.onnx`. */
    model: string;
    /** Of the bytes of `background.csv` or, where there is a summary, of that digest and the summary. */
    background: string;
    /** Of the canonical JSON of what was promised about each feature; see `policyDigest`. */
    policy: string;
    /** Of all files together. */
    package: string;
  };
}

/** Reads a folder and checks it. Other files in the folder, such as a README, are left alone. */
export async function readPackageFolder(folder: string): Promise<CheckedPackage> {
  const files: Record<string, Uint8Array> = {};
  const faults: Fault[] = [];
  const present = await readdir(folder).catch((): string[] => []);
  for (const name of Object.keys(PACKAGE_FILES) as PackageFileName[]) {
    if (!present.includes(name)) continue;
    const { size } = await stat(join(folder, name));
    if (size > PACKAGE_FILES[name]) faults.push(tooLarge(name));
    else files[name] = await readFile(join(folder, name));
  }
  refuseFaults(faults);
  return checkPackage(files);
}

/**
 * Checks a package: the contract and its cross references, the graph's inputs against the features, every cell of
 * background and samples against the contract, and the model against the trainer's own predictions. Throws
 * `invalid_package` with all faults that the stage reached could find.
 */
export async function checkPackage(given: Readonly<Record<string, Uint8Array>>): Promise<CheckedPackage> {
  const files = knownFiles(given);
  const contract = readContract(files.get("model.yaml")!);
  const onnx = files.get("model.onnx")!;
  const background = readRowsCsv(contract, "background.csv", files.get("background.csv")!, {
    maxRows: MAX_BACKGROUND_ROWS,
  });
  const samples = readRowsCsv(contract, "samples.csv", files.get("samples.csv")!, {
    maxRows: MAX_SAMPLE_ROWS,
    extraColumns: Object.values(contract.samples.columns),
  });
  refuseFaults([...background.faults, ...samples.faults]);
  const source = { onnx, contract, background: background.csv.rows };
  const predictor = await openPredictor(source, { threads: 1 });
  let summary: BackgroundSummary | undefined;
  try {
    refuseFaults([
      ...(await sampleFaults(contract, predictor, samples.csv.rows, samples.csv.extra)),
      ...(await outputFaults(contract, predictor, background.csv.rows)),
      ...(await linkFaults(contract, predictor, background.csv.rows)),
    ]);
    summary = await summariseBackground(contract, predictor, background.csv.rows, samples.csv.rows);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "prediction_failed") throw error;
    throw packageProblem([
      invalid("/model.onnx", "fails, or gives no finite number, on rows of the package"),
    ]);
  } finally {
    await predictor.close();
  }
  return {
    contract,
    onnx,
    background: background.csv.rows,
    summary,
    outputs: predictor.outputs,
    files,
    digests: {
      model: sha256(onnx),
      background: backgroundDigest(files.get("background.csv")!, summary),
      policy: policyDigest(contract),
      package: packageDigest(files),
    },
  };
}

function backgroundDigest(csv: Uint8Array, summary: BackgroundSummary | undefined): string {
  const whole = sha256(csv);
  return summary === undefined ? whole : sha256(`${whole}\n${sha256(encodeSummary(summary))}\n`);
}

function knownFiles(given: Readonly<Record<string, Uint8Array>>): Map<PackageFileName, Uint8Array> {
  const names = Object.keys(PACKAGE_FILES) as PackageFileName[];
  const faults = Object.keys(given)
    .filter((name) => !Object.hasOwn(PACKAGE_FILES, name))
    .map((name) => invalid(pointerTo(name), "is no file of a package"));
  for (const name of names) {
    if (!Object.hasOwn(given, name)) faults.push(invalid(pointerTo(name), "is missing"));
    else if (given[name]!.byteLength > PACKAGE_FILES[name]) faults.push(tooLarge(name));
  }
  refuseFaults(faults);
  return new Map(names.map((name) => [name, given[name]!]));
}

function tooLarge(name: PackageFileName): Fault {
  return invalid(pointerTo(name), `has more than ${PACKAGE_FILES[name]} bytes`);
}

/** Probabilities are between 0 and 1; logits, which some exporters leave, would make nonsense of a threshold. */
async function outputFaults(
  contract: Contract,
  predictor: Predictor,
  background: readonly Cell[][],
): Promise<Fault[]> {
  const example = readInputs(contract, contract.example.inputs);
  const values = await predictor.predictRows([...background, example]);
  if (contract.output.kind === "regression") return [];
  const slack = SAMPLE_TOLERANCE;
  if (values.every((value) => value >= -slack && value <= 1 + slack)) return [];
  return [invalid("/output/kind", "the model's output is no probability; export it with its final function")];
}

/** Log odds are explained only where the graph gives them exactly. */
async function linkFaults(
  { explanation: { link = "identity" }, features }: Contract,
  predictor: Predictor,
  background: readonly Cell[][],
): Promise<Fault[]> {
  if (link === "identity") return [];
  const players = features.map(({ name }, column) => ({ name, columns: [column] }));
  const exact = await openExact(predictor, players, background);
  const at = (detail: string) => [invalid("/explanation/link", detail)];
  if ("noClosedForm" in exact) return at(`there is no exact ${link}: ${exact.noClosedForm}`);
  if (!exact.closedForm.covers(link))
    return at(`the model's ${link} is no sum that can be explained exactly`);
  const { post } = exact.closedForm.structure;
  const logOdds = post.length === 1 && post[0] === "logistic";
  return link === "logit" || logOdds ? [] : at("the model's margin is not the log odds: use logit");
}

/** Every package there is below `folder`, by name of its folder. */
export async function findPackageFolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isDirectory()) continue;
    const inside = await readdir(join(folder, entry.name));
    if (inside.includes("model.yaml")) found.push(join(folder, entry.name));
  }
  return found;
}
