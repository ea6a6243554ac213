import { html } from "hono/html";
import type { LastEntry } from "../deps.ts";
import type { Html } from "../scene.ts";
import { at } from "./svg.ts";

const PLACE = 8;
const TREE = 92;
const BAR = 32;
/** Levels of the tree that are drawn: a subtree of 32 entries is as wide as a third of the strip. */
const LEVELS = 5;
export const FULL_STRIP = 96;

export type Shown = "decision" | "explanation" | "access" | "erasure" | "erased" | "pending" | "other";

export function shownAs({ kind, state }: LastEntry): Shown {
  if (state === "erased") return "erased";
  if (state === "erased-pending") return "pending";
  return kind === "decision" || kind === "explanation" || kind === "access" || kind === "erasure"
    ? kind
    : "other";
}

/** One entry at x, on the strip's own ground. Also the key of the legend. */
export function entryMark(shown: Shown, x: number, y: number): Html {
  const bar = (kind: string, height: number, fill: Html | "" = "") =>
    html`<rect class="${kind}"${fill} x="${x + 1}" y="${y + BAR - height}" width="${PLACE - 2}" height="${height}"/>`;
  switch (shown) {
    case "decision":
      return bar("entry-decision", BAR);
    case "explanation":
      return bar("entry-decision", 12);
    case "erasure":
      return bar("entry-erasure", BAR);
    case "access":
      return html`<circle class="entry-access" cx="${x + PLACE / 2}" cy="${y + BAR - 5}" r="3"/>`;
    case "other":
      return bar("entry-other", 18);
    default:
      return bar(
        shown === "erased" ? "entry-gone" : "entry-gone pending",
        BAR,
        html` fill="url(#hatch-gone)"`,
      );
  }
}

/**
 * The newest entries as bars, under the complete subtrees of the log's tree that lie inside the strip, and a dashed
 * line from each to the root.
 * @param last contiguous, oldest first
 */
export function logStrip(last: readonly LastEntry[], size: number, sentence: string): Html {
  // A young log keeps the scale of a full strip, so that its bars do not shrink as it grows.
  const width = Math.max(last.length, FULL_STRIP) * PLACE;
  const first = last[0]?.index ?? 0;
  const x = (index: number) => (index - first) * PLACE;
  const nodeY = (level: number) => TREE - 6 - level * 14;
  const edges: string[] = [];
  const tops: { x: number; y: number }[] = [];
  // RFC 9162 joins complete subtrees; one that sticks out of the strip on the left is drawn by its parts inside.
  for (let index = first; index < size; ) {
    let level = 0;
    while (level < LEVELS && index % 2 ** (level + 1) === 0 && index + 2 ** (level + 1) <= size) level++;
    tops.push({ x: x(index) + (2 ** level * PLACE) / 2, y: nodeY(level) });
    for (let child = level - 1; child >= 0; child--) {
      const span = 2 ** child * PLACE;
      for (let nth = 0; nth < 2 ** (level - child); nth++) {
        const left = x(index) + nth * span;
        const parent = x(index) + (Math.floor(nth / 2) + 0.5) * span * 2;
        edges.push(`M${at(left + span / 2)} ${nodeY(child)}L${at(parent)} ${nodeY(child + 1)}`);
      }
    }
    index += 2 ** level;
  }
  const rootX = (last.length * PLACE) / 2;
  const large = tops.filter(({ y }) => y <= nodeY(LEVELS) || last.length < 64);
  return html`<svg class="log-strip" viewBox="0 0 ${width} ${TREE + BAR + 2}" role="img" aria-label="${sentence}">
<path class="tree" d="${edges.join("")}"/><path class="tree-root" d="${large.map(({ x, y }) => `M${at(x)} ${y}L${at(rootX)} 3`).join("")}"/>
${large.map(({ x, y }) => html`<rect class="proof-computed" x="${at(x - 3.5)}" y="${y - 3.5}" width="7" height="7"/>`)}
${last.map((entry) => entryMark(shownAs(entry), x(entry.index), TREE))}<path class="strip-ground" d="M0 ${TREE + BAR + 1}H${last.length * PLACE}"/></svg>`;
}
