import { InvalidArgumentError } from "commander";

export interface ExplainCommandOptions {
  model: string;
  background: string;
  rows: string;
  class?: string;
  link: "identity" | "margin" | "logit";
  method: "auto" | "exact" | "permutation";
  seed: number | string;
  tolerance?: number;
  maxModelRows?: number;
  json?: true;
}

export function seedIn(text: string): number | string {
  if (/^[0-9a-f]{32}$/i.test(text)) return text.toLowerCase();
  const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(seed)) return seed;
  throw new InvalidArgumentError("It is an integer of 0 or more, or 32 hexadecimal digits.");
}

export function shareIn(text: string): number {
  const share = text.trim() === "" ? Number.NaN : Number(text);
  if (share >= 0 && share <= 1) return share;
  throw new InvalidArgumentError("It is a number between 0 and 1.");
}

export function countIn(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 2 ** 24) return count;
  throw new InvalidArgumentError("It is an integer of 1 or more, at most 2^24.");
}
