import type { Policy } from "../models/contract.ts";

export type NoisePolicy = Extract<Policy, { kind: "noise" }>;

/** Points of the grid from `lower` to `upper`, both included. */
export function gridPoints({ lower, upper, step }: NoisePolicy): number {
  return Math.round((upper - lower) / step) + 1;
}

/**
 * The chances of each grid point for a value on point `at`: the discrete Laplace distribution of scale
 * (upper − lower) / epsilon, with what falls outside gathered on the ends. Being discrete it has none of the holes
 * that the continuous mechanism leaves among floating-point numbers (Mironov, "On significance of the least
 * significant bits for differential privacy", CCS 2012).
 * @param at 0 … gridPoints − 1
 * @returns one chance a point; their sum is 1 to within rounding
 */
export function noiseChances(policy: NoisePolicy, at: number): number[] {
  const points = gridPoints(policy);
  const decay = Math.exp(-policy.epsilon / (points - 1));
  const centre = (1 - decay) / (1 + decay);
  return Array.from({ length: points }, (_, point) => {
    const away = decay ** Math.abs(point - at);
    return point === 0 || point === points - 1 ? away / (1 + decay) : centre * away;
  });
}

/**
 * A number with noise: clipped to [lower, upper], put on the grid, and moved by the discrete Laplace mechanism, which
 * is epsilon-differentially private for this one number (Ghosh, Roughgarden, Sundararajan, "Universally utility-maximizing
 * privacy mechanisms", 2012). The draw is fixed by the person, purpose, field and grid point, so that asking again
 * gives the same answer and averages nothing away: the budget is spent once a distinct point, not once a decision.
 * @param draw gives 6 bytes for a label, from a secret of the person's
 * @returns a multiple of `step` above `lower`, in [lower, upper]
 */
export function noisy(value: number, policy: NoisePolicy, draw: (point: number) => Buffer): number {
  const { lower, upper, step } = policy;
  const clipped = Math.min(Math.max(value, lower), upper);
  const at = Math.round((clipped - lower) / step);
  const uniform = draw(at).readUIntBE(0, 6) / 2 ** 48;
  let left = uniform;
  const chances = noiseChances(policy, at);
  const drawn = chances.findIndex((chance) => {
    left -= chance;
    return left < 0;
  });
  const point = drawn === -1 ? chances.length - 1 : drawn;
  return Number((lower + point * step).toPrecision(12));
}
