import { canonicalize } from "../../audit/canonical.ts";

/**
 * A few rows of a background that stand for all of it, each with the share of the rows that it stands for. They are rows
 * that are there, never means of rows: no category is half of two.
 */
export interface BackgroundSummary {
  format: "motivo-background-summary/v1";
  method: "k-means" | "stratified";
  /** Of `background.csv`, from 0, ascending. */
  rows: number[];
  /** One a row, positive, summing to 1. */
  weights: number[];
  /** What the attributions lose by it, measured when the version was published. */
  error: {
    /** Explained rows that it was measured on. */
    measuredOn: number;
    /** √Σ(φ' − φ)² / √Σφ² of a row's attributions to the outputs, by the summary and by the whole background. */
    median: number;
    largest: number;
    /** Largest distance between the two base values. */
    base: number;
    /** The same as `median`, from sampling alone: what of it is not the summary's. 0 where the values are exact. */
    noise: number;
  };
}

/** The file's name among a version's files; no package may bring its own. */
export const SUMMARY_FILE = "background-summary.json";

export function encodeSummary(summary: BackgroundSummary): Uint8Array {
  return new TextEncoder().encode(canonicalize(summary));
}
