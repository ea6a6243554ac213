import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshPostgres } from "../support/databases.ts";
import { type Person, people } from "../support/people.ts";
import { occurring } from "../support/search.ts";
import { exampleOf, FREE_TEXT, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

const COUNT = 200;

/** Everything outside the vault: each table of each schema but that one and the system's, each cell as it is stored. */
async function dumpWithoutVault(
  database: OpenDatabase,
): Promise<{ table: string; column: string; value: unknown }[]> {
  const tables = (await database.db.execute(sql`
    SELECT table_schema AS schema, table_name AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema', 'vault')
  `)) as unknown as { rows: { schema: string; name: string }[] };
  const cells: { table: string; column: string; value: unknown }[] = [];
  for (const { schema, name } of tables.rows) {
    const rows = (await database.db.execute(
      sql`SELECT * FROM ${sql.identifier(schema)}.${sql.identifier(name)}`,
    )) as unknown as { rows: Record<string, unknown>[] };
    for (const row of rows.rows) {
      for (const [column, value] of Object.entries(row)) cells.push({ table: name, column, value });
    }
  }
  return cells;
}

/** The forms in which a value could be lying about. */
const formsOf = (value: string) => {
  const bare = value.replaceAll(/[^\p{L}\p{N}@]/gu, "");
  return [value, bare, value.toLowerCase(), value.toUpperCase()].flatMap((text) => [
    text,
    Buffer.from(text).toString("base64").replace(/=+$/, "").slice(0, -1),
    Buffer.from(text).toString("hex"),
  ]);
};

describe("after decisions about 200 people, readings, refusals and erasures", () => {
  let database: OpenDatabase;
  let service: TestService;
  const everybody = people(COUNT, 20_261_124);
  const amounts = everybody.map((_, i) => 10_007 + 11 * i);
  let cells: Awaited<ReturnType<typeof dumpWithoutVault>>;
  let errors = "";

  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database, { packages: [GERMAN_CREDIT, FREE_TEXT] });
    const credit = await exampleOf(service);
    const [freeText] = (await service.deps.models.names()).filter((name) => name !== "german-credit");
    const noted = await exampleOf(service, freeText);
    const noteFeature = (await service.deps.models.published(freeText!, 1)).contract.features.find(
      ({ type }) => type === "text",
    )!.name;

    const live = async (person: Person, i: number) => {
      const headers = { "idempotency-key": `${person.email}-${i}`, "x-request-id": person.email };
      const inputs = { ...credit.inputs, amount_dm: amounts[i]! };
      const made = await service.call(
        "POST",
        "/v1/models/german-credit/decisions",
        "product",
        { subject: person, inputs },
        headers,
      );
      expect(made.status).toBe(201);
      const { id } = (await made.json()) as { id: string };
      const note = `${person.name.toUpperCase()} (CPF ${person.document.replaceAll(/\D/g, "")}) pediu: ${person.email}, ${person.phone}`;
      const second = await service.call("POST", `/v1/models/${freeText}/decisions`, "product", {
        subject: person,
        inputs: { ...noted.inputs, [noteFeature]: note.slice(0, 200) },
      });
      expect(second.status).toBe(201);
      for (const bad of [
        { subject: person, inputs: { ...inputs, purpose: person.name } },
        { subject: person, inputs: { ...inputs, [person.email]: 1 } },
        { subject: person, inputs, language: person.document },
        { subject: { ...person, [person.document]: 1 }, inputs },
      ]) {
        const refused = await service.call(
          "POST",
          "/v1/models/german-credit/decisions",
          "product",
          bad,
          headers,
        );
        expect(refused.status).toBeGreaterThanOrEqual(400);
        errors += await refused.text();
      }
      errors += await (
        await service.call("GET", `/v1/audit/decisions?model=${encodeURIComponent(person.email)}`, "auditor")
      ).text();
      errors += await (
        await service.call(
          "GET",
          `/v1/${encodeURIComponent(person.email)}?name=${encodeURIComponent(person.name)}`,
          "auditor",
        )
      ).text();
      if (i % 5 === 0) await service.call("GET", `/v1/decisions/${id}`, "product");
      const token = { token: await service.issuer.issue("subject", { subject: person.id, proof: 3 }) };
      if (i % 4 === 0) await service.call("GET", "/v1/me/access", token);
      if (i % 8 === 0) await service.call("DELETE", "/v1/me", token);
    };
    for (let start = 0; start < COUNT; start += 10) {
      await Promise.all(everybody.slice(start, start + 10).map((person, i) => live(person, start + i)));
    }
    cells = await dumpWithoutVault(database);
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  const haystacks = async () => ({
    "the dump": cells
      .map(({ value }) =>
        value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : String(value),
      )
      .join("\n"),
    "the dump's bytes as hex": cells
      .flatMap(({ value }) => (value instanceof Uint8Array ? [Buffer.from(value).toString("hex")] : []))
      .join("\n"),
    "the service's own log": service.logLines(),
    refusals: errors,
    "the log's export": await (await service.call("GET", "/v1/audit/export", "auditor")).text(),
    "an auditor's list": await (await service.call("GET", "/v1/audit/decisions?limit=200", "auditor")).text(),
  });

  it("no name, document, e-mail, phone or id is outside the vault, in any form", async () => {
    const forms = new Map<string, string>();
    everybody.forEach((person, i) => {
      for (const [what, value] of Object.entries(person)) {
        for (const form of formsOf(value)) forms.set(form.toLowerCase(), `${what} of person ${i}`);
      }
    });
    const needles = new Set(forms.keys());
    expect(needles.size).toBeGreaterThan(COUNT * 5 * 4);
    for (const [where, text] of Object.entries(await haystacks())) {
      const found = [...occurring(text, needles)].map((form) => `${forms.get(form)} in ${where}`);
      expect(found).toEqual([]);
    }
  });

  it("the search finds what is there: a value that was given, in every form, and names that may be read", async () => {
    const [person] = everybody;
    for (const form of formsOf(person!.name)) {
      expect([...occurring(`before ${form} after`, new Set([form]))]).toEqual([form.toLowerCase()]);
    }
    const readable = new Set(["german-credit", "product-one"]);
    expect(occurring((await haystacks())["the dump"], readable)).toEqual(readable);
    expect(service.logLines()).toContain("/v1/models/{model}/decisions");
    expect(errors).toContain("urn:motivo:problem:");
  });

  it("no typed cell, recorded value or field of the service's log equals a raw amount", () => {
    const raw = new Set(amounts);
    const found: string[] = [];
    const numbersIn = (where: string, value: unknown): void => {
      if (typeof value === "number" && raw.has(value)) found.push(where);
      else if (typeof value === "string" && raw.has(Number(value))) found.push(where);
      else if (value instanceof Uint8Array || value === null || typeof value !== "object") return;
      else for (const [name, inner] of Object.entries(value)) numbersIn(`${where}.${name}`, inner);
    };
    for (const { table, column, value } of cells) {
      numbersIn(`${table}.${column}`, value);
      if (column === "body") numbersIn(`${table}.${column}`, JSON.parse(String(value)));
    }
    for (const line of service.logLines().trim().split("\n")) numbersIn("service log", JSON.parse(line));
    expect(found).toEqual([]);
  });
});
