import type { WriteStream } from "node:tty";
import type { Cell } from "../explain/game.ts";
import type { RowExplanation } from "../library/result.ts";

const DEFAULT_WIDTH = 100;
const MOST_FEATURES = 20;
const NAME_WIDTH = 28;
const VALUE_WIDTH = 24;
/** To either side of zero. */
const BAR = { least: 6, most: 24 };

/** Explanations as people read them: a line for the output, and a bar a feature, strongest first. */
export class ExplanationTable {
  readonly #width: number;
  readonly #coloured: boolean;

  constructor(out: Pick<WriteStream, "isTTY"> & { columns?: number }) {
    this.#width = out.isTTY ? (out.columns ?? DEFAULT_WIDTH) : DEFAULT_WIDTH;
    this.#coloured = out.isTTY === true && (process.env.NO_COLOR ?? "") === "";
  }

  /** One row's lines, ended by an empty one. */
  told({
    row,
    cells,
    explanation,
  }: {
    row: number;
    cells: readonly Cell[];
    explanation: RowExplanation;
  }): string {
    const names = Object.keys(explanation.attributions);
    const order = names
      .map((name, i) => ({ name, value: cellText(cells[i]), attribution: explanation.attributions[name]! }))
      .sort((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));
    const shown = order.slice(0, order.length > MOST_FEATURES + 1 ? MOST_FEATURES : undefined);
    const rest = order.slice(shown.length);
    const decimals = decimalsFor(Math.max(...shown.map(({ attribution }) => Math.abs(attribution))));
    const number = (value: number, sign: "" | "+") => signed(value, sign, decimals);
    const lines = shown.map(({ name, value, attribution }) => ({
      name,
      value,
      attribution,
      figure: `${number(attribution, "+")}${errorText(explanation, name, decimals)}`,
    }));
    if (rest.length > 0) {
      const attribution = rest.reduce((sum, each) => sum + each.attribution, 0);
      lines.push({ name: `${rest.length} others`, value: "", attribution, figure: number(attribution, "+") });
    }
    return [this.#heading(row, explanation, number), ...this.#bars(lines), ""].join("\n");
  }

  #heading(row: number, explanation: RowExplanation, number: (value: number, sign: "") => string): string {
    const { output, base, outputName, method, modelRows, link, converged } = explanation;
    const of = outputName === "value" ? "" : ` of ${outputName}`;
    const scale = link === "identity" ? "" : ` (${link})`;
    const how = `${method}, ${modelRows} model ${modelRows === 1 ? "row" : "rows"}${converged ? "" : ", tolerance not met"}`;
    return `row ${row}  output${of}${scale} ${number(output, "")}, base ${number(base, "")}  ${this.#dim(how)}`;
  }

  #bars(lines: readonly { name: string; value: string; attribution: number; figure: string }[]): string[] {
    const most = Math.max(...lines.map(({ attribution }) => Math.abs(attribution)));
    const name = Math.min(NAME_WIDTH, Math.max(...lines.map((line) => line.name.length)));
    const value = Math.min(VALUE_WIDTH, Math.max(...lines.map((line) => line.value.length)));
    const figure = Math.max(...lines.map((line) => line.figure.length));
    const left = this.#width - name - value - figure - 9;
    const half = Math.min(BAR.most, Math.max(BAR.least, Math.floor(left / 2)));
    return lines.map((line) => {
      const label = `${clipped(line.name, name)}  ${clipped(line.value, value)}`;
      return `  ${label}  ${line.figure.padStart(figure)}  ${this.#bar(line.attribution / (most || 1), half)}`.trimEnd();
    });
  }

  /** Against to the left of the axis, for to the right. @param share in [−1, 1] */
  #bar(share: number, half: number): string {
    const eighths = Math.round(Math.abs(share) * half * 8);
    const full = "█".repeat(Math.floor(eighths / 8));
    if (share >= 0) return `${" ".repeat(half)}│${this.#paint(32, `${full}${EIGHTHS[eighths % 8]}`)}`;
    // The blocks of Unicode grow from the left, so that a bar to the left ends in a whole one or a half.
    const end = eighths % 8 >= 4 ? "▐" : "";
    const length = full.length + end.length;
    return `${" ".repeat(half - length)}${this.#paint(31, `${end}${full}`)}│`;
  }

  #paint(code: number, text: string): string {
    return this.#coloured && text !== "" ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  #dim(text: string): string {
    return this.#paint(2, text);
  }
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Three figures of the largest number, so that a row's numbers stand under each other. */
function decimalsFor(most: number): number {
  if (!(most > 0)) return 3;
  return Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(most))));
}

function signed(value: number, sign: "" | "+", decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  const zero = Number(text) === 0;
  return `${value < 0 && !zero ? "−" : zero ? (sign === "+" ? " " : "") : sign}${text}`;
}

/** Half the 95 % interval; nothing where the value is exact. */
function errorText({ intervals }: RowExplanation, name: string, decimals: number): string {
  const [lower, upper] = intervals[name]!;
  if (lower === upper) return "";
  return ` ± ${((upper - lower) / 2).toFixed(decimals)}`;
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined) return "";
  if (cell === "" || Number.isNaN(cell)) return "(missing)";
  return String(cell).replace(/\p{Cc}+/gu, " ");
}

function clipped(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}
