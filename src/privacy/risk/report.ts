import { Codes, IntList } from "./codes.ts";
import { equalDistance, orderColumn, orderedDistance } from "./distance.ts";

/** Figures of one sensitive column. */
export interface SensitiveRisk {
  /** distinct values in the table */
  distinct: number;
  /** fewest distinct values in a class */
  distinct_l: number;
  /** e to the smallest entropy of a class, in nats; not rounded down */
  entropy_l: number;
  /** largest distance of a class from the table, all values equally far apart */
  t_equal: number;
  /** the same by the values' order; of ordered columns */
  t_ordered?: number;
}

/** What a table gives away by its quasi-identifiers, in ARX's terms. Shares are between 0 and 1. */
export interface RiskReport {
  rows: number;
  /** classes: rows equal in every quasi-identifier */
  classes: number;
  /** rows of the smallest class */
  k: number;
  /** rows that are alone in their class */
  uniques: number;
  uniqueness: number;
  /** rows in a class smaller than that */
  below: Record<"2" | "3" | "5" | "10", number>;
  /** 1 / k: the chance to find the easiest person, for one who knows that they are in the table */
  prosecutor_highest: number;
  /** classes / rows */
  prosecutor_average: number;
  /** share of rows in classes of the smallest size */
  rows_at_highest: number;
  largest_class: number;
  sensitive: Record<string, SensitiveRisk>;
}

export interface SensitiveColumn {
  name: string;
  ordered: boolean;
}

const THRESHOLDS = ["2", "3", "5", "10"] as const;

/**
 * Takes rows one by one and keeps a few bytes of each, so that a million fit. An absent value is the empty text: a value
 * of its own, equal to itself.
 */
export class RiskTable {
  readonly #quasi: Codes[];
  readonly #classes = new Map<string, number>();
  readonly #classOf = new IntList();
  readonly #sizes = new IntList();
  readonly #sensitive: { column: SensitiveColumn; codes: Codes; ofRow: IntList }[];

  constructor(quasiIdentifiers: number, sensitive: readonly SensitiveColumn[]) {
    this.#quasi = Array.from({ length: quasiIdentifiers }, () => new Codes());
    this.#sensitive = sensitive.map((column) => ({ column, codes: new Codes(), ofRow: new IntList() }));
  }

  /** @param quasi @param sensitive one value a column, in the constructor's order */
  add(quasi: readonly string[], sensitive: readonly string[]): void {
    let key = "";
    this.#quasi.forEach((codes, i) => {
      key += `${codes.of(quasi[i]!)},`;
    });
    let number = this.#classes.get(key);
    if (number === undefined) {
      number = this.#sizes.length;
      this.#classes.set(key, number);
      this.#sizes.push(0);
    }
    this.#sizes.items[number]! += 1;
    this.#classOf.push(number);
    this.#sensitive.forEach(({ codes, ofRow }, i) => {
      ofRow.push(codes.of(sensitive[i]!));
    });
  }

  /** Null for a table without rows: it has no smallest class. */
  report(): RiskReport | null {
    const rows = this.#classOf.length;
    if (rows === 0) return null;
    const sizes = this.#sizes.items;
    const k = sizes.reduce((least, size) => Math.min(least, size), rows);
    const rowsWhere = (holds: (size: number) => boolean) =>
      sizes.reduce((sum, size) => sum + (holds(size) ? size : 0), 0);
    const uniques = rowsWhere((size) => size === 1);
    const below = THRESHOLDS.map((limit) => [limit, rowsWhere((size) => size < Number(limit))]);
    const ordered = rowsByClass(this.#classOf.items, sizes);
    return {
      rows,
      classes: sizes.length,
      k,
      uniques,
      uniqueness: uniques / rows,
      below: Object.fromEntries(below) as RiskReport["below"],
      prosecutor_highest: 1 / k,
      prosecutor_average: sizes.length / rows,
      rows_at_highest: rowsWhere((size) => size === k) / rows,
      largest_class: sizes.reduce((most, size) => Math.max(most, size), 0),
      sensitive: Object.fromEntries(
        this.#sensitive.map(({ column, codes, ofRow }) => [
          column.name,
          sensitiveRisk(column, codes, ofRow.items, ordered, sizes),
        ]),
      ),
    };
  }
}

/** The rows' numbers, class after class. */
function rowsByClass(classOf: Int32Array, sizes: Int32Array): Int32Array {
  const next = new Int32Array(sizes.length);
  for (let i = 1; i < sizes.length; i++) next[i] = next[i - 1]! + sizes[i - 1]!;
  const ordered = new Int32Array(classOf.length);
  classOf.forEach((number, row) => {
    ordered[next[number]!] = row;
    next[number]! += 1;
  });
  return ordered;
}

function sensitiveRisk(
  column: SensitiveColumn,
  codes: Codes,
  ofRow: Int32Array,
  ordered: Int32Array,
  sizes: Int32Array,
): SensitiveRisk {
  const inTable = new Int32Array(codes.count);
  for (const code of ofRow) inTable[code]! += 1;
  const order = column.ordered ? orderColumn(codes.values, inTable) : null;
  let [distinct_l, entropy, t_equal, t_ordered] = [codes.count, Number.POSITIVE_INFINITY, 0, 0];
  const inClass = new Map<number, number>();
  let at = 0;
  for (const size of sizes) {
    inClass.clear();
    for (const row of ordered.subarray(at, at + size)) {
      const code = ofRow[row]!;
      inClass.set(code, (inClass.get(code) ?? 0) + 1);
    }
    at += size;
    distinct_l = Math.min(distinct_l, inClass.size);
    entropy = Math.min(entropy, entropyOf(inClass, size));
    t_equal = Math.max(t_equal, equalDistance(inClass, size, inTable, ofRow.length));
    if (order) t_ordered = Math.max(t_ordered, orderedDistance(inClass, size, order));
  }
  const risk = { distinct: codes.count, distinct_l, entropy_l: Math.exp(entropy), t_equal };
  return order ? { ...risk, t_ordered } : risk;
}

function entropyOf(counts: ReadonlyMap<number, number>, size: number): number {
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / size) * Math.log(count / size);
  return entropy;
}
