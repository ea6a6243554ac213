import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshPostgres } from "../support/databases.ts";
import { ended, startProcess } from "../support/process.ts";
import { json, run, temporaryFolder } from "./command.ts";

let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  place = await temporaryFolder({ migrated: true });
});
afterAll(() => place.remove());

describe("motivo audit check", () => {
  it("goes through the service that holds the folder, and opens the folder itself when none does", async () => {
    const service = await startProcess(place.env as Record<string, string>);
    const note = await (await fetch(`${service.url}/log/checkpoint`)).text();
    const kept = join(place.folder, "kept.checkpoint");
    await writeFile(kept, note);
    const beside = await run(["audit", "check", "--checkpoint", kept, "--json"], place.env);
    expect([beside.code, json(beside)]).toEqual([0, { ok: true, entries: 4, finding: null }]);
    service.child.kill("SIGINT");
    await ended(service.child);
    const alone = await run(["audit", "check", "--checkpoint", kept], place.env);
    expect([alone.code, alone.stderr]).toEqual([0, ""]);
    expect(alone.stdout).toContain("The log holds: 4 entries");
  });

  it("ends with 2 on a checkpoint that is none of this log's", async () => {
    const other = join(place.folder, "other.checkpoint");
    await writeFile(other, "no note\n");
    const refused = await run(["audit", "check", "--checkpoint", other, "--json"], place.env);
    expect([refused.code, json(refused).code]).toEqual([2, "invalid_checkpoint"]);
    const missing = await run(["audit", "check", "--checkpoint", join(place.folder, "nowhere")], place.env);
    expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("(file_unreadable)")]);
  });

  it("ends with 1 and names the first wrong entry of a touched log", async () => {
    const database = await freshPostgres();
    const env = { ...place.env, DATABASE_URL: database.url, MOTIVO_KEYS: join(place.folder, "pg-keys") };
    expect((await run(["publish", "test/packages/free-text", "--json"], env)).code).toBe(0);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("ALTER TABLE log_batch DISABLE TRIGGER ALL");
    await client.query(
      "UPDATE log_batch SET leaves = set_byte(leaves, 40, get_byte(leaves, 40) # 1) WHERE first = 0",
    );
    await client.end();
    const touched = await run(["audit", "check"], env);
    expect(touched.code).toBe(1);
    expect(touched.stdout).toContain("First wrong entry: 0. (entry_altered)");
    await database.close();
  });
});
