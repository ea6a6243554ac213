import { isDeepStrictEqual } from "node:util";

/** The story was not as told. Names the step and the fact, and never the value that was found instead. */
export class StoryError extends Error {
  override name = "StoryError";

  constructor(step: string, fact: string, options?: ErrorOptions) {
    super(`The step "${step}" is not as told: ${fact}.`, options);
  }
}

/** What a step checks with: each says that a fact holds, or ends the story with StoryError. */
export interface Expect {
  that(holds: boolean, fact: string): void;
  /** Compares deeply. */
  same(found: unknown, told: unknown, fact: string): void;
  /** The value, when there is one. */
  found<T>(value: T | null | undefined, fact: string): T;
  /** How many facts held so far. */
  count(): number;
}

/** @param step which step the story is at, asked for at each failure */
export function expectation(step: () => string): Expect {
  let held = 0;
  const that = (holds: boolean, fact: string) => {
    if (!holds) throw new StoryError(step(), fact);
    held += 1;
  };
  return {
    that,
    same: (found, told, fact) => that(isDeepStrictEqual(found, told), fact),
    found: <T>(value: T | null | undefined, fact: string): T => {
      that(value !== null && value !== undefined, fact);
      return value as T;
    },
    count: () => held,
  };
}
