import { describe, expect, it } from "vitest";
import {
  type ConcludedReview,
  looksStamped,
  median,
  oversightOf,
  RUBBER_STAMP,
} from "../../../src/subjects/reviews/oversight.ts";

const reviews = (
  count: number,
  of: Partial<ConcludedReview> | ((i: number) => Partial<ConcludedReview>) = {},
): ConcludedReview[] =>
  Array.from({ length: count }, (_, i) => ({
    reviewer: "a",
    result: "upheld",
    seconds: 30,
    concludedAt: new Date(Date.UTC(2026, 0, 1 + i)),
    ...(typeof of === "function" ? of(i) : of),
  }));

describe("rubber-stamping", () => {
  it("is ten upheld one after the other in less time than a file takes to read", () => {
    expect(looksStamped(reviews(RUBBER_STAMP.consecutive))).toBe(true);
    expect(looksStamped(reviews(RUBBER_STAMP.consecutive - 1))).toBe(false);
    expect(looksStamped(reviews(10, { seconds: RUBBER_STAMP.medianSeconds }))).toBe(false);
  });

  it("is about the latest reviews, whatever their order", () => {
    const changedFirst = reviews(11, (i) => (i === 0 ? { result: "changed" } : {}));
    const changedLast = reviews(11, (i) => (i === 10 ? { result: "changed" } : {}));
    expect(looksStamped(changedFirst.toReversed())).toBe(true);
    expect(looksStamped(changedLast.toReversed())).toBe(false);
  });

  it("takes the median: one long pause hides no run", () => {
    expect(looksStamped(reviews(10, (i) => (i === 4 ? { seconds: 90_000 } : {})))).toBe(true);
  });
});

describe("the oversight of reviews", () => {
  it("gives rates and medians, over all and by reviewer", () => {
    const all = [
      ...reviews(3, { seconds: 100 }),
      ...reviews(1, { reviewer: "b", result: "annulled", seconds: 600 }),
    ];
    expect(oversightOf(all)).toEqual({
      all: { reviews: 4, overridden: 1, overrideRate: 0.25, medianSeconds: 100 },
      reviewers: [
        { reviewer: "a", reviews: 3, overridden: 0, overrideRate: 0, medianSeconds: 100, flags: [] },
        { reviewer: "b", reviews: 1, overridden: 1, overrideRate: 1, medianSeconds: 600, flags: [] },
      ],
    });
    expect(oversightOf([]).all).toEqual({
      reviews: 0,
      overridden: 0,
      overrideRate: null,
      medianSeconds: null,
    });
  });

  it("has the mean of the two in the middle as the median of an even number", () => {
    expect([median([]), median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([null, 2, 2.5]);
  });
});
