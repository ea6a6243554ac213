/** Records that say the same of every quasi-identifier. */
export interface RecordedClass {
  rows: number;
  /** What they would say at a level, as text; at 0 what they say now. Once coarser, never finer again. */
  at(level: number): string;
  coarsest: number;
}

/**
 * At which level the records of each class have to be said so that no class has fewer than `k` rows, those at their coarsest
 * level excepted. Of the classes that are too small the finest go up first, all of them together, until nothing is left to do:
 * a coarser one may be joined by enough of them to stay. The answer does not depend on the order, and a class that is large
 * enough loses no row.
 * @returns a level a class, in order; 0: stays as it is
 */
export function levelsToReach(classes: readonly RecordedClass[], k: number): number[] {
  const levels = classes.map((one) => lastSaying(one, 0));
  for (;;) {
    const rows = new Map<string, number>();
    classes.forEach((one, i) => {
      const said = one.at(levels[i]!);
      rows.set(said, (rows.get(said) ?? 0) + one.rows);
    });
    const small = classes.flatMap((one, i) =>
      levels[i]! < one.coarsest && rows.get(one.at(levels[i]!))! < k ? [i] : [],
    );
    if (small.length === 0) break;
    const finest = small.reduce((least, i) => Math.min(least, levels[i]!), Number.POSITIVE_INFINITY);
    for (const i of small) if (levels[i] === finest) levels[i] = lastSaying(classes[i]!, finest + 1);
  }
  return levels.map((level, i) => (classes[i]!.at(level) === classes[i]!.at(0) ? 0 : level));
}

/** The last level at which a class says what it says at this one: how coarse that is. */
function lastSaying({ at, coarsest }: RecordedClass, level: number): number {
  let last = level;
  while (last < coarsest && at(last + 1) === at(level)) last += 1;
  return last;
}
