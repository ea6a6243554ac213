import type { Cell } from "./game.ts";

/** What a person may do about one feature. Costs count typical steps of it, times `effort`. */
export type Changeable = { column: number; effort?: number } & (
  | {
      kind: "number";
      whole: boolean;
      direction: "up" | "down" | "any";
      min: number;
      max: number;
      /** Values are multiples of it. Absent: the background's own quantiles and `edges` are tried. */
      step?: number;
      /** Further values worth trying, as the edges of bins. */
      edges?: readonly number[];
    }
  /** `values` in their order, which is what `up` and `down` go by; `allowed`: those that may be changed to, absent: all. */
  | {
      kind: "category";
      direction: "up" | "down" | "any";
      values: readonly string[];
      allowed?: readonly string[];
    }
);

/** Values that a column may be changed to, cheapest first, none of them the row's own. */
export interface Reachable {
  column: number;
  options: readonly { cell: Cell; cost: number }[];
}

/** Quantiles of the background that are tried where no step says which values there are. */
const QUANTILES = 40;
/** Values tried a feature; a finer grid is thinned evenly. */
const MOST_OPTIONS = 200;

function medianOf(values: readonly number[]): number {
  const ascending = values.toSorted((a, b) => a - b);
  const middle = ascending.length >> 1;
  return ascending.length % 2 === 1 ? ascending[middle]! : (ascending[middle - 1]! + ascending[middle]!) / 2;
}

/**
 * What counts as one step of a number: the median absolute deviation of the background (Wachter, Mittelstadt & Russell
 * 2017), where that is 0 the mean one, and where the background has a single value the range that may be reached.
 */
function stepOf(numbers: readonly number[], range: number): number {
  if (numbers.length > 0) {
    const median = medianOf(numbers);
    const apart = numbers.map((value) => Math.abs(value - median));
    const mad = medianOf(apart);
    if (mad > 0) return mad;
    const mean = apart.reduce((sum, value) => sum + value, 0) / apart.length;
    if (mean > 0) return mean;
  }
  return range > 0 ? range : 1;
}

type NumberChange = Extract<Changeable, { kind: "number" }>;

function grid({ step, min, max }: NumberChange & { step: number }): number[] {
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  // A grid finer than what is tried is thinned before it is built: it may have billions of points.
  const stride = Math.max(1, Math.ceil((last - first + 1) / (4 * MOST_OPTIONS)));
  const values: number[] = [];
  // The decimals of the step, so that 3 × 0.1 is 0.3.
  for (let k = first; k <= last; k += stride) values.push(Number((k * step).toPrecision(12)));
  return values;
}

function ownValues(change: NumberChange, numbers: readonly number[]): number[] {
  const { min, max, edges = [] } = change;
  const ascending = numbers.toSorted((a, b) => a - b);
  const quantiles =
    ascending.length === 0
      ? []
      : Array.from(
          { length: QUANTILES + 1 },
          (_, q) => ascending[Math.round((q / QUANTILES) * (ascending.length - 1))]!,
        );
  const around = change.whole ? edges.flatMap((edge) => [Math.ceil(edge) - 1, Math.ceil(edge)]) : edges;
  return [...quantiles, ...around, min, max];
}

function numberOptions(change: NumberChange, from: Cell, column: readonly Cell[]): Reachable["options"] {
  // From a missing value nothing is further than anything else.
  if (typeof from !== "number" || !Number.isFinite(from)) return [];
  const { whole, direction, min, max, step, effort = 1 } = change;
  const numbers = column.filter((cell): cell is number => typeof cell === "number" && Number.isFinite(cell));
  const unit = stepOf(numbers, max - min);
  const tried = step === undefined ? ownValues(change, numbers) : grid({ ...change, step });
  const values = new Set(tried.map((value) => (whole ? Math.round(value) : value)));
  const options = [...values]
    .filter((value) => value >= min && value <= max && value !== from)
    .filter((value) => direction === "any" || value > from === (direction === "up"))
    .map((value) => ({ cell: value, cost: (Math.abs(value - from) / unit) * effort }))
    .sort((a, b) => a.cost - b.cost || a.cell - b.cell);
  if (options.length <= MOST_OPTIONS) return options;
  const last = options.length - 1;
  return Array.from(
    { length: MOST_OPTIONS },
    (_, i) => options[Math.round((i / (MOST_OPTIONS - 1)) * last)]!,
  );
}

function categoryOptions(
  { values, allowed = values, direction, effort = 1 }: Extract<Changeable, { kind: "category" }>,
  from: Cell,
): Reachable["options"] {
  const at = values.indexOf(String(from));
  const permitted = new Set(allowed);
  if (direction !== "any" && at === -1) return [];
  return values
    .map((value, i) => ({ value, steps: direction === "up" ? i - at : direction === "down" ? at - i : 1 }))
    .filter(({ value, steps }) => value !== from && permitted.has(value) && steps > 0)
    .map(({ value, steps }) => ({ cell: value, cost: steps * effort }))
    .sort((a, b) => a.cost - b.cost);
}

/**
 * The values that the row may be changed to, a column, in the order of `changeable`; columns with none are left out.
 * A number's cost is its distance in typical steps of the background, a category's is 1, or the number of places it goes
 * up or down in its order.
 * @param tell distinguishes what the model distinguishes: of options of one column with the same key only the cheapest is
 * kept. Absent: all of them.
 */
export function reachableFrom(
  changeable: readonly Changeable[],
  row: readonly Cell[],
  background: readonly (readonly Cell[])[],
  tell?: (column: number, cell: Cell) => string | undefined,
): Reachable[] {
  return changeable
    .map((change): Reachable => {
      const { column } = change;
      const from = row[column]!;
      const all =
        change.kind === "number"
          ? numberOptions(
              change,
              from,
              background.map((cells) => cells[column]!),
            )
          : categoryOptions(change, from);
      if (tell === undefined) return { column, options: all };
      const own = tell(column, from);
      const seen = new Set<string>(own === undefined ? [] : [own]);
      const options = all.filter(({ cell }) => {
        const key = tell(column, cell);
        if (key === undefined) return true;
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      });
      return { column, options };
    })
    .filter(({ options }) => options.length > 0);
}
