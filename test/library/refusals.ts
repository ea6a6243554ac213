import { expect } from "vitest";
import { InputError } from "../../src/library/input-error.ts";

/** What `attempt` is refused with; fails when it is not. */
export function inputError(attempt: () => unknown): InputError {
  try {
    attempt();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
  throw new Error("expected a refusal");
}
