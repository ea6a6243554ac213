/** Quantiles that turn a variance from few observations into an honest interval. */

const Z_975 = 1.959963984540054;
const Z_95 = 1.6448536269514722;

/**
 * The 97.5 % quantile of Student's t: half the width, in standard errors, of a 95 % interval.
 * Hill's algorithm 396 (Comm. ACM 13, 1970), within 2e-4 from 3 degrees of freedom on; below 3 the degrees
 * are rounded down, which widens the interval. Rounded to six decimals, so that a last bit of `Math.exp`
 * that differs between engines does not reach a recorded interval.
 * @param degrees degrees of freedom, 1 or more, not necessarily whole
 */
export function student975(degrees: number): number {
  return Math.round(1e6 * hill(degrees)) / 1e6;
}

function hill(degrees: number): number {
  const tails = 0.05;
  if (degrees < 2) return 1 / Math.tan((tails * Math.PI) / 2);
  if (degrees < 3) return Math.sqrt(2 / (tails * (2 - tails)) - 2);
  const n = degrees;
  const a = 1 / (n - 0.5);
  const b = 48 / (a * a);
  let c = (((20700 * a) / b - 98) * a - 16) * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let y = (d * tails) ** (2 / n);
  if (y > 0.05 + a) {
    // Near the normal distribution: correct its quantile.
    const x = -Z_975;
    y = x * x;
    if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
    c += (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else {
    y =
      ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) *
        ((n + 1) / (n + 2)) +
      1 / y;
  }
  return Math.sqrt(n * y);
}

/**
 * By how much an estimated standard error has to be multiplied to lie above the true one in 95 % of cases:
 * √(ν / χ²₀.₀₅,ν), the quantile after Wilson & Hilferty (1931). Without it, sampling that stops once its
 * estimate is small stops too early half of the time, just where the estimate happens to be low.
 * @param degrees degrees of freedom, 1 or more
 * @returns 1 or more, or Infinity where the approximation gives no bound
 */
export function standardErrorBound(degrees: number): number {
  const ninth = 2 / (9 * degrees);
  const root = 1 - ninth - Z_95 * Math.sqrt(ninth);
  return root <= 0 ? Number.POSITIVE_INFINITY : 1 / Math.sqrt(root * root * root);
}
