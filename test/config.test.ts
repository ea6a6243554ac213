import { describe, expect, it } from "vitest";
import { ConfigError, readConfig } from "../src/config.ts";

describe("development", () => {
  it.each<[string, Record<string, string>, boolean]>([
    ["on loopback with nothing set", {}, true],
    ["on another address", { MOTIVO_HOST: "0.0.0.0" }, false],
    [
      "with an issuer",
      { MOTIVO_ISSUER: "https://id.example", MOTIVO_JWKS_URL: "https://id.example/jwks" },
      false,
    ],
    ["with a database", { DATABASE_URL: "postgres://localhost/x" }, false],
    ["with a database, asked for", { DATABASE_URL: "postgres://localhost/x", MOTIVO_DEV: "1" }, true],
    ["asked for on another address", { MOTIVO_DEV: "1", MOTIVO_HOST: "0.0.0.0" }, false],
    [
      "asked for beside an issuer",
      { MOTIVO_DEV: "1", MOTIVO_ISSUER: "https://id.example", MOTIVO_JWKS_URL: "https://id.example/jwks" },
      false,
    ],
  ])("%s: %o → %s", (_, env, development) => {
    expect(readConfig(env).development).toBe(development);
  });
});

it("a setting that cannot be used is named, its value is not repeated", () => {
  const read = () => readConfig({ PORT: "secret", MOTIVO_ORIGIN: "with space", MOTIVO_BATCH_SIZE: "0" });
  expect(read).toThrow(ConfigError);
  try {
    read();
  } catch (error) {
    const { message } = error as Error;
    for (const name of ["PORT", "MOTIVO_ORIGIN", "MOTIVO_BATCH_SIZE"]) expect(message).toContain(name);
    expect(message).not.toMatch(/secret|with space/);
  }
});

it("an issuer without its keys is refused", () => {
  expect(() => readConfig({ MOTIVO_ISSUER: "https://id.example" })).toThrow("MOTIVO_JWKS_URL");
});

it("the keys lie beside the data, never in it", () => {
  const { MOTIVO_DATA, MOTIVO_KEYS } = readConfig({ MOTIVO_DATA: "/srv/motivo" });
  expect([MOTIVO_DATA, MOTIVO_KEYS]).toEqual(["/srv/motivo", "/srv/motivo-keys"]);
});
