import { html } from "hono/html";
import type { LogProof } from "../deps.ts";
import type { Html } from "../scene.ts";

const ROW = 25;
const SIDE = 11;
const STEP = 20;

/**
 * The way from the leaf (bottom) to the root (top). Filled squares are computed here, pale ones are given by the log
 * and stand left or right as in the tree.
 * @param path nearest the leaf first
 */
export function proofPath(path: LogProof["path"], sentence: string): Html {
  // From the root down: a sibling on the left means that the way goes right.
  const down = path.toReversed();
  const places: { x: number; y: number }[] = [{ x: 0, y: 0 }];
  const siblings: { x: number; y: number }[] = [];
  for (const { side } of down) {
    const { x, y } = places.at(-1)!;
    const turn = side === "left" ? 1 : -1;
    places.push({ x: x + (turn * STEP) / 2, y: y + ROW });
    siblings.push({ x: x - turn * STEP, y: y + ROW });
  }
  const all = [...places, ...siblings].map(({ x }) => x);
  const left = Math.min(...all) - SIDE;
  const width = Math.max(...all) + SIDE - left;
  const height = (places.length - 1) * ROW + SIDE * 2 + 3;
  const square = (kind: string, { x, y }: { x: number; y: number }, size = SIDE) =>
    html`<rect class="${kind}" x="${x - size / 2}" y="${y - size / 2}" width="${size}" height="${size}"/>`;
  return html`<svg class="proof-path" width="${width}" height="${height}" viewBox="${left} -${SIDE} ${width} ${height}" role="img" aria-label="${sentence}">
<path class="proof-given-line" d="${siblings.map(({ x, y }, i) => `M${places[i]!.x} ${places[i]!.y}L${x} ${y}`).join("")}"/>
<path class="proof-line" d="M${places.map(({ x, y }) => `${x} ${y}`).join("L")}"/>
${siblings.map((place) => square("proof-given", place))}${places.map((place, i) => square("proof-computed", place, i === 0 ? SIDE + 4 : SIDE))}</svg>`;
}
