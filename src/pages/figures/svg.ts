import { html } from "hono/html";
import type { Html } from "../scene.ts";

/** A coordinate as it is written: hundredths of a unit are below what a screen shows. */
export const at = (value: number): number => Math.round(value * 100) / 100;

export type Scale = (value: number) => number;

/** Linear; a domain without width maps to the middle of the range. */
export function linear([d0, d1]: readonly [number, number], [r0, r1]: readonly [number, number]): Scale {
  return (value) => (d1 === d0 ? (r0 + r1) / 2 : r0 + ((value - d0) / (d1 - d0)) * (r1 - r0));
}

/** Round values (1, 2 or 5 times a power of ten apart) inside the domain, about `count` of them. */
export function ticks([low, high]: readonly [number, number], count: number): number[] {
  if (!(high > low)) return [];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Attributes for the fill of a side: the hatch must be an attribute, since a style sheet cannot point into the page. */
export const sideOf = (toward: number): { name: "for" | "against"; fill: Html | "" } =>
  toward >= 0 ? { name: "for", fill: "" } : { name: "against", fill: html` fill="url(#hatch-against)"` };

/** The hatches that figures of a page refer to, once a page. Drawn nowhere. */
export function hatches(): Html {
  return html`<svg class="hatches" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch-against" width="5.6" height="5.6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="5.6" height="5.6"/><rect class="hatch-line" width="3" height="5.6"/></pattern>
<pattern id="hatch-gone" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect class="gone-ground" width="6" height="6"/><rect class="gone-line" width="1.6" height="6"/></pattern>
</defs></svg>`;
}
