import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Contract } from "../../src/models/contract.ts";
import { readContract } from "../../src/models/read-contract.ts";
import { dataMap, readDataMap } from "../../src/processing/data-map.ts";
import { shownRisks } from "../../src/processing/impact.ts";
import type { ProcessingRecord } from "../../src/processing/record.ts";
import { freshEmbedded } from "../support/databases.ts";
import { FREE_TEXT, GERMAN_CREDIT, type TestService, testService } from "../support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await testService(await freshEmbedded(), {
    packages: [GERMAN_CREDIT, FREE_TEXT],
    env: { MOTIVO_CONTROLLER: "Aurora | <b>" },
  });
});
afterAll(() => service.close());

const contractOf = (folder: string): Contract => readContract(readFileSync(`${folder}/model.yaml`));

describe("the data map", () => {
  it("is read off its page, table by table, with four cells each", () => {
    const map = dataMap();
    expect(map.map(({ name }) => name)).toContain("vault.payload");
    for (const { places } of map)
      for (const place of places) expect(Object.values(place).every((cell) => cell.length > 0)).toBe(true);
  });

  it("has a place for each row below the head and its rule", () => {
    const page =
      "# x\n\n## t\n\n| column | holds | is | after |\n| --- | --- | --- | --- |\n| `a` | b | none | stays |\n";
    expect(readDataMap(page)).toEqual([
      { name: "t", places: [{ place: "a", holds: "b", is: "none", afterErasure: "stays" }] },
    ]);
  });
});

describe("GDPR 30, LGPD 37: the record of processing", () => {
  it("names controller, purposes, bases, each category of data with its retention, measures and what is left to fill in", async () => {
    const { status, body } = await service.json<ProcessingRecord>("GET", "/v1/processing/record", "operator");
    expect(status).toBe(200);
    expect(body).toMatchObject({ schema: "motivo-processing-record/v1", controller: "Aurora | <b>" });
    expect(body.activities.map(({ model }) => model).sort()).toEqual(["free-text", "german-credit"]);
    const contract = contractOf(GERMAN_CREDIT);
    const credit = body.activities.find(({ model }) => model === "german-credit")!;
    expect(credit.categories.map(({ feature }) => feature)).toEqual(
      contract.features.map(({ name }) => name),
    );
    for (const { purpose, basis, retention } of credit.categories) {
      expect(credit.purposes.map(({ code }) => code)).toContain(purpose);
      expect(credit.bases.map(({ code }) => code)).toContain(basis);
      expect(credit.retentions.map(({ code }) => code)).toContain(retention);
    }
    expect(body.storage).toEqual(dataMap());
    expect(body.toComplete.flatMap(({ articles }) => articles)).toContain("GDPR 30(1)(e)");
  });

  it("is Markdown in the reader's language when asked, and nobody's text ends a row or opens a tag", async () => {
    for (const [language, heading] of [
      ["pt-BR", "# Registro das operações de tratamento"],
      ["en", "# Record of processing activities"],
    ] as const) {
      const response = await service.call(
        "GET",
        `/v1/processing/record?format=markdown&language=${language}`,
        "auditor",
      );
      expect(response.headers.get("content-type")).toContain("text/markdown");
      const page = await response.text();
      expect(page.startsWith(heading)).toBe(true);
      expect(page).toContain("| Aurora \\| &lt;b> |");
    }
  });
});

describe("GDPR 35, LGPD 38: the impact assessment", () => {
  it("shows the risks that the contract itself shows, and only those", () => {
    const contract = contractOf(GERMAN_CREDIT);
    const codes = (change: (one: Contract) => void) => {
      const copy = structuredClone(contract);
      change(copy);
      return shownRisks({ contract: copy }).map(({ code }) => code);
    };
    const as = codes(() => {});
    expect(codes((one) => (one.features[0]!.sensitivity = "child"))).toContain("children");
    expect(as).not.toContain("children");
    expect(codes((one) => (one.quasiIdentifiers = []))).not.toContain("singling-out");
    expect(codes((one) => (one.background.synthetic = !contract.background.synthetic))).not.toEqual(as);
    const kept = { allowed: false as const, article: "x", reason: { "pt-BR": "x", en: "x" } };
    expect(codes((one) => (Object.values(one.bases)[0]!.erasure = kept))).toContain("erasure-refused");
    expect(shownRisks({ contract: contractOf(FREE_TEXT) }).map(({ code }) => code)).toContain("free-text");
  });

  it("leaves likelihood, severity, necessity and approval to the controller", async () => {
    const path = "/v1/processing/impact/german-credit";
    const { body } = await service.json<{ toComplete: { code: string }[] }>("GET", path, "operator");
    expect(body.toComplete.map(({ code }) => code)).toEqual(
      expect.arrayContaining(["necessity", "judgement", "approval"]),
    );
    const page = await (await service.call("GET", `${path}?format=markdown&language=en`, "operator")).text();
    expect(page).toContain("| Risk | Shown by | Likelihood | Severity |");
    expect(page).toContain("- [ ] ");
  });

  it("of a model that is not there is a problem", async () => {
    const { status, body } = await service.json("GET", "/v1/processing/impact/nothing", "operator");
    expect([status, body.code]).toEqual([404, "unknown_model"]);
  });
});
