import { html } from "hono/html";
import type { Html } from "../scene.ts";
import { at, sideOf } from "./svg.ts";

// The small figures of the start page. They illustrate; nothing in them is anybody's.

export function reasonsDoor(labels: readonly string[], sentence: string): Html {
  const bars = [-118, -112, 94, 27];
  return html`<svg class="door-figure" viewBox="0 0 276 100" role="img" aria-label="${sentence}">${bars.map(
    (length, i) => {
      const y = 6 + i * 24;
      const side = sideOf(length);
      return html`<rect class="${side.name}"${side.fill} x="${length < 0 ? 150 + length : 150}" y="${y}" width="${Math.abs(length)}" height="17"/><text x="${length < 0 ? 158 : 142}" y="${y + 13}" text-anchor="${length < 0 ? "start" : "end"}">${labels[i]}</text>`;
    },
  )}<path class="axis" d="M150 0V100"/></svg>`;
}

export function treeDoor(sentence: string): Html {
  const x = (level: number, i: number) => at(22 + (232 / 2 ** level) * (i + 0.5));
  const y = (level: number) => 10 + level * 27;
  const onPath = [0, 1, 2, 5];
  const given = new Set(["3:4", "2:3", "1:0"]);
  const nodes = [0, 1, 2, 3].flatMap((level) => Array.from({ length: 2 ** level }, (_, i) => ({ level, i })));
  const edge = ({ level, i }: { level: number; i: number }) =>
    `M${x(level, i)} ${y(level)}L${x(level - 1, Math.floor(i / 2))} ${y(level - 1)}`;
  const computed = ({ level, i }: { level: number; i: number }) => onPath[level] === i;
  return html`<svg class="door-figure" viewBox="0 0 276 100" role="img" aria-label="${sentence}"><path class="proof-given-line" d="${nodes.slice(1).map(edge).join("")}"/><path class="proof-line" d="${nodes.slice(1).filter(computed).map(edge).join("")}"/>${nodes.map(
    (node) => {
      const kind = computed(node)
        ? "proof-computed"
        : given.has(`${node.level}:${node.i}`)
          ? "proof-given"
          : "proof-else";
      const erased = node.level === 3 && node.i === 2;
      return html`<rect class="${erased ? "entry-gone" : kind}"${erased ? html` fill="url(#hatch-gone)"` : ""} x="${at(x(node.level, node.i) - 6)}" y="${y(node.level) - 6}" width="12" height="12"/>`;
    },
  )}</svg>`;
}

export function clocksDoor(sentence: string): Html {
  const rows = [
    { from: 34, to: 130, kind: "late" },
    { from: 70, to: 198, kind: "" },
    { from: 104, to: 262, kind: "own" },
    { from: 20, to: 0, kind: "still" },
  ] as const;
  return html`<svg class="door-figure" viewBox="0 0 276 100" role="img" aria-label="${sentence}"><path class="axis" d="M130 0V100"/>${rows.map(
    ({ from, to, kind }, i) => {
      const y = 14 + i * 24;
      const own = kind === "own" ? " own" : "";
      if (kind === "still")
        return html`<path class="clock-run" d="M${from} ${y}H84"/><rect class="clock-still" fill="url(#hatch-gone)" x="84" y="${y - 6}" width="46" height="12"/><circle class="clock-dot" cx="${from}" cy="${y}" r="4"/>`;
      return html`<g${kind === "late" ? html` class="late"` : ""}><path class="clock-run" d="M${from} ${y}H130"/><path class="clock-left${own}" d="M130 ${y}H${to}"/><path class="clock-end${own}" d="M${to} ${y - 8}V${y + 8}"/><circle class="clock-dot" cx="${from}" cy="${y}" r="4"/></g>`;
    },
  )}</svg>`;
}

/** Program text as on paper. */
export function textDoor(lines: readonly string[], sentence: string, heading: string): Html {
  return html`<svg class="door-figure" viewBox="0 0 276 100" role="img" aria-label="${sentence}"><text class="code" x="0" y="14">${heading}</text><rect class="paper" x="0.5" y="26.5" width="275" height="${lines.length * 18 + 14}"/>${lines.map(
    (line, i) => html`<text class="code" x="12" y="${46 + i * 18}">${line}</text>`,
  )}</svg>`;
}
