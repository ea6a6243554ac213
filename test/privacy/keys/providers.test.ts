import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config.ts";
import { keyFolder } from "../../../src/privacy/key-folder.ts";
import { awsKmsEpochKeys } from "../../../src/privacy/keys/aws-kms.ts";
import { configuredEpochKeys } from "../../../src/privacy/keys/configured.ts";
import { environmentEpochKeys } from "../../../src/privacy/keys/environment.ts";
import { folderEpochKeys } from "../../../src/privacy/keys/folder.ts";
import { EpochKeyError, type EpochKeyProvider } from "../../../src/privacy/keys/provider.ts";
import { vaultTransitEpochKeys } from "../../../src/privacy/keys/vault-transit.ts";
import { readWrapped, writeWrapped } from "../../../src/privacy/keys/wrapped-file.ts";
import { fakeKms } from "../../support/fake-kms.ts";
import { fakeVault } from "../../support/fake-vault.ts";

const TOKEN = "hvs.test";
const origin = "log.example/keys";
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-epochs-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Stage {
  provider: EpochKeyProvider;
  close(): Promise<void>;
}
const now = () => new Date("2026-03-01T12:00:00Z");

async function onKms(): Promise<Stage & { kms: Awaited<ReturnType<typeof fakeKms>> }> {
  const kms = await fakeKms();
  const options = { folder, origin, deletionDays: 7, now: () => kms.clock.now, client: kms.client };
  return { provider: awsKmsEpochKeys(options), kms, close: kms.close };
}

async function onVault(): Promise<Stage & { vault: Awaited<ReturnType<typeof fakeVault>> }> {
  const vault = await fakeVault(TOKEN);
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, `${TOKEN}\n`);
  const options = { folder, origin, address: vault.address, tokenFile, mount: "transit", key: "motivo", now };
  return { provider: vaultTransitEpochKeys(options), vault, close: vault.close };
}

describe.each<[string, () => Promise<Stage>]>([
  [
    "the key folder",
    async () => ({ provider: folderEpochKeys(keyFolder(folder), now), close: async () => {} }),
  ],
  ["AWS KMS", onKms],
  ["Vault transit", onVault],
])("epoch keys in %s", (_, stage) => {
  it("are made once, opened again, and differ from epoch to epoch", async () => {
    const { provider, close } = await stage();
    expect(await provider.exists(1)).toBe(false);
    await expect(provider.open(1)).rejects.toThrow("not in the key folder");
    const first = await provider.create(1);
    expect(first).toHaveLength(32);
    expect(await provider.create(1)).toEqual(first);
    expect(await provider.open(1)).toEqual(first);
    expect(await provider.exists(1)).toBe(true);
    expect(await provider.create(2)).not.toEqual(first);
    expect(provider.warning).toBeNull();
    await close();
  });

  it("of replicas that start together are one", async () => {
    const { provider, close } = await stage();
    const made = await Promise.all([provider.create(1), provider.create(1), provider.create(1)]);
    expect(made[1]).toEqual(made[0]);
    expect(made[2]).toEqual(made[0]);
    expect(await provider.open(1)).toEqual(made[0]);
    await close();
  });

  it("lie in files for their owner's eyes only, and no file of a remote provider holds the key", async () => {
    const { provider, close } = await stage();
    const key = Buffer.from(await provider.create(1));
    for (const name of await readdir(folder)) {
      if (name === "token") continue;
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
      const content = await readFile(join(folder, name), "latin1");
      const found = [key.toString("hex"), key.toString("base64"), key.toString("latin1")].some((form) =>
        content.includes(form),
      );
      expect(found).toBe(provider.kind === "folder");
    }
    await close();
  });

  it("open no more once destroyed, and the next epoch's still does", async () => {
    const { provider, close } = await stage();
    await provider.create(1);
    const next = await provider.create(2);
    const destruction = await provider.destroy(1);
    expect(["destroyed", "scheduled"]).toContain(destruction.state);
    expect(await provider.exists(1)).toBe(false);
    await expect(provider.open(1)).rejects.toThrow();
    expect(await provider.open(2)).toEqual(next);
    // After a crash the destruction is asked for again.
    expect((await provider.destroy(1)).state).toBe(destruction.state);
    await close();
  });
});

