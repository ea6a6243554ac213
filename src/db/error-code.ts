/** Whether an error, or what caused it, carries one of these SQLSTATEs. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (codes.includes(String((cause as { code?: unknown }).code))) return true;
  }
  return false;
}
