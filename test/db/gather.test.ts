import { expect, it } from "vitest";
import { Gather } from "../../src/db/gather.ts";

/** Answers each question by its double once it is let go. */
function held() {
  const asked: number[][] = [];
  const gates: (() => void)[] = [];
  const gather = new Gather<number, number>(async (questions) => {
    asked.push([...questions]);
    await new Promise<void>((resolve) => gates.push(resolve));
    if (questions.includes(13)) throw new Error("unlucky");
    return questions.map((question) => 2 * question);
  }, 3);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  return { asked, gates, gather, settle };
}

it("asks once for what comes while a query is under way, never answers from one begun before, and at most so many at once", async () => {
  const { asked, gates, gather, settle } = held();
  const first = gather.ask(1);
  await settle();
  const others = [2, 3, 4, 5].map((question) => gather.ask(question));
  await settle();
  expect(asked).toEqual([[1]]);
  gates[0]!();
  expect(await first).toBe(2);
  await settle();
  expect(asked).toEqual([[1], [2, 3, 4]]);
  gates[1]!();
  await settle();
  gates[2]!();
  expect(await Promise.all(others)).toEqual([4, 6, 8, 10]);
  expect(asked.at(-1)).toEqual([5]);
});

it("fails those who shared a query that failed, and goes on", async () => {
  const { gates, gather, settle } = held();
  const unlucky = [gather.ask(13), gather.ask(1)].map((answer) => expect(answer).rejects.toThrow("unlucky"));
  await settle();
  const after = gather.ask(7);
  gates[0]!();
  await Promise.all(unlucky);
  await settle();
  gates[1]!();
  expect(await after).toBe(14);
});
