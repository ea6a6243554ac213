import { ExplainError, type ExplainErrorCode } from "../../src/explain/errors.ts";

/** The code that an action is refused with; undefined when it is not refused. */
export function code(action: () => unknown): ExplainErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof ExplainError) return error.code;
    throw error;
  }
  return undefined;
}

/** The same for a promise. */
export async function rejection(promise: Promise<unknown>): Promise<ExplainErrorCode | undefined> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ExplainError) return error.code;
    throw error;
  }
  return undefined;
}
