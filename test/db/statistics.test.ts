import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshPostgres } from "../support/databases.ts";
import { exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

let database: OpenDatabase;
let service: TestService;
beforeAll(async () => {
  database = await freshPostgres();
  service = await testService(database, { packages: [GERMAN_CREDIT] });
  const example = await exampleOf(service);
  await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      service.call(
        "POST",
        "/v1/models/german-credit/decisions",
        "product",
        { ...example, subject: `subject-${i}` },
        { "idempotency-key": `key-${i}` },
      ),
    ),
  );
  await database.db.execute(sql`ANALYZE`);
});
afterAll(async () => {
  await service.close();
  await database.close();
});

it("PostgreSQL's statistics hold no key, salt, lookup, tag, record or ciphertext", async () => {
  const { rows } = (await database.db.execute(sql`
    SELECT schemaname || '.' || tablename || '.' || attname AS column FROM pg_stats
    WHERE schemaname IN ('public', 'vault') ORDER BY 1
  `)) as unknown as { rows: { column: string }[] };
  const sampled = rows.map(({ column }) => column);
  // What ANALYZE may sample of a person's rows: counts, coarse times, names of models and purposes.
  const personal = sampled.filter((column) =>
    /^(vault\.|public\.(record|erased_entry|idempotency_key)\.)/.test(column),
  );
  expect(personal).toEqual([
    "public.idempotency_key.expires_at",
    "public.record.client",
    "public.record.hour",
    "public.record.kind",
    "public.record.log_index",
    "public.record.model",
    "public.record.outcome",
    "public.record.receipt_size",
    "public.record.version",
    "vault.data_key.entries",
    "vault.data_key.epoch",
    "vault.data_key.purpose",
    "vault.data_key.retention",
    "vault.subject.epoch",
  ]);
});
