import type { lookup } from "node:dns";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AddressForbiddenError,
  checkUrl,
  guardedLookup,
  PUBLIC_ONLY,
} from "../../../src/subjects/outbox/public-address.ts";
import { postSigned } from "../../../src/subjects/outbox/webhook.ts";

const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const message = { id: "n", at: new Date(), body: "{}" };

describe("an address of a recipient", () => {
  it.each([
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "nonsense",
  ])("%s is not public", (address) => {
    expect(PUBLIC_ONLY.allows(address)).toBe(false);
  });

  it.each(["8.8.8.8", "2606:4700:4700::1111"])("%s is", (address) => {
    expect(PUBLIC_ONLY.allows(address)).toBe(true);
  });

  it.each([
    "https://127.0.0.1/hook",
    "https://[::1]/hook",
    "https://2130706433/hook",
    "https://0x7f.1/hook",
    "https://017700000001/hook",
    "http://example.com/hook",
  ])("%s is refused before anything is looked up", (url) => {
    expect(() => checkUrl(PUBLIC_ONLY, new URL(url))).toThrow(AddressForbiddenError);
  });
});

describe("a name", () => {
  const resolving = (...addresses: string[]) =>
    ((_name: string, _options: unknown, callback: (error: null, all: unknown) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
      )) as unknown as typeof lookup;
  const looked = (resolve: typeof lookup) =>
    new Promise((done, fail) =>
      guardedLookup(PUBLIC_ONLY, resolve)("hook.example", { all: true }, (error, addresses) =>
        error ? fail(error) : done(addresses),
      ),
    );

  it("that leads to public addresses gives those that are connected to", async () => {
    expect(await looked(resolving("8.8.8.8"))).toEqual([{ address: "8.8.8.8", family: 4 }]);
  });

  it("of which one address is private is refused as a whole", async () => {
    await expect(looked(resolving("8.8.8.8", "10.0.0.1"))).rejects.toThrow(AddressForbiddenError);
    await expect(looked(resolving())).rejects.toThrow(AddressForbiddenError);
  });
});

describe("a real connection", () => {
  let server: Server;
  let port: number;
  let calls = 0;
  beforeAll(async () => {
    server = createServer((_request, response) => {
      calls += 1;
      response.writeHead(302, { location: "http://127.0.0.1:1/elsewhere" }).end();
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  it("to a name that resolves to loopback is refused while connecting, and nothing arrives", async () => {
    const rule = { ...PUBLIC_ONLY, plainHttp: true };
    const to = { url: `http://localhost:${port}/`, secret: SECRET };
    await expect(postSigned(to, message, rule)).rejects.toThrow(AddressForbiddenError);
    expect(calls).toBe(0);
  });

  it("follows no redirect", async () => {
    const rule = { allows: (address: string) => address === "127.0.0.1", plainHttp: true };
    expect(await postSigned({ url: `http://127.0.0.1:${port}/`, secret: SECRET }, message, rule)).toBe(302);
    expect(calls).toBe(1);
  });
});
