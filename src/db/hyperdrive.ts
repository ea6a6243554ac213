import { drizzle } from "drizzle-orm/node-postgres";
import pg from "pg";
import type { Database } from "./client.ts";
import * as tables from "./tables.ts";

/** More would only wait for Hyperdrive, which pools on its side; fewer would queue the reads of one page. */
const CONNECTIONS_A_REQUEST = 3;

/**
 * PostgreSQL as a Worker reaches it. A connection belongs to the request that opened it and is refused to every other one,
 * so this is opened and closed once a request. Nothing connects before the first query.
 */
export function openHyperdrive(connectionString: string): { db: Database; close(): Promise<void> } {
  const pool = new pg.Pool({ connectionString, max: CONNECTIONS_A_REQUEST });
  // A connection that breaks while idle fails the next query; without a listener it would fail the isolate.
  pool.on("error", () => {});
  return { db: drizzle(pool, { schema: tables }) as unknown as Database, close: () => pool.end() };
}
