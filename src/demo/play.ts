import type { z } from "zod";
import type * as schemas from "../http/schemas.ts";
import type { Application } from "./applications.ts";
import type { Caller } from "./caller.ts";
import type { Expect } from "./expectation.ts";
import type { Stage } from "./stage.ts";
import type { Teller } from "./teller.ts";

export type DecisionAnswer = z.infer<typeof schemas.decisionAnswer>;

/** An application and what the service answered to it. */
export interface Made extends Application {
  answer: DecisionAnswer;
}

/** What every step of the story has at hand. */
export interface Play {
  stage: Stage;
  teller: Teller;
  expect: Expect;
  bank: Caller;
  auditor: Caller;
  operator: Caller;
  public: Caller;
}

/** Works through items with at most `width` under way. Stops at the first failure. */
export async function eachOf<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, i: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i]!, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