describe("AWS KMS", () => {
  it("is asked once for an epoch, with log and epoch bound into the wrapped key", async () => {
    const { provider, kms, close } = await onKms();
    await provider.create(1);
    await provider.create(2);
    kms.calls.length = 0;
    await provider.open(1);
    expect(kms.calls).toEqual(["Decrypt"]);
    const two = await readWrapped(folder, 2);
    await writeWrapped(folder, 1, two!, "replace");
    await expect(provider.open(1)).rejects.toThrow("InvalidCiphertextException");
    const other = awsKmsEpochKeys({
      folder,
      origin: "log.example/other",
      deletionDays: 7,
      now,
      client: kms.client,
    });
    await expect(other.open(2)).rejects.toThrow("InvalidCiphertextException");
    await close();
  });

  it("refuses a key that is disabled, and one that is pending deletion", async () => {
    const { provider, kms, close } = await onKms();
    await provider.create(1);
    const [key] = [...kms.keys.values()];
    key!.state = "Disabled";
    await expect(provider.open(1)).rejects.toThrow("DisabledException");
    await expect(provider.open(1)).rejects.toThrow(EpochKeyError);
    key!.state = "PendingDeletion";
    await expect(provider.open(1)).rejects.toThrow("KMSInvalidStateException");
    await close();
  });

  it("deletes after seven days, and says then, not before, that the key is destroyed", async () => {
    const { provider, kms, close } = await onKms();
    await provider.create(1);
    const wrapped = (await readWrapped(folder, 1))!.wrapped!;
    const from = new Date(kms.clock.now.getTime() + 7 * 86_400_000);
    expect(await provider.destroy(1)).toEqual({ state: "scheduled", from });
    expect((await readFile(join(folder, "epoch-1.wrapped.json"), "utf8")).includes(wrapped)).toBe(false);
    kms.clock.now = new Date(from.getTime() - 1000);
    expect((await provider.destroy(1)).state).toBe("scheduled");
    kms.clock.now = from;
    expect(await provider.destroy(1)).toEqual({ state: "destroyed", at: from });
    await close();
  });

  it("leaves the wrapped key of an epoch unreadable also where the key folder was copied before", async () => {
    const { provider, kms, close } = await onKms();
    await provider.create(1);
    const copy = (await readWrapped(folder, 1))!;
    await provider.destroy(1);
    await writeWrapped(folder, 1, copy, "replace");
    await expect(provider.open(1)).rejects.toThrow("KMSInvalidStateException");
    kms.clock.now = new Date(kms.clock.now.getTime() + 8 * 86_400_000);
    await expect(provider.open(1)).rejects.toThrow("NotFoundException");
    await close();
  });

  it("never calls a key destroyed whose deletion somebody cancelled", async () => {
    const { provider, kms, close } = await onKms();
    await provider.create(1);
    await provider.destroy(1);
    kms.cancelDeletion([...kms.keys.keys()][0]!);
    kms.clock.now = new Date(kms.clock.now.getTime() + 8 * 86_400_000);
    await expect(provider.destroy(1)).rejects.toThrow("cancelled");
    await close();
  });
});

describe("Vault transit", () => {
  it("is asked once for an epoch, with log and epoch bound into the wrapped key", async () => {
    const { provider, vault, close } = await onVault();
    await provider.create(1);
    await provider.create(2);
    expect((await readWrapped(folder, 1))!.wrapped).toMatch(/^vault:v1:/);
    expect((await readWrapped(folder, 2))!.wrapped).toMatch(/^vault:v2:/);
    vault.calls.length = 0;
    await provider.open(2);
    expect(vault.calls).toEqual(["POST decrypt"]);
    await writeWrapped(folder, 1, (await readWrapped(folder, 2))!, "replace");
    await expect(provider.open(1)).rejects.toThrow("Vault refused (400)");
    await close();
  });

  it("can take back a raised min_decryption_version, so a key is called destroyed only after it was trimmed", async () => {
    const { provider, vault, close } = await onVault();
    const key = await provider.create(1);
    await provider.create(2);
    const copy = (await readWrapped(folder, 1))!;
    vault.configure("motivo", { min_decryption_version: 2 });
    await expect(provider.open(1)).rejects.toThrow(EpochKeyError);
    vault.configure("motivo", { min_decryption_version: 1 });
    expect(await provider.open(1)).toEqual(key);
    expect((await provider.destroy(1)).state).toBe("destroyed");
    await writeWrapped(folder, 1, copy, "replace");
    expect(() => vault.configure("motivo", { min_decryption_version: 1 })).toThrow();
    await expect(provider.open(1)).rejects.toThrow(EpochKeyError);
    expect([...vault.keys.get("motivo")!.versions.keys()]).toEqual([2]);
    await close();
  });

  it("takes nothing younger along: the last epoch's key cannot be destroyed", async () => {
    const { provider, close } = await onVault();
    await provider.create(1);
    await expect(provider.destroy(1)).rejects.toThrow("shares its version");
    await close();
  });

  it("refuses a token that is not its own", async () => {
    const { provider, close } = await onVault();
    await writeFile(join(folder, "token"), "another");
    await expect(provider.create(1)).rejects.toThrow("Vault refused (403)");
    await close();
  });
});

