/**
 * What one leaf, of value 1, gives to each player of the two kinds, for one background row.
 *
 * A hybrid reaches the leaf exactly when it takes from the explained row what only that row fulfils (`inside`
 * players) and leaves to the background row what only that one fulfils (`outside` players). Shapley's formula then
 * has a closed form (Lundberg et al. 2020; proof in Laberge & Pequignot 2022): an inside player gets
 * (a−1)! b! / (a+b)!, an outside player −a! (b−1)! / (a+b)!, with a inside and b outside players.
 */
function insideShare(a: number, b: number): number {
  return 1 / (a * choose(a + b, a));
}

function outsideShare(a: number, b: number): number {
  return -1 / (b * choose(a + b, b));
}

function choose(n: number, k: number): number {
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}

export interface ShareTables {
  inside: Float64Array;
  outside: Float64Array;
}

/** The shares of every a and b up to `most`, at a · (most + 1) + b; 0 where a share does not exist. */
export function shareTables(most: number): ShareTables {
  const width = most + 1;
  const inside = new Float64Array(width * width);
  const outside = new Float64Array(width * width);
  for (let a = 0; a <= most; a++)
    for (let b = 0; b <= most; b++) {
      if (a > 0) inside[a * width + b] = insideShare(a, b);
      if (b > 0) outside[a * width + b] = outsideShare(a, b);
    }
  return { inside, outside };
}
