import { expect, it } from "vitest";
import { onceFor } from "../../src/models/once-for.ts";

it("what follows from an object is made once for it and anew for another, whatever it is", () => {
  let made = 0;
  const of = onceFor((one: { n: number }) => {
    made += 1;
    return one.n === 0 ? undefined : one.n * 2;
  });
  const [two, none] = [{ n: 2 }, { n: 0 }];
  expect([of(two), of(two), of(none), of(none), of({ n: 2 })]).toEqual([4, 4, undefined, undefined, 4]);
  expect(made).toBe(3);
});
