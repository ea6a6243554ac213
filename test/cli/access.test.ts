import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verified } from "../audit/verified.ts";
import { json, LISTENING, run, start, temporaryFolder, urlOf } from "./command.ts";

let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  place = await temporaryFolder({ migrated: true });
});
afterAll(() => place.remove());

const NAMES = [
  ...["access-proof.ndjson", "access.json", "access.pdf", "access.schema.json"],
  ...["decisions.csv", "inputs.csv", "mandates.csv", "opened.csv", "requests.csv"],
];

describe("motivo access", () => {
  it("LGPD 19 II: writes a copy through the service that runs, and by hand once it has ended", async () => {
    const service = start(["serve"], place.env);
    await service.says(LISTENING);
    const { tokens } = JSON.parse(await readFile(join(place.data, "dev.json"), "utf8")) as {
      tokens: Record<string, string>;
    };
    const model = (await (
      await fetch(`${urlOf(service)}/v1/models/german-credit`, {
        headers: { authorization: `Bearer ${tokens.product}` },
      })
    ).json()) as { example: { inputs: object } };
    const made = await fetch(`${urlOf(service)}/v1/models/german-credit/decisions`, {
      method: "POST",
      headers: { authorization: `Bearer ${tokens.product}`, "content-type": "application/json" },
      body: JSON.stringify({ subject: "maria", inputs: model.example.inputs }),
    });
    expect(made.status).toBe(201);
    const vkey = await (await fetch(`${urlOf(service)}/log/vkey`)).text();

    const through = join(place.folder, "through");
    const asked = await run(["access", "--subject", "maria", "--out", through, "--json"], place.env);
    expect([asked.code, asked.stderr]).toEqual([0, ""]);
    expect(json(asked)).toMatchObject({ ok: true, kind: "access", language: "pt-BR" });
    expect((await readdir(through)).sort()).toEqual(NAMES);
    for (const name of NAMES) expect((await stat(join(through, name))).mode & 0o777).toBe(0o600);
    service.child.kill("SIGINT");
    await service.ended;

    const byHand = join(place.folder, "by-hand");
    const direct = await run(
      ["access", "--subject", "maria", "--out", byHand, "--language", "en"],
      place.env,
    );
    expect([direct.code, direct.stderr]).toEqual([0, ""]);
    expect((await readdir(byHand)).sort()).toEqual(NAMES);
    const held = JSON.parse(await readFile(join(byHand, "access.json"), "utf8")) as {
      purposes: { decisions: unknown[]; opened: { role: string; purpose: string }[] }[];
    };
    expect(held.purposes[0]!.decisions).toHaveLength(1);
    // Whoever read it so is on the record, in the very copy.
    expect(held.purposes[0]!.opened[0]).toMatchObject({ role: "operator", purpose: "access-by-hand" });
    const proof = await readFile(join(byHand, "access-proof.ndjson"), "utf8");
    expect(await verified(proof, vkey.trim())).toMatchObject({ ok: true, format: "access" });

    // Nothing held, and nothing left behind.
    const empty = join(place.folder, "empty");
    const nobody = await run(["access", "--subject", "nobody", "--out", empty, "--json"], place.env);
    expect([nobody.code, json(nobody).code]).toEqual([1, "nothing_held"]);
    expect(await readdir(empty)).toEqual([]);
  });

  it("never writes into a folder that holds something", async () => {
    await writeFile(join(place.folder, "kept.txt"), "kept");
    const refused = await run(["access", "--subject", "maria", "--out", place.folder, "--json"], place.env);
    expect([refused.code, json(refused).code]).toEqual([2, "out_not_empty"]);
  });
});
