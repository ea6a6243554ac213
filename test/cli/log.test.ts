import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ended, startProcess } from "../support/process.ts";
import { json, run, temporaryFolder } from "./command.ts";

let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  place = await temporaryFolder({ migrated: true });
});
afterAll(() => place.remove());

describe("motivo log", () => {
  it("changes the key beside a running service, which signs with both, and again alone, on what that left", async () => {
    const kept = join(place.folder, "kept");
    const env = { ...(place.env as Record<string, string>), MOTIVO_CHECKPOINT_PLACES: kept };
    const service = await startProcess(env);
    const changed = await run(["log", "change-key", "--until", "2099-12-31", "--json"], env);
    expect(changed.code).toBe(0);
    const { vkey, previous, entry } = json(changed) as { vkey: string; previous: string; entry: number };
    expect(previous).toBe(service.vkey);
    const keys = await (await fetch(`${service.url}/log/keys`)).text();
    expect(keys).toBe(`${previous}\n${vkey}\n`);
    expect(await (await fetch(`${service.url}/log/vkey`)).text()).toBe(`${vkey}\n`);
    const note = await (await fetch(`${service.url}/log/checkpoint`)).text();
    expect(note.match(/^— /gm)).toHaveLength(2);
    const document = await (await fetch(`${service.url}/log/keys/2`)).text();
    expect(JSON.parse(document)).toMatchObject({ format: "motivo-key-change/v1", entry: { index: entry } });
    const consistency = await fetch(`${service.url}/log/consistency?from=1`);
    expect(await consistency.json()).toMatchObject({ format: "motivo-consistency/v1", from: 1 });
    expect((await fetch(`${service.url}/log/consistency?from=1000`)).status).toBe(400);
    expect((await fetch(`${service.url}/log/timestamp`)).status).toBe(404);
    const published = await run(["log", "publish", "--json"], env);
    expect(json(published)).toMatchObject({ alarm: null, faults: [] });
    service.child.kill("SIGINT");
    await ended(service.child);

    const again = await run(["log", "change-key", "--json"], env);
    expect([again.code, json(again).code]).toEqual([1, "key_change_running"]);
    const alone = await run(["log", "publish"], env);
    expect([alone.code, alone.stdout]).toEqual([0, `Published: ${entry + 1}.\n`]);
    const file = join(kept, `${String(entry + 1).padStart(16, "0")}.checkpoint`);
    expect(await readFile(file, "utf8")).toBe(note);
    const cleared = await run(["log", "clear-alarm", "--json"], env);
    expect(json(cleared)).toEqual({ ok: true, cleared: 0 });
    const wrong = await run(["log", "change-key", "--until", "soon"], env);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("(arguments_invalid)")]);
  });
});
