import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, linear } from "./svg.ts";

/**
 * A bin as a bracket on the feature's range; an open end is an arrow. The text beside it says the same.
 * @param bin `from` ≤ value < `to`, null where the bin is open
 */
export function recordedRange(
  bin: { from: number | null; to: number | null },
  range: readonly [number, number],
): Html {
  const x = linear(range, [2, 78]);
  const inside = (value: number) => at(Math.min(Math.max(x(value), 2), 78));
  const left = inside(bin.from ?? range[0]);
  const right = Math.max(inside(bin.to ?? range[1]), left + 3);
  const cap = (open: boolean, place: number, out: number) =>
    open ? `M${place - out * 6} 3L${place} 8L${place - out * 6} 13` : `M${place} 2V14`;
  return html`<svg class="recorded-range" width="84" height="16" viewBox="0 0 84 16" aria-hidden="true" focusable="false"><path class="range-line" d="M2 8H78"/><rect class="range-bin" x="${left}" y="5.5" width="${at(right - left)}" height="5"/><path class="range-cap" d="${cap(bin.from === null, left, -1)}${cap(bin.to === null, right, 1)}"/></svg>`;
}
