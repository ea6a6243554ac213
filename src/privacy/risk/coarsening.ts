/** Records that say the same of every quasi-identifier. */
export interface RecordedClass {
  rows: number;
  /** What they would say at a level, as text; at 0 what they say now. Once coarser, never finer again. */
  at(level: number): string;
  coarsest: number;
}

/**
 * At which level the records of each class have to be said so that no class has fewer than `k` rows, those at their coarsest
 * level excepted. Classes that are too small go up together, a step of what they say at a time, until nothing is left to do: so
 * the answer does not depend on the order, and classes that are large enough lose no row.
 * @returns a level a class, in order; 0: stays as it is
 */
export function levelsToReach(classes: readonly RecordedClass[], k: number): number[] {
  const levels = classes.map(() => 0);
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
    for (const i of small) levels[i] = nextLevel(classes[i]!, levels[i]!);
  }
  return levels.map((level, i) => (classes[i]!.at(level) === classes[i]!.at(0) ? 0 : level));
}

/** The next level at which a class says something else, or its coarsest. */
function nextLevel({ at, coarsest }: RecordedClass, from: number): number {
  const said = at(from);
  for (let level = from + 1; level < coarsest; level++) if (at(level) !== said) return level;
  return coarsest;
}
