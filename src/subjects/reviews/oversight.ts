/** A concluded review, as the tally has it. */
export interface ConcludedReview {
  reviewer: string;
  result: "upheld" | "changed" | "annulled";
  seconds: number;
  concludedAt: Date;
}

/**
 * When a reviewer's work looks like a stamp: so many upheld one after the other, in a median time in which the file
 * cannot have been read. A human review has to be "meaningful", by somebody who can and does change decisions (WP251;
 * GDPR 22(3)). Ten in a row come about by chance once in nine times at an override rate of one in five, so the run alone
 * proves nothing; a file of some twenty inputs, reasons and the person's own view is 400 words and more, which takes
 * about two minutes to read at 200 words a minute.
 */
export const RUBBER_STAMP = { consecutive: 10, medianSeconds: 120 };

export const median = (values: readonly number[]): number | null => {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
};

/** @param latest a reviewer's reviews, in any order */
export function looksStamped(latest: readonly ConcludedReview[]): boolean {
  const run = latest
    .toSorted((a, b) => b.concludedAt.getTime() - a.concludedAt.getTime())
    .slice(0, RUBBER_STAMP.consecutive);
  if (run.length < RUBBER_STAMP.consecutive || run.some(({ result }) => result !== "upheld")) return false;
  return median(run.map(({ seconds }) => seconds))! < RUBBER_STAMP.medianSeconds;
}

export interface Oversight {
  reviews: number;
  /** Changed or annulled. */
  overridden: number;
  /** 0 to 1; null without a review. */
  overrideRate: number | null;
  medianSeconds: number | null;
}

function summed(reviews: readonly ConcludedReview[]): Oversight {
  const overridden = reviews.filter(({ result }) => result !== "upheld").length;
  return {
    reviews: reviews.length,
    overridden,
    overrideRate: reviews.length === 0 ? null : overridden / reviews.length,
    medianSeconds: median(reviews.map(({ seconds }) => seconds)),
  };
}

/** How reviews go, over all and reviewer by reviewer. */
export function oversightOf(reviews: readonly ConcludedReview[]): {
  all: Oversight;
  reviewers: (Oversight & { reviewer: string; flags: "rubber_stamping"[] })[];
} {
  const byReviewer = Map.groupBy(reviews, ({ reviewer }) => reviewer);
  return {
    all: summed(reviews),
    reviewers: [...byReviewer].map(([reviewer, own]) => ({
      reviewer,
      ...summed(own),
      flags: looksStamped(own) ? ["rubber_stamping"] : [],
    })),
  };
}
