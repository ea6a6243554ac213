import { readdir } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshPostgres } from "../support/databases.ts";
import { json, LISTENING, run, start, temporaryFolder } from "./command.ts";

let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  place = await temporaryFolder({ migrated: true });
});
afterAll(() => place.remove());

describe("motivo keys close-epoch", () => {
  it("closes the epoch of a database that is free, and leaves only the next key in the folder", async () => {
    const database = await freshPostgres();
    const env = { ...place.env, DATABASE_URL: database.url, MOTIVO_KEYS: `${place.folder}/keys` };
    const closed = await run(["keys", "close-epoch", "--json"], env);
    expect(closed.stderr).toBe("");
    expect([closed.code, json(closed)]).toMatchObject([
      0,
      { ok: true, epoch: 1, state: "destroyed", logIndex: 0, at: expect.any(String) },
    ]);
    const keys = (await readdir(env.MOTIVO_KEYS)).filter((name) => name.startsWith("epoch"));
    expect(keys).toEqual(["epoch-2.key"]);
    await database.close();
  });

  it("goes through the service that holds the folder, and says in words what came of it", async () => {
    const service = start(["serve"], place.env);
    await service.says(LISTENING);
    const closed = await run(["keys", "close-epoch"], place.env);
    expect([closed.code, closed.stderr]).toEqual([0, ""]);
    expect(closed.stdout).toMatch(/^Epoch 1 is closed: .* Its key was destroyed at .*; entry \d+ of the log/);
    service.child.kill("SIGINT");
    await service.ended;
  });

  it("warns at the start of keys that cannot be destroyed, and never calls one destroyed", async () => {
    const database = await freshPostgres();
    const env = {
      ...place.env,
      DATABASE_URL: database.url,
      MOTIVO_DEV: "1",
      MOTIVO_KEYS: `${place.folder}/development`,
      MOTIVO_KEY_PROVIDER: "environment",
      MOTIVO_EPOCH_KEY: "ab".repeat(32),
    };
    const service = start(["serve"], env);
    await service.says(LISTENING);
    expect(service.stdout()).toContain("for development only");
    service.child.kill("SIGINT");
    await service.ended;
    const closed = await run(["keys", "close-epoch", "--json"], env);
    expect([closed.code, json(closed)]).toMatchObject([0, { state: "cannot-be-destroyed", logIndex: null }]);
    await database.close();
  });

  it("ends with 2 where the provider cannot be used", async () => {
    const database = await freshPostgres();
    const env = { ...place.env, DATABASE_URL: database.url, MOTIVO_KEY_PROVIDER: "vault-transit" };
    expect(json(await run(["keys", "close-epoch", "--json"], env))).toMatchObject({
      ok: false,
      code: "epoch_key_unusable",
    });
    await database.close();
  });
});
