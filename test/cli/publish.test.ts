import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshPostgres } from "../support/databases.ts";
import { json, run, temporaryFolder } from "./command.ts";

const PACKAGE = "test/packages/free-text";
let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  place = await temporaryFolder({ migrated: true });
});
afterAll(() => place.remove());

describe("motivo publish, with nothing running", () => {
  it("opens the embedded database itself", async () => {
    const first = await run(["publish", PACKAGE, "--json"], place.env);
    expect([first.code, first.stderr]).toEqual([0, ""]);
    expect(json(first)).toMatchObject({ ok: true, version: 1, aliases: ["champion"], logIndex: 0 });
    const again = await run(["publish", PACKAGE, "--json"], place.env);
    expect([again.code, json(again).code]).toEqual([1, "duplicate_version"]);
  });

  it("refuses to go on when the keys of the database are elsewhere", async () => {
    const ended = await run(["publish", PACKAGE, "--json"], {
      ...place.env,
      MOTIVO_KEYS: join(place.folder, "other-keys"),
    });
    expect([ended.code, json(ended).code]).toEqual([2, "key_folder_unusable"]);
  });

  it("lists every fault of a package, and ends with 1", async () => {
    const faulty = join(place.folder, "faulty");
    await cp(PACKAGE, faulty, { recursive: true });
    const yaml = await readFile(join(faulty, "model.yaml"), "utf8");
    await writeFile(join(faulty, "model.yaml"), yaml.replace(/^name: .*$/m, "name: Not a name"));
    await rm(join(faulty, "samples.csv"));
    const missing = await run(["publish", faulty], place.env);
    expect([missing.code, missing.stdout]).toEqual([1, ""]);
    expect(missing.stderr).toMatch(
      /^motivo: .+ \(invalid_package\)\n {2}\/samples.csv is missing \(invalid_package\)\n$/,
    );

    await cp(join(PACKAGE, "samples.csv"), join(faulty, "samples.csv"));
    const unnamed = await run(["publish", faulty, "--json"], place.env);
    expect([unnamed.code, unnamed.stderr]).toEqual([1, ""]);
    expect(json(unnamed)).toMatchObject({
      ok: false,
      code: "invalid_package",
      faults: [{ pointer: "/name", code: "invalid_package" }],
    });
  });

  it("ends with 2 when there is no such folder", async () => {
    const ended = await run(["publish", join(place.folder, "nowhere"), "--json"], place.env);
    expect([ended.code, json(ended).code]).toEqual([2, "folder_missing"]);
  });

  it("ends with 2 when the service that it should go through does not answer, or is half named", async () => {
    const token = join(place.folder, "token");
    await writeFile(token, "a.b.c\n", { mode: 0o600 });
    const unreachable = ["--service", "http://127.0.0.1:1", "--token-file", token, "--json"];
    const ended = await run(["publish", PACKAGE, ...unreachable], place.env);
    expect([ended.code, json(ended).code]).toEqual([2, "service_unreachable"]);
    const half = await run(["publish", PACKAGE, "--service", "http://127.0.0.1:1", "--json"], place.env);
    expect([half.code, json(half).code]).toEqual([2, "arguments_invalid"]);
  });
});

describe("motivo migrate and publish on PostgreSQL", () => {
  it("open the database that DATABASE_URL names", async () => {
    const database = await freshPostgres();
    const env = { ...place.env, DATABASE_URL: database.url, MOTIVO_KEYS: join(place.folder, "pg-keys") };
    const migrated = await run(["migrate", "--json"], env);
    expect(json(migrated)).toEqual({ ok: true, database: "postgresql", migratedBy: "command" });
    const published = await run(["publish", PACKAGE, "--json"], env);
    await database.close();
    expect([published.code, published.stderr]).toEqual([0, ""]);
    expect(json(published)).toMatchObject({ ok: true, version: 1, logIndex: 0 });
  });
});
