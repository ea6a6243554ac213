import { expect } from "vitest";
import { Problem } from "../../src/errors.ts";

/** The problem that `attempt` is refused with; fails when it is not. */
export async function refusal(attempt: () => unknown): Promise<Problem> {
  try {
    await attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return error as Problem;
  }
  throw new Error("expected a refusal");
}

export const pointers = (problem: Problem) => problem.faults.map(({ pointer }) => pointer);
