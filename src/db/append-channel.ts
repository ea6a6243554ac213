import type pg from "pg";
import { Problem } from "../errors.ts";
import { APPEND, type AppendRow } from "./append-call.ts";
import { type ArrayParameters, reusedArrays } from "./arrays.ts";

/** The connection ended while a call was on its way: whether it was committed is not known. */
export class ConnectionLostError extends Error {
  override name = "ConnectionLostError";
}

/** The way that batches take into the database, each in a transaction of its own. */
export interface AppendChannel {
  /** How many calls may be on their way at once; they are executed in the order in which they were made. */
  depth: 1 | 2;
  /**
   * One call of `motivo_append`; answers after the commit.
   * @param parameters builds them in the form that this channel's driver takes; they are sent before it is called again
   * @throws ConnectionLostError, Problem not_ready when nothing was sent, or the database's own error: then nothing was written
   */
  call(parameters: (arrays: ArrayParameters) => unknown[]): Promise<AppendRow | undefined>;
  close(): Promise<void>;
}

/** Longer than any honest batch: a peer that has gone silent must not hold its callers for ever. */
const ANSWER_MS = 30_000;

/** A refusal of the database itself carries an SQLSTATE; 08 and 57P say that it is the connection which ended. */
function isRefusal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && !/^(08|57P)/.test(code);
}

/**
 * A connection of its own in pipeline mode, opened at the first call and again after it was lost: the second batch is on
 * the server when the first one commits.
 */
export function pipelinedChannel(url: string, Client: typeof pg.Client): AppendChannel {
  let open: Promise<pg.Client> | null = null;
  let closed = false;
  const arrays = reusedArrays();

  async function connect(): Promise<pg.Client> {
    const client = new Client({
      connectionString: url,
      pipeline: true,
      keepAlive: true,
      query_timeout: ANSWER_MS,
      application_name: "motivo append",
    });
    // From before it connects: an end that comes with the server's first words would be nobody's, and end the process.
    client.on("error", () => {});
    await client.connect();
    return client;
  }

  /** One connection for all callers, until it ends. */
  function opened(): Promise<pg.Client> {
    if (open) return open;
    const opening = connect();
    const forget = () => {
      if (open === opening) open = null;
    };
    opening.then((client) => {
      client.on("error", forget);
      client.on("end", forget);
    }, forget);
    open = opening;
    return opening;
  }

  return {
    depth: 2,
    async call(parameters) {
      if (closed) throw new Problem("not_ready", "The service is closing", { retryAfterSeconds: 5 });
      let client: pg.Client;
      try {
        client = await opened();
      } catch (cause) {
        throw new Problem("not_ready", "The database cannot be reached", { cause, retryAfterSeconds: 5 });
      }
      // Built and handed over in one turn: a connected client in pipeline mode copies the values before it returns.
      arrays.reset();
      const values = parameters(arrays);
      try {
        const { rows } = await client.query<AppendRow>({ name: "motivo_append", text: APPEND, values });
        return rows[0];
      } catch (cause) {
        if (isRefusal(cause)) throw cause;
        open = null;
        // Whatever else is on its way on this connection has no known outcome either.
        client.connection.stream.destroy();
        throw new ConnectionLostError("The connection ended during an append", { cause });
      }
    },
    async close() {
      closed = true;
      await open?.then(
        (client) => client.end(),
        () => {},
      );
    },
  };
}
