import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../src/db/client.ts";
import { PACKAGE_FILES } from "../../src/models/package.ts";
import { freshEmbedded } from "../support/databases.ts";
import { exampleOf, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

/** An amount that stands in one background row and nowhere else. */
const CANARY = "17773";

describe("a package's background, which is about people", () => {
  let database: OpenDatabase;
  let service: TestService;
  let published: Record<string, unknown>;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database, { packages: [] });
    const files = Object.fromEntries(
      Object.keys(PACKAGE_FILES).map((name) => [name, readFileSync(join(GERMAN_CREDIT, name))]),
    );
    const lines = files["background.csv"]!.toString().split("\n");
    const amount = lines[0]!.split(",").indexOf("amount_dm");
    // No cell before the amount holds a comma.
    const cells = lines[1]!.split(",");
    const changed = [lines[0], cells.with(amount, CANARY).join(","), ...lines.slice(2)].join("\n");
    files["background.csv"] = Buffer.from(changed);
    const encoded = Object.fromEntries(
      Object.entries(files).map(([name, content]) => [name, content.toString("base64")]),
    );
    const { status, body } = await service.json("POST", "/v1/models", "operator", { files: encoded });
    expect(status, JSON.stringify(body)).toBe(201);
    published = body;
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  it("has its risk in the answer to publishing: k over the quasi-identifiers, and whether it is synthetic", () => {
    expect(published.background).toMatchObject({
      rows: 100,
      synthetic: false,
      quasiIdentifiers: expect.arrayContaining(["age_years", "housing"]),
    });
    const { k, uniques } = published.background as { k: number; uniques: number };
    expect(k).toBeGreaterThanOrEqual(1);
    expect(uniques > 0).toBe(k === 1);
  });

  it("is given out by no route, whoever asks", async () => {
    const { inputs, subject } = await exampleOf(service);
    const decision = await service.json<{ id: string }>(
      "POST",
      "/v1/models/german-credit/decisions",
      "product",
      { subject, inputs },
    );
    expect(decision.status).toBe(201);
    const named: Record<string, string> = { model: "german-credit", version: "1", id: decision.body.id };
    let answered = 0;
    for (const route of service.api.routes.filter(({ method }) => method.toLowerCase() === "get")) {
      const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => named[name] ?? "0");
      for (const role of ["product", "auditor", "operator", "subject", "reviewer"] as const) {
        const response = await service.call("GET", path, role);
        if (response.status === 200) answered += 1;
        expect(await response.text(), `${role} ${path}`).not.toContain(CANARY);
      }
    }
    expect(answered).toBeGreaterThan(20);
  });
});
