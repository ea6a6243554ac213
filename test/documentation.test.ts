import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { VERSION } from "../src/version.ts";
import { freshEmbedded } from "./support/databases.ts";
import { type TestService, testService } from "./support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await testService(await freshEmbedded(), { packages: [] });
});
afterAll(() => service.close());

describe("docs/openapi.yaml", () => {
  it("is the description that the running service gives", async () => {
    const described = stringify(service.api.document(VERSION), { aliasDuplicateObjects: false });
    await expect(described).toMatchFileSnapshot("../docs/openapi.yaml");
  });
});
