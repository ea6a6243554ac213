/** Rows named in one statement: it takes 65,535 parameters, and a person may have a hundred thousand decisions. */
const CHUNK = 1000;

/** `items` in portions that a statement can take, in order. */
export const chunksOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) => items.slice(i * CHUNK, (i + 1) * CHUNK));
