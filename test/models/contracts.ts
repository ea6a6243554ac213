import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Contract, Feature, Output } from "../../src/models/contract.ts";

export const FREE_TEXT = new URL("../packages/free-text/", import.meta.url);
export const GERMAN_CREDIT = new URL("../../packages/german-credit/", import.meta.url);

/** The bytes of a package's files, to be changed before they are checked. */
export function filesOf(folder: URL): Record<string, Uint8Array> {
  const names = ["model.yaml", "model.onnx", "background.csv", "samples.csv"];
  return Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(new URL(name, folder)))]));
}

/** `model.yaml` as plain values, to be changed and written back with `yamlBytes`. */
export type Loose = { [key: string]: Loose } & Loose[];

export function looseContract(folder: URL): Loose {
  return parse(readFileSync(new URL("model.yaml", folder), "utf8")) as Loose;
}

/** JSON is YAML. */
export function yamlBytes(contract: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(contract));
}

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${name}.onnx`, import.meta.url)));
}

const text = (words: string) => ({ "pt-BR": words, en: words });
const duties = {
  purpose: "p",
  basis: "b",
  retention: "r",
  sensitivity: "ordinary",
  policy: { kind: "drop" },
  reasons: { for: text("for"), against: text("against") },
} as const;

export function numberFeature(name: string, type: "number" | "integer" = "number"): Feature {
  return { ...duties, name, label: text(name), type, min: -1000, max: 1000 };
}

export function categoryFeature(name: string, values: readonly string[]): Feature {
  const labelled = values.map((value) => ({ value, label: text(value) }));
  return { ...duties, name, label: text(name), type: "category", values: labelled };
}

const outcome = (code: string) => ({ code, label: text(code), headline: text(code) });
const two = {
  highOutput: "favourable",
  threshold: 0.5,
  outcomes: { favourable: outcome("yes"), unfavourable: outcome("no") },
  scoreStep: 0.1,
} as const;

export const regression: Output = { kind: "regression", ...two };
export const binary = (name: string, classes?: string[]): Output => ({
  kind: "binary-classification",
  class: name,
  ...(classes ? { classes } : {}),
  ...two,
});
export const multi = (...names: string[]): Output => ({
  kind: "multi-classification",
  outcomes: names.map((name) => ({ ...outcome(name), class: name, favourable: true })),
  scoreStep: 0.1,
});

export function graphContract(output: Output, ...features: Feature[]): Pick<Contract, "features" | "output"> {
  return { features, output };
}
