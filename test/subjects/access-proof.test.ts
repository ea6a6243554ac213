import { describe, expect, it } from "vitest";
import { verified } from "../audit/verified.ts";
import { freshEmbedded } from "../support/databases.ts";
import { exampleOf, GERMAN_CREDIT, testService } from "../support/service.ts";

describe("an access answer that can be checked", () => {
  it("verifies, is complete against the log's own bundles, and an entry left out is found by a receipt", async () => {
    const database = await freshEmbedded();
    const service = await testService(database, { packages: [GERMAN_CREDIT] });
    const example = await exampleOf(service);
    const decide = async (subject: string) => {
      const path = "/v1/models/german-credit/decisions";
      return (await service.call("POST", path, "product", { ...example, subject })).text();
    };
    const receipts = [await decide("ana"), await decide("ana")];
    const foreign = await decide("bia");
    const ana = { token: await service.issuer.issue("subject", { subject: "ana", proof: 3 }) };
    const answer = await service.call("GET", "/v1/me/access/proof", ana);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    const { vkey } = service.deps.log.context.signer;
    const { size } = await service.deps.log.head();
    const bundle = await service.call("GET", `/log/tile/entries/000.p/${size}`, null);
    const leaves = new Uint8Array(await bundle.arrayBuffer());
    expect(await verified(text, vkey, { leaves, receipts })).toMatchObject({
      ok: true,
      format: "access",
      entries: 3,
      complete: true,
    });
    expect(text).toContain('\\"inputs\\"');
    const alien = await verified(text, vkey, { receipts: [foreign] });
    expect(alien).toMatchObject({ ok: false, code: "access_incomplete" });
    const lower = { token: await service.issuer.issue("subject", { subject: "ana", proof: 2 }) };
    expect((await service.call("GET", "/v1/me/access/proof", lower)).status).toBe(403);
    // Nobody's answer is complete as well.
    const nobody = { token: await service.issuer.issue("subject", { subject: "nobody", proof: 3 }) };
    const nothing = await (await service.call("GET", "/v1/me/access/proof", nobody)).text();
    expect(await verified(nothing, vkey)).toMatchObject({ ok: true, entries: 0 });
    await service.close();
    await database.close();
  });
});
