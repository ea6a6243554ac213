import { verify, X509Certificate } from "node:crypto";
import { chmod, mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { openIdentity } from "../../../src/subjects/opendsr/identity.ts";
import { certificateFor, privatePem, rsaKey } from "../../support/certificates.ts";

const NOW = new Date("2026-03-10T13:00:00Z");

describe("the key that answers are signed with", () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "motivo-keys-")), "keys");
  });
  const open = (certificateFile?: string, development = true, keyFolder = folder) =>
    openIdentity({ keyFolder, domain: "localhost", certificateFile, development, now: NOW });

  it("is made once for development, on the disk for its owner alone, with a certificate for the domain", async () => {
    const first = await open();
    const path = join(folder, "opendsr.pem");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const pem = await readFile(path, "utf8");
    const again = await open();
    expect(await readFile(path, "utf8")).toBe(pem);
    const certificate = new X509Certificate(again.certificate);
    expect(certificate.checkHost("localhost", { subject: "never" })).toBe("localhost");
    expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(3072);
    const signature = Buffer.from(first.sign("body"), "base64");
    expect(verify("sha256", Buffer.from("body"), certificate.publicKey, signature)).toBe(true);
    await chmod(path, 0o644);
    await expect(open()).rejects.toMatchObject({ name: "ConfigError" });
  });

  it("needs a certificate outside development, and one that is for this key, this domain and this time", async () => {
    await expect(open(undefined, false)).rejects.toMatchObject({ name: "ConfigError" });
    const key = rsaKey();
    const files = await mkdtemp(join(tmpdir(), "motivo-certificates-"));
    const certificate = async (more: object = {}) => {
      const path = join(files, "c.pem");
      await writeFile(path, await certificateFor({ name: "localhost", key, ...more }));
      return path;
    };
    await expect(open(await certificate(), false)).rejects.toThrow(/belongs into the key folder/);
    await writeFile(join(files, "opendsr.pem"), privatePem(key), { mode: 0o600 });
    const identity = await open(await certificate(), false, files);
    expect(identity.domain).toBe("localhost");
    for (const more of [{ name: "other.example" }, { to: "2026-02-01T00:00:00Z" }, { key: rsaKey() }])
      await expect(open(await certificate(more), false, files)).rejects.toMatchObject({
        name: "ConfigError",
      });
  });
});
