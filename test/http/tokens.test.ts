import { generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config.ts";
import { tokenVerifier } from "../../src/http/tokens.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-08-20T10:00:00Z") }));
afterEach(() => {
  vi.useRealTimers();
});

async function issued(seconds: number) {
  const config = readConfig({ MOTIVO_DATA: "unused" });
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  let asked = 0;
  const verify = tokenVerifier(config, "https://issuer.example", async () => {
    asked += 1;
    return publicKey;
  });
  const token = await new SignJWT({ scope: "product", client_id: "bank" })
    .setProtectedHeader({ alg: "EdDSA" })
    .setIssuer("https://issuer.example")
    .setAudience(config.MOTIVO_AUDIENCE)
    .setSubject("bank")
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1_000) + seconds)
    .sign(privateKey);
  return { verify, token, asked: () => asked };
}
const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1_000);

it("checks a token's signature once a minute, however often it comes", async () => {
  const { verify, token, asked } = await issued(3_600);
  const first = await verify(token);
  pass(59);
  expect(await verify(token)).toEqual(first);
  expect(asked()).toBe(1);
  pass(2);
  await verify(token);
  expect(asked()).toBe(2);
});

it("believes no token beyond its end, and nothing of one whose signature does not hold", async () => {
  const { verify, token } = await issued(20);
  await verify(token);
  pass(21);
  await expect(verify(token)).rejects.toMatchObject({ code: "expired_token" });
  const other = await issued(3_600);
  for (let i = 0; i < 2; i++)
    await expect(verify(other.token)).rejects.toMatchObject({ code: "invalid_token" });
});
