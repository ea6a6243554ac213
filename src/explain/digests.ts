import type { Cell, Game } from "./game.ts";
import { ROWS_A_TURN, turn } from "./turn.ts";

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
  const digest = digestInSteps({ background, ...(weights && { weights }) });
  known.set(background, { weights, digest });
  return digest;
}

async function digestInSteps({ background, weights }: Compared): Promise<string> {
  const lines: string[] = [];
  for (const [b, row] of background.entries()) {
    lines.push(`${JSON.stringify(row.map(written))}\n`);
    if (b % ROWS_A_TURN === ROWS_A_TURN - 1) await turn();
  }
  const weighed = weights === undefined ? "" : `${JSON.stringify([...weights])}\n`;
  return digestOf(`motivo/background/v1\n${lines.join("")}${weighed}`);
}

const written = (cell: Cell): [string] | string => {
  if (typeof cell === "string") return [cell];
  return Object.is(cell, -0) ? "-0" : String(cell);
};
