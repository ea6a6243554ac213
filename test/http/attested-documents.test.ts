import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseVkey } from "../../audit/note.ts";
import { parsePolicy } from "../../audit/policy.ts";
import { verify } from "../../audit/verify.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { openSigner } from "../../src/privacy/log-signer.ts";
import { SmallWitness } from "../checkpoints/small-witness.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

const ORIGIN = "attested.example/log";
let folder: string;
let database: OpenDatabase;
let witness: SmallWitness;
let service: TestService;
let policy: string;
let vkey: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-attested-"));
  database = await freshEmbedded();
  const keys = memoryKeys();
  vkey = (await openSigner(ORIGIN, keys, "new")).vkey;
  witness = await new SmallWitness("watcher", vkey).listen();
  const lines = (url: string) => `log ${vkey}\nwitness w ${witness.identity.vkey}${url}\nquorum w\n`;
  policy = lines("");
  await writeFile(join(folder, "policy"), lines(` ${witness.url}`));
  service = await testService(database, {
    packages: [GERMAN_CREDIT],
    keys,
    env: { MOTIVO_ORIGIN: ORIGIN, MOTIVO_WITNESS_POLICY: join(folder, "policy") },
  });
});
afterAll(async () => {
  await service.close();
  await witness.close();
  await database.close();
  await rm(folder, { recursive: true });
});

async function verdict(text: string): Promise<{ ok: boolean; code: string | null }> {
  const lines = async function* () {
    yield new TextEncoder().encode(text);
  };
  const { ok, code } = await verify(nodeCrypto, lines(), {
    key: parseVkey(nodeCrypto, vkey),
    policy: parsePolicy(nodeCrypto, policy),
    now: new Date(),
  });
  return { ok, code };
}

async function documents(): Promise<string[]> {
  const { example } = (
    await service.json<{ example: { inputs: unknown } }>("GET", "/v1/models/german-credit", "product")
  ).body;
  const made = await service.json<{ id: string }>("POST", "/v1/models/german-credit/decisions", "product", {
    subject: "cliente-exemplo",
    inputs: example.inputs,
  });
  expect(made.status).toBe(201);
  const text = async (path: string, as: "auditor" | "subject") =>
    (await service.call("GET", path, as)).text();
  return [
    await text("/v1/audit/export", "auditor"),
    await text(`/v1/audit/decisions/${made.body.id}/evidence`, "auditor"),
    await text("/v1/me/access/proof", "subject"),
  ];
}

describe("documents that leave the house", () => {
  it("carry the cosignatures that the reader's policy asks for, as new as what they are about", async () => {
    for (const document of await documents())
      expect(await verdict(document)).toEqual({ ok: true, code: null });
  });

  it("leave without them while the witness is away, and say no more than they can", async () => {
    witness.misbehave = () => ({ status: 503 });
    for (const document of await documents())
      expect(await verdict(document)).toEqual({ ok: false, code: "quorum_missing" });
    witness.misbehave = null;
  });
});
