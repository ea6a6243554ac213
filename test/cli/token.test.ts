import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { json, run, temporaryFolder } from "./command.ts";

let place: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  place = await temporaryFolder({ migrated: true });
});
afterAll(() => place.remove());

describe("motivo token", () => {
  it("prints the token alone, or with what it says", async () => {
    const args = ["token", "--scope", "subject", "--subject", "ana", "--proof", "2", "--hours", "3"];
    const bare = await run(args, place.env);
    expect(bare.code).toBe(0);
    const claims = decodeJwt(bare.stdout.trim());
    expect(claims).toMatchObject({ scope: "subject", sub: "ana", motivo_proof: 2, aud: "motivo" });
    expect(claims.exp! - claims.iat!).toBe(3 * 3600);

    const told = json(await run([...args, "--json"], place.env));
    expect(told).toMatchObject({ ok: true, scope: "subject", subject: "ana", proof: 2 });
    expect(decodeJwt(String(told.token)).exp).toBe(Math.floor(Date.parse(String(told.expires)) / 1000));
  });

  it("names the client of a product token", async () => {
    const { stdout } = await run(["token", "--scope", "product", "--client", "app"], place.env);
    expect(decodeJwt(stdout.trim())).toMatchObject({ scope: "product", client_id: "app" });
  });

  it("is refused with 1 where the configuration is not for development", async () => {
    const production = [
      { DATABASE_URL: "postgres://127.0.0.1:1/motivo" },
      { MOTIVO_HOST: "0.0.0.0" },
      { MOTIVO_ISSUER: "https://login.example", MOTIVO_JWKS_URL: "https://login.example/jwks" },
    ];
    for (const env of production) {
      const ended = await run(["token", "--scope", "operator", "--json"], {
        ...place.env,
        ...(env as object),
      });
      expect([ended.code, json(ended).code]).toEqual([1, "not_development"]);
    }
  });

  it("ends with 2 for arguments that do not fit", async () => {
    const unfit = [
      [],
      ["--scope", "everything"],
      ["--scope", "subject"],
      ["--scope", "auditor", "--proof", "3"],
      ["--scope", "auditor", "--client", "app"],
      ["--scope", "subject", "--subject", "ana", "--proof", "4"],
      ["--scope", "operator", "--hours", "0"],
      ["--scope", "operator", "--hours", "many"],
    ];
    for (const args of unfit) {
      const ended = await run(["token", ...args, "--json"], place.env);
      expect([ended.code, json(ended).code, args]).toEqual([2, "arguments_invalid", args]);
    }
  });
});
