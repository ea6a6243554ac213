import { randomBytes } from "node:crypto";
import pg from "pg";

/** Connections of what the log is held against. */
const CONNECTIONS = 32;

export interface PlainInserts {
  /** One row of so many bytes in a transaction of its own. */
  insert(bytes: number): (caller: number) => Promise<unknown>;
  /** The same behind an advisory lock, each row holding the hash of the one before: a log without a tree. */
  chain(bytes: number): (caller: number) => Promise<unknown>;
  close(): Promise<void>;
}

export async function openPlainInserts(url: string): Promise<PlainInserts> {
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  const [setup] = clients;
  await setup!.query("CREATE TABLE plain (id bigserial PRIMARY KEY, body bytea NOT NULL)");
  await setup!.query(
    "CREATE TABLE chain (id bigserial PRIMARY KEY, body bytea NOT NULL, hash bytea NOT NULL)",
  );
  await setup!.query("INSERT INTO chain (body, hash) VALUES ('', '\\x00')");
  await setup!.query(`CREATE FUNCTION chain_append(b bytea) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE previous bytea; BEGIN
      PERFORM pg_advisory_xact_lock(1);
      SELECT hash INTO previous FROM chain ORDER BY id DESC LIMIT 1;
      INSERT INTO chain (body, hash) VALUES (b, sha256(previous || b));
    END $$`);
  // Callers that share a connection take turns, as they would at a pool.
  const turns = clients.map((): Promise<unknown> => Promise.resolve());
  const on = (statement: string) => (bytes: number) => {
    const body = randomBytes(bytes);
    return (caller: number) => {
      const place = caller % CONNECTIONS;
      const turn = turns[place]!.then(() => clients[place]!.query(statement, [body]));
      turns[place] = turn;
      return turn;
    };
  };
  return {
    insert: on("INSERT INTO plain (body) VALUES ($1)"),
    chain: on("SELECT chain_append($1)"),
    async close() {
      await Promise.all(clients.map((client) => client.end()));
    },
  };
}