describe("an environment variable", () => {
  it("opens epochs, says that it is for development only, and cannot be destroyed", async () => {
    const provider = environmentEpochKeys("ab".repeat(32));
    expect(await provider.open(1)).toEqual(await provider.create(1));
    expect(await provider.open(2)).not.toEqual(await provider.open(1));
    expect(provider.warning).toContain("development only");
    expect(await provider.destroy(1)).toEqual({ state: "impossible" });
    expect(await provider.open(1)).toHaveLength(32);
    await expect(environmentEpochKeys("short").open(1)).rejects.toThrow(EpochKeyError);
  });
});

describe("a wrapped key's file", () => {
  it("is refused when it is open to others, or not one of ours", async () => {
    const { provider, close } = await onVault();
    await provider.create(1);
    const path = join(folder, "epoch-1.wrapped.json");
    await chmod(path, 0o644);
    await expect(provider.open(1)).rejects.toThrow("0600");
    await chmod(path, 0o600);
    await writeFile(path, "{}");
    await expect(provider.open(1)).rejects.toThrow("cannot be read");
    await writeFile(path, "torn");
    await expect(provider.open(1)).rejects.toThrow("cannot be read");
    await close();
  });
});

describe("the provider that the configuration names", () => {
  const configured = (env: Record<string, string>) => {
    const config = readConfig({ MOTIVO_KEYS: folder, ...env });
    return configuredEpochKeys(config, keyFolder(folder), now);
  };

  it("is the key folder by default, and each other by its name", async () => {
    expect((await configured({})).kind).toBe("folder");
    expect((await configured({ MOTIVO_KEY_PROVIDER: "environment" })).kind).toBe("environment");
    expect((await configured({ MOTIVO_KEY_PROVIDER: "aws-kms" })).kind).toBe("aws-kms");
    const vault = { MOTIVO_VAULT_ADDR: "https://vault.example:8200", MOTIVO_VAULT_TOKEN_FILE: "/run/token" };
    expect((await configured({ MOTIVO_KEY_PROVIDER: "vault-transit", ...vault })).kind).toBe("vault-transit");
  });

  it("opens what was written in the key folder before it, and makes the next epoch its own", async () => {
    const before = await (await configured({})).create(1);
    const tokenFile = join(folder, "token");
    await writeFile(tokenFile, TOKEN);
    const vault = await fakeVault(TOKEN);
    const provider = await configured({
      MOTIVO_KEY_PROVIDER: "vault-transit",
      MOTIVO_VAULT_ADDR: vault.address,
      MOTIVO_VAULT_TOKEN_FILE: tokenFile,
    });
    expect(await provider.open(1)).toEqual(before);
    await provider.create(2);
    expect((await readWrapped(folder, 2))!.provider).toBe("vault-transit");
    expect((await provider.destroy(1)).state).toBe("destroyed");
    expect(await provider.exists(1)).toBe(false);
    await vault.close();
  });

  it("asks for what it needs", async () => {
    await expect(configured({ MOTIVO_KEY_PROVIDER: "vault-transit" })).rejects.toThrow("MOTIVO_VAULT_ADDR");
    expect(() => readConfig({ MOTIVO_KEY_PROVIDER: "aws-kms", MOTIVO_KMS_DELETION_DAYS: "6" })).toThrow(
      "MOTIVO_KMS_DELETION_DAYS",
    );
  });
});
