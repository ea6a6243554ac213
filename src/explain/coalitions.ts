/** How many bits are set in 32: the members of a coalition whose players are bits. */
export function popcount(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}

/** Shapley's weights of the coalitions of s others, s! (n − s − 1)! / n!, for s in [0, n); 0 for s = n. */
export function coalitionWeights(n: number): Float64Array {
  const weights = new Float64Array(n + 1);
  for (let s = 0; s < n; s++) weights[s] = s === 0 ? 1 / n : (weights[s - 1]! * s) / (n - s);
  return weights;
}
