import { beforeAll, describe, expect, it } from "vitest";
import { readCallers } from "../../../src/subjects/opendsr/callers.ts";
import { certificateFor, publicPem, rsaKey, type TestKey } from "../../support/certificates.ts";
import { writeCallers } from "../../support/opendsr.ts";

const NOW = new Date("2026-03-10T13:00:00Z");
const one = { domain: "cdp.example", controller: "aurora", proof: 3, types: ["erasure"] };

describe("the list of callers", () => {
  let key: TestKey;
  let root: TestKey;
  let between: TestKey;
  let authority: string;
  beforeAll(async () => {
    [key, root, between] = [rsaKey(), rsaKey(), rsaKey()];
    authority = await certificateFor({ name: "root.example", key: root, ca: true });
  });
  const listed = async (pem: string, authorities: string) => {
    const file = await writeCallers([{ ...one, certificate: "c.pem" }], { "c.pem": pem });
    return (await readCallers(file, authorities)).get("cdp.example")!.keyAt(NOW);
  };
  const issuer = () => ({ name: "root.example", key: root });

  it("takes a certificate that leads to a named authority, over one in between too", async () => {
    const direct = await certificateFor({ name: "cdp.example", key, issuer: issuer() });
    expect(await listed(direct, authority)).toMatchObject({ type: "public" });
    const middle = await certificateFor({ name: "middle.example", key: between, issuer: issuer(), ca: true });
    const leaf = await certificateFor({
      name: "cdp.example",
      key,
      issuer: { name: "middle.example", key: between },
    });
    expect(await listed(leaf + middle, authority)).toMatchObject({ type: "public" });
    expect(await listed(leaf, authority)).toBe("untrusted");
  });

  it("takes none that vouches for itself, that a stranger issued, or that one issued who is no authority", async () => {
    expect(await listed(await certificateFor({ name: "cdp.example", key }), authority)).toBe("untrusted");
    const forged = { name: "root.example", key: rsaKey() };
    expect(await listed(await certificateFor({ name: "cdp.example", key, issuer: forged }), authority)).toBe(
      "untrusted",
    );
    const notOne = await certificateFor({ name: "middle.example", key: between, issuer: issuer() });
    const below = { name: "middle.example", key: between };
    const leaf = await certificateFor({ name: "cdp.example", key, issuer: below });
    expect(await listed(leaf + notOne, authority)).toBe("untrusted");
  });

  it("does not trust an authority beyond its own time", async () => {
    const old = await certificateFor({
      name: "root.example",
      key: root,
      ca: true,
      to: "2026-02-01T00:00:00Z",
    });
    const leaf = await certificateFor({ name: "cdp.example", key, issuer: issuer() });
    expect(await listed(leaf, old)).toBe("untrusted");
  });

  it("takes no name with a star and no common name for the domain", async () => {
    expect(await listed(await certificateFor({ name: "*.example", key }), "")).toBe("other_domain");
  });

  it.each<[string, Record<string, unknown>[]]>([
    ["neither certificate nor key", [one]],
    ["both", [{ ...one, key: "k.pem", certificate: "k.pem" }]],
    [
      "one twice",
      [
        { ...one, key: "k.pem" },
        { ...one, key: "k.pem" },
      ],
    ],
    ["no proof level", [{ ...one, proof: undefined, key: "k.pem" }]],
    ["an unknown type", [{ ...one, types: ["sale"], key: "k.pem" }]],
    ["no type", [{ ...one, types: [], key: "k.pem" }]],
    ["a plain callback", [{ ...one, callbacks: ["http://cdp.example/x"], key: "k.pem" }]],
    ["a weak key", [{ ...one, key: "weak.pem" }]],
    ["a certificate that is none", [{ ...one, certificate: "k.pem" }]],
    ["an unknown member", [{ ...one, key: "k.pem", admin: true }]],
  ])("with %s stops the start", async (_, list) => {
    const files = { "k.pem": publicPem(key), "weak.pem": publicPem(rsaKey(1024)) };
    const file = await writeCallers(list as { domain: string }[], files);
    await expect(readCallers(file, "")).rejects.toMatchObject({ name: "ConfigError" });
  });
});
