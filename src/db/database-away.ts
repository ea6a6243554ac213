/** Nobody listens, starts up, shuts down or has a free connection: nothing was begun there. */
const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "57P03", "53300"]);
/** The connection ended under a statement (SQLSTATE 08, 57P01, 57P02, or the socket's own words). */
const BROKEN = /^(08[0-9A-Z]{3}|57P0[12]|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** What `pg` throws without a code for one that ended, was being opened, or is not usable any more. */
const WORDS =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect)/;

/**
 * Whether an error means that the database went away, whoever wrapped it.
 * @returns `unreachable`: it was not reached, so nothing was written by this statement; `broken`: the connection ended
 * meanwhile, and only the database knows
 */
export function databaseAway(error: unknown): "unreachable" | "broken" | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code } = cause as { code?: unknown };
    if (typeof code === "string") {
      if (UNREACHABLE.has(code)) return "unreachable";
      if (BROKEN.test(code)) return "broken";
    }
    if (WORDS.test(cause.message)) return "broken";
  }
  return null;
}
