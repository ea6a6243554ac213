import { createHash } from "node:crypto";
import { canonicalize } from "../../audit/canonical.ts";
import type { Cell, Game } from "./game.ts";

/** SHA-256 in hex. @param version `ALGORITHM_VERSION` */
export function algorithmDigest(version: string): string {
  return createHash("sha256").update(version).digest("hex");
}

type Compared = Pick<Game, "background" | "weights">;
const known = new WeakMap<Compared["background"], { weights: Compared["weights"]; digest: string }>();

/**
 * SHA-256 in hex of rows and weights, for a background that comes without a file of its own. Cells are told apart as
 * games tell them apart: 0 is not −0, and a missing number is not the word for it.
 */
export function backgroundDigest({ background, weights }: Compared): string {
  const made = known.get(background);
  if (made !== undefined && made.weights === weights) return made.digest;
  const hash = createHash("sha256").update("motivo/background/v1\n");
  for (const row of background) hash.update(`${JSON.stringify(row.map(written))}\n`);
  if (weights !== undefined) hash.update(`${JSON.stringify([...weights])}\n`);
  const digest = hash.digest("hex");
  known.set(background, { weights, digest });
  return digest;
}

const written = (cell: Cell): [string] | string => {
  if (typeof cell === "string") return [cell];
  return Object.is(cell, -0) ? "-0" : String(cell);
};

/** The bytes of a result: members sorted, numbers as RFC 8785 writes them. The same result has the same bytes. */
export function serialise(result: object): Uint8Array {
  return new TextEncoder().encode(canonicalize(result));
}
