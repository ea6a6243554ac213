import { createHash } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenDatabase } from "../../../src/db/client.ts";
import { copyPart, copy as copyTable } from "../../../src/db/tables.ts";
import { closeEpoch } from "../../../src/subjects/close-epoch.ts";
import type { ToldCopy } from "../../../src/subjects/copies/copy.ts";
import { forgetCopies, makeCopies } from "../../../src/subjects/copies/make-copies.ts";
import { accessCopy, portabilityCopy } from "../../../src/subjects/copies/schemas.ts";
import { startCopy } from "../../../src/subjects/copies/start-copy.ts";
import { verified } from "../../audit/verified.ts";
import { freshEmbedded } from "../../support/databases.ts";
import { type Rights, rightsOf } from "../../support/rights.ts";
import { closeChecked, type TestService, testService } from "../../support/service.ts";

type Started = { copy: { id: string; kind: string; created: boolean; location: string } | null };
type Listed = Omit<ToldCopy, "files"> & {
  files: { name: string; location: string; bytes: number; sha256: string }[];
};

describe("a copy of everything held about a person", () => {
  let database: OpenDatabase;
  let service: TestService;
  let rights: Rights;
  beforeAll(async () => {
    database = await freshEmbedded();
    service = await testService(database);
    rights = rightsOf(service);
  });
  afterAll(() => closeChecked(database, service));

  const ready = async (subject: string, location: string): Promise<Listed> => {
    for (;;) {
      const { body } = await service.json<Listed>("GET", location, await rights.tokenOf(subject));
      if (body.state !== "making") return body;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const fetched = async (subject: string, copy: Listed, name: string): Promise<Buffer> => {
    const { location } = copy.files.find((file) => file.name === name)!;
    const answer = await service.call("GET", location, await rights.tokenOf(subject));
    expect(answer.status).toBe(200);
    return Buffer.from(await answer.arrayBuffer());
  };
  const copyOf = async (subject: string, body: Record<string, unknown> = {}) => {
    const asked = await rights.ask(subject, "access_complete", body);
    const { copy } = asked.body.result as unknown as Started;
    return ready(subject, copy!.location);
  };

  it("LGPD 19 II, GDPR 15(3): JSON, CSV, PDF and proof, made in the background, each as its digest says", async () => {
    await rights.decide("ana");
    const { body: refused } = await rights.decide("ana", "german-credit-logistic");
    await service.call("GET", `/v1/audit/decisions/${refused.id}`, "auditor");
    for (const [person, representative] of [
      ["ana", "lawyer-of-ana"],
      ["bela", "ana"],
    ])
      await service.json("POST", "/v1/mandates", "operator", {
        ...{ person, representative, rights: ["review"], until: "2026-12-31" },
        names: { person: `Name of ${person}`, representative: `Name of ${representative}` },
        evidence: { sha256: "5e".repeat(32), note: "File 12" },
      });
    await service.json("POST", "/v1/requests/confirmation", "operator", {
      ...{ subject: "ana", channel: "letter", evidence: "Identity card, file 13", asked: {} },
    });
    const copy = await copyOf("ana", { language: "en" });
    expect(copy).toMatchObject({ state: "ready", kind: "access", language: "en", done: copy.total });
    expect(copy.files.map(({ name }) => name).sort()).toEqual([
      "access-proof.ndjson",
      "access.json",
      "access.pdf",
      "access.schema.json",
      "decisions.csv",
      "inputs.csv",
      "mandates.csv",
      "opened.csv",
      "requests.csv",
    ]);
    for (const { name, bytes, sha256 } of copy.files) {
      const file = await fetched("ana", copy, name);
      expect(file.length).toBe(bytes);
      expect(createHash("sha256").update(file).digest("hex")).toBe(sha256);
    }
    const text = (await fetched("ana", copy, "access.json")).toString("utf8");
    const held = accessCopy.parse(JSON.parse(text));
    const decisions = held.purposes.flatMap((purpose) => purpose.decisions);
    expect(decisions).toHaveLength(2);
    expect(decisions[0]!.inputs).toHaveProperty("duration_months", 30);
    const opened = held.purposes.flatMap((purpose) => purpose.opened);
    expect(opened).toContainEqual(expect.objectContaining({ role: "auditor", decision: refused.id }));
    expect(held.requests).toMatchObject([
      { right: "access_complete", channel: null },
      { right: "confirmation", channel: "letter" },
    ]);
    // Who acts for the person is theirs to know; for whom they act, only that they do.
    expect(held.mandates).toMatchObject({
      given: [
        { representative: "lawyer-of-ana", name: "Name of lawyer-of-ana", evidence: { note: "File 12" } },
      ],
      held: [{ rights: ["review"] }],
    });
    const table = (await fetched("ana", copy, "mandates.csv")).toString("utf8");
    const answer = await service.call("GET", "/v1/me/access", await rights.tokenOf("ana"));
    const whole = await answer.text();
    expect(JSON.parse(whole).mandates).toEqual(held.mandates);
    for (const written of [text, table, whole]) {
      expect(written).toContain("lawyer-of-ana");
      expect(written).not.toContain("bela");
    }
    expect(held.purposes[0]!.modelCards[0]).toMatchObject({
      version: 1,
      digests: { model: expect.any(String) },
    });
    expect(held.purposes.map(({ erasure }) => erasure.allowed)).toEqual([false, true]);
  });

  it("promise 6: the proof in it verifies offline, complete against the log's own entries", async () => {
    await rights.decide("bia");
    const copy = await copyOf("bia");
    const text = (await fetched("bia", copy, "access-proof.ndjson")).toString("utf8");
    const { vkey } = service.deps.log.context.signer;
    const size = Number(/\\n(\d+)\\n/.exec(text)![1]);
    const bundle = await service.call("GET", `/log/tile/entries/000.p/${size}`, null);
    const leaves = new Uint8Array(await bundle.arrayBuffer());
    expect(await verified(text, vkey, { leaves })).toMatchObject({
      ok: true,
      format: "access",
      complete: true,
    });
  });

  it("promise 8: a file that is handed over is on the record, with its digest in the vault alone", async () => {
    await rights.decide("caio");
    const copy = await copyOf("caio");
    const before = await service.deps.log.head();
    await fetched("caio", copy, "decisions.csv");
    const after = await service.deps.log.head();
    expect(after.size).toBe(before.size + 1);
    const record = await rights.recordAt(before.size);
    expect(record).toMatchObject({ kind: "access", role: "subject", purpose: "own-access", what: "copy" });
    const { sha256 } = copy.files.find(({ name }) => name === "decisions.csv")!;
    expect(JSON.stringify(record)).not.toContain(sha256);
  });

  it("is its person's alone, at proof level 3", async () => {
    await rights.decide("davi");
    const copy = await copyOf("davi");
    const file = copy.files[0]!.location;
    for (const path of [`/v1/me/copies/${copy.id}`, file]) {
      expect((await service.call("GET", path, await rights.tokenOf("eva"))).status).toBe(404);
      expect((await service.call("GET", path, await rights.tokenOf("davi", 2))).status).toBe(403);
      expect((await service.call("GET", path, "operator")).status).toBe(403);
    }
    expect(
      (await service.call("GET", `/v1/me/copies/${copy.id}/files/other.txt`, await rights.tokenOf("davi")))
        .status,
    ).toBe(404);
  });

  it("lies sealed: no part of it says anything without the person's keys", async () => {
    await rights.decide("fabi");
    const { id } = await copyOf("fabi");
    const parts = await database.db.select().from(copyPart).where(eq(copyPart.copy, id));
    expect(parts.length).toBeGreaterThanOrEqual(8);
    for (const { sealed } of parts) {
      const text = Buffer.from(sealed).toString("latin1");
      for (const word of ["fabi", "decision", "%PDF"]) expect(text).not.toContain(word);
    }
  });

  it("LGPD 18 VI: an erasure of one purpose takes every copy that this purpose is in, in the same transaction", async () => {
    await rights.decide("gil");
    await rights.decide("gil", "german-credit-logistic");
    const copy = await copyOf("gil");
    // german-credit goes; german-credit-logistic stays by law.
    await service.call("DELETE", "/v1/me", await rights.tokenOf("gil"));
    expect(await database.db.select().from(copyTable).where(eq(copyTable.id, copy.id))).toEqual([]);
    expect(await database.db.select().from(copyPart).where(eq(copyPart.copy, copy.id))).toEqual([]);
    const answer = await service.call("GET", copy.files[0]!.location, await rights.tokenOf("gil"));
    expect(answer.status).toBe(404);
  });

  it("is made again from the start after a crash, and nothing of it can be fetched before it is whole", async () => {
    await rights.decide("hugo");
    const copy = await copyOf("hugo");
    // What a process leaves that was killed while it wrote.
    const past = new Date(Date.now() - 1000);
    await database.db
      .update(copyTable)
      .set({ state: "making", heldUntil: past, readyAt: null })
      .where(eq(copyTable.id, copy.id));
    await database.db.delete(copyPart).where(sql`copy = ${copy.id} AND file > 2`);
    const early = await service.json("GET", copy.files[0]!.location, await rights.tokenOf("hugo"));
    expect(early).toMatchObject({ status: 409, body: { code: "copy_not_ready" } });
    expect(await makeCopies(rights.deps)).toBe(1);
    const again = await ready("hugo", `/v1/me/copies/${copy.id}`);
    expect(again.state).toBe("ready");
    const text = (await fetched("hugo", again, "access.json")).toString("utf8");
    expect(accessCopy.parse(JSON.parse(text)).subject).toBe("hugo");
    const attempts = await database.db
      .selectDistinct({ attempt: copyPart.attempt })
      .from(copyPart)
      .where(eq(copyPart.copy, copy.id));
    expect(attempts).toEqual([{ attempt: 2 }]);
  });

  it("a person has one made at a time, and what is ready gives way to the newer of its kind", async () => {
    await rights.decide("iara");
    const first = await copyOf("iara");
    const later = new Date(Date.now() + 3_600_000);
    await database.db
      .update(copyTable)
      .set({ state: "making", heldUntil: later })
      .where(eq(copyTable.id, first.id));
    const asked = await rights.ask("iara", "access_complete");
    expect((asked.body.result as unknown as Started).copy).toMatchObject({ id: first.id, created: false });
    await database.db.update(copyTable).set({ state: "ready" }).where(eq(copyTable.id, first.id));
    const second = await copyOf("iara");
    expect(second.id).not.toBe(first.id);
    const { body } = await service.json<{ items: Listed[] }>(
      "GET",
      "/v1/me/copies",
      await rights.tokenOf("iara"),
    );
    expect(body.items.map(({ id }) => id)).toEqual([second.id]);
  });

  it("goes on its day, or when its person takes it away", async () => {
    await rights.decide("joao");
    const copy = await copyOf("joao");
    expect(Date.parse(copy.expiresAt) - Date.parse(copy.startedAt)).toBe(7 * 86_400_000);
    service.clock.now = new Date(Date.parse(copy.expiresAt) + 1000);
    expect((await service.call("GET", `/v1/me/copies/${copy.id}`, await rights.tokenOf("joao"))).status).toBe(
      404,
    );
    expect(await forgetCopies(rights.deps)).toBeGreaterThanOrEqual(1);
    service.clock.now = null;
    expect(await database.db.select().from(copyTable).where(eq(copyTable.id, copy.id))).toEqual([]);
    const other = await copyOf("joao");
    expect(
      (await service.call("DELETE", `/v1/me/copies/${other.id}`, await rights.tokenOf("joao"))).status,
    ).toBe(200);
    expect(await database.db.select().from(copyPart).where(eq(copyPart.copy, other.id))).toEqual([]);
  });

  it("outlives the closing of an epoch: it lies under the person's own keys, which move with them", async () => {
    await rights.decide("lia");
    const copy = await copyOf("lia");
    expect(await closeEpoch(service.deps)).toMatchObject({ state: "destroyed" });
    const text = (await fetched("lia", copy, "access.json")).toString("utf8");
    expect(accessCopy.parse(JSON.parse(text)).subject).toBe("lia");
  });

  it("is none where nothing is held", async () => {
    const asked = await rights.ask("nobody", "access_complete");
    expect(asked.body.result).toMatchObject({ held: false, copy: null });
  });

  it("LGPD 18 V and §7, GDPR 20: portability is what was given by consent or contract, and nothing anonymised", async () => {
    await rights.decide("kai");
    await rights.decide("kai", "german-credit-logistic");
    const asked = await rights.ask("kai", "portability");
    const { copy: both } = asked.body.result as unknown as Started;
    const lgpd = await ready("kai", both!.location);
    expect((await fetched("kai", lgpd, "portability.json")).toString("utf8")).toContain(
      "german-credit-logistic",
    );
    // The LGPD knows no limit by legal basis; under the GDPR alone what rests on another basis stays out.
    const underGdpr = { ...rights.deps, rights: { ...rights.deps.rights, regimes: ["gdpr"] as const } };
    const started = await startCopy(underGdpr, { subject: "kai", kind: "portability", language: "en" });
    const copy = await ready("kai", `/v1/me/copies/${started!.id}`);
    expect(copy).toMatchObject({ kind: "portability", state: "ready" });
    const text = (await fetched("kai", copy, "portability.json")).toString("utf8");
    const given = portabilityCopy.parse(JSON.parse(text));
    expect(given.purposes.map(({ model }) => model)).toEqual(["german-credit"]);
    expect(given.purposes[0]!.given[0]!.inputs).toHaveProperty("duration_months", 30);
    for (const absent of ["score", "attributions", "reasons", "range", "outcome", "record"])
      expect(text).not.toContain(`"${absent}"`);
    const table = (await fetched("kai", copy, "portability.csv")).toString("utf8");
    expect(table.split("\r\n")[0]).toBe("\uFEFFmodel,decision,at,feature,value");
    expect(table).toContain(",duration_months,30\r\n");
  });
});
