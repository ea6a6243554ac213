import type { Cell, Game } from "./game.ts";

/** SHA-256 of a text's UTF-8 bytes, in lower-case hex. */
export async function digestOf(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

type Compared = Pick<Game, "background" | "weights">;
const known = new WeakMap<
  Compared["background"],
  { weights: Compared["weights"]; digest: Promise<string> }
>();

/**
 * Of rows and weights, for a background that comes without a file of its own. Cells are told apart as games tell them
 * apart: 0 is not −0, and a missing number is not the word for it.
 */
export function backgroundDigest({ background, weights }: Compared): Promise<string> {
  const made = known.get(background);
  if (made !== undefined && made.weights === weights) return made.digest;
  const lines = background.map((row) => `${JSON.stringify(row.map(written))}\n`);
  const weighed = weights === undefined ? "" : `${JSON.stringify([...weights])}\n`;
  const digest = digestOf(`motivo/background/v1\n${lines.join("")}${weighed}`);
  known.set(background, { weights, digest });
  return digest;
}

const written = (cell: Cell): [string] | string => {
  if (typeof cell === "string") return [cell];
  return Object.is(cell, -0) ? "-0" : String(cell);
};
