/**
 * How far a class's distribution of a column is from the table's: the two distances of t-closeness (Li, Li and
 * Venkatasubramanian 2007), in time that grows with the class's distinct values, not with the table's.
 */

/**
 * Half the L1 distance: every two values are equally far apart.
 * @param inClass how often each value stands in the class, by code @param classSize their sum
 * @param inTable the same of the table, by code @param rows their sum
 * @returns 0 ≤ t ≤ 1
 */
export function equalDistance(
  inClass: ReadonlyMap<number, number>,
  classSize: number,
  inTable: Int32Array,
  rows: number,
): number {
  // What the class has more of is, in sum, what it has less of.
  let more = 0;
  for (const [code, count] of inClass) more += Math.max(0, count / classSize - inTable[code]! / rows);
  return more;
}

/** A column's values in ascending order, with what is needed to sum over stretches of it. */
export interface OrderedColumn {
  /** place of each code among the distinct values, from 0 */
  rank: Int32Array;
  /** rows up to and including each place */
  cumulative: Float64Array;
  /** sum of `cumulative` before each place; one entry more than places */
  cumulativeBefore: Float64Array;
}

/** Numbers by size where all present values are numbers, else by code point; the absent value comes first. */
export function orderColumn(values: readonly string[], inTable: Int32Array): OrderedColumn {
  const present = values.filter((value) => value !== "");
  const areNumbers = present.every((value) => value.trim() !== "" && Number.isFinite(Number(value)));
  const byCodePoint = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const compare = (a: string, b: string) =>
    a === "" || b === "" || !areNumbers ? byCodePoint(a, b) : Number(a) - Number(b);
  const codes = values.map((_, code) => code).sort((a, b) => compare(values[a]!, values[b]!));
  const rank = new Int32Array(values.length);
  const counts: number[] = [];
  codes.forEach((code, i) => {
    // "1" and "1.0" are one place.
    const isNew = i === 0 || compare(values[codes[i - 1]!]!, values[code]!) !== 0;
    if (isNew) counts.push(0);
    rank[code] = counts.length - 1;
    counts[counts.length - 1]! += inTable[code]!;
  });
  const cumulative = new Float64Array(counts.length);
  const cumulativeBefore = new Float64Array(counts.length + 1);
  let sum = 0;
  counts.forEach((count, place) => {
    sum += count;
    cumulative[place] = sum;
    cumulativeBefore[place + 1] = cumulativeBefore[place]! + sum;
  });
  return { rank, cumulative, cumulativeBefore };
}

/**
 * Σ |cumulative difference| / (m − 1) over the m distinct values of the table.
 * @returns 0 ≤ t ≤ 1; 0 for a column of one value
 */
export function orderedDistance(
  inClass: ReadonlyMap<number, number>,
  classSize: number,
  { rank, cumulative, cumulativeBefore }: OrderedColumn,
): number {
  const places = cumulative.length;
  if (places < 2) return 0;
  const rows = cumulative[places - 1]!;
  const steps = [...inClass].map(([code, count]) => [rank[code]!, count] as const).sort(([a], [b]) => a - b);
  let total = 0;
  let from = 0;
  let reached = 0;
  for (const [place, count] of [...steps, [places, 0] as const]) {
    total += stretch(from, place, reached / classSize);
    from = place;
    reached += count;
  }
  return total / (places - 1);

  /** Σ |share − cumulative / rows| over the places from `start` to before `end`: the class stays at `share` there. */
  function stretch(start: number, end: number, share: number): number {
    if (start >= end) return 0;
    const crossing = firstAbove(start, end, share * rows);
    const sum = (a: number, b: number) => (cumulativeBefore[b]! - cumulativeBefore[a]!) / rows;
    return share * (crossing - start) - sum(start, crossing) + sum(crossing, end) - share * (end - crossing);
  }

  function firstAbove(start: number, end: number, level: number): number {
    let [low, high] = [start, end];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (cumulative[middle]! > level) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
