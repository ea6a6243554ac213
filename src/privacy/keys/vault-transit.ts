import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { asEpochKey, EPOCH_KEY_BYTES, EpochKeyError, type EpochKeyProvider } from "./provider.ts";
import { readWrapped, type WrappedKey, wrappedBy, writeWrapped } from "./wrapped-file.ts";

export interface VaultTransitOptions {
  /** Key folder: the wrapped epoch keys lie there, outside the database. */
  folder: string;
  /** Name of the log: bound into every wrapped key as associated data. */
  origin: string;
  /** `https://vault.example:8200` */
  address: string;
  /** File with a token, read at each call, so that an agent may renew it. */
  tokenFile: string;
  /** Where the transit engine is mounted, and the key in it. */
  mount: string;
  key: string;
  namespace?: string;
  now: () => Date;
}

const TIMEOUT_MS = 10_000;
const keyAnswer = z.object({
  data: z.object({ latest_version: z.int(), min_available_version: z.int().default(0) }),
});
const encryptAnswer = z.object({ data: z.object({ ciphertext: z.string().regex(/^vault:v[1-9][0-9]*:/) }) });
const decryptAnswer = z.object({ data: z.object({ plaintext: z.base64() }) });

const versionOf = (wrapped: string) => Number(/^vault:v([1-9][0-9]*):/.exec(wrapped)?.[1]);

/**
 * HashiCorp Vault's (or OpenBao's) transit engine: an epoch is a version of one transit key, which wraps the epoch's
 * key (`vault:v<n>:…`). Raising `min_decryption_version` only refuses older versions and can be taken back by whoever
 * may configure the key; what destroys them is to trim the key, which nobody can take back. Trimming takes away every
 * version up to the epoch's own, so epochs are destroyed in order, the oldest first.
 */
export function vaultTransitEpochKeys(options: VaultTransitOptions): EpochKeyProvider {
  const { folder, origin, mount, key, now } = options;
  const contextOf = (epoch: number) => Buffer.from(`motivo/${origin}/epoch-${epoch}/v1`).toString("base64");

  async function ask<T>(method: string, path: string, body: object | null, schema: z.ZodType<T>): Promise<T> {
    const token = (await readFile(options.tokenFile, "utf8")).trim();
    let response: Response;
    try {
      response = await fetch(new URL(`/v1/${mount}/${path}`, options.address), {
        method,
        headers: {
          "x-vault-token": token,
          "x-vault-request": "true",
          "content-type": "application/json",
          ...(options.namespace === undefined ? {} : { "x-vault-namespace": options.namespace }),
        },
        ...(body === null ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch (cause) {
      throw new EpochKeyError("Vault does not answer", { cause });
    }
    const answered: unknown = await response.json().catch(() => null);
    if (!response.ok) throw new EpochKeyError(`Vault refused (${response.status}) at ${path.split("/")[0]}`);
    const parsed = schema.safeParse(answered);
    if (!parsed.success) throw new EpochKeyError("Vault answered with something that is not its own");
    return parsed.data;
  }

  const files = wrappedBy(folder, "vault-transit");

  async function open(epoch: number): Promise<Uint8Array> {
    const { wrapped } = await files.usable(epoch);
    const body = { ciphertext: wrapped, associated_data: contextOf(epoch) };
    const { data } = await ask("POST", `decrypt/${key}`, body, decryptAnswer);
    return asEpochKey(Buffer.from(data.plaintext, "base64"), "Vault");
  }

  async function create(epoch: number): Promise<Uint8Array> {
    if (await readWrapped(folder, epoch)) return open(epoch);
    // Making a key that is there changes nothing; the first epoch takes its first version, every later one a new one.
    await ask("POST", `keys/${key}`, { type: "aes256-gcm96", exportable: false }, z.unknown());
    if (epoch > 1) await ask("POST", `keys/${key}/rotate`, {}, z.unknown());
    const fresh = randomBytes(EPOCH_KEY_BYTES);
    const body = { plaintext: fresh.toString("base64"), associated_data: contextOf(epoch) };
    const { data } = await ask("POST", `encrypt/${key}`, body, encryptAnswer);
    const file: WrappedKey = {
      format: "motivo-wrapped-epoch-key/v1",
      provider: "vault-transit",
      key,
      wrapped: data.ciphertext,
      goneFrom: null,
    };
    const kept = await writeWrapped(folder, epoch, file, "new");
    return kept.wrapped === data.ciphertext ? new Uint8Array(fresh) : open(epoch);
  }

  async function destroy(epoch: number) {
    const file = await files.known(epoch);
    if (file.wrapped === null) return { state: "destroyed" as const, at: new Date(file.goneFrom ?? now()) };
    const version = versionOf(file.wrapped);
    await nothingYoungerGoes(epoch, version);
    const floor = version + 1;
    // Trimming asks for both floors first. Until it is done all of this can be taken back, so nothing is called destroyed.
    const floors = { min_decryption_version: floor, min_encryption_version: floor };
    await ask("POST", `keys/${key}/config`, floors, z.unknown());
    await ask("POST", `keys/${key}/trim`, { min_available_version: floor }, z.unknown());
    const { data } = await ask("GET", `keys/${key}`, null, keyAnswer);
    if (data.min_available_version < floor)
      throw new EpochKeyError("Vault kept a version that was to be trimmed");
    const at = now();
    await writeWrapped(folder, epoch, { ...file, wrapped: null, goneFrom: at.toISOString() }, "replace");
    return { state: "destroyed" as const, at };
  }

  /** The next epoch must hang on a younger version, or trimming would take it along. */
  async function nothingYoungerGoes(epoch: number, version: number): Promise<void> {
    const next = await readWrapped(folder, epoch + 1);
    if (next?.wrapped && versionOf(next.wrapped) > version) return;
    throw new EpochKeyError(`Epoch ${epoch} shares its version of the Vault key with the next one`);
  }

  return {
    kind: "vault-transit",
    warning: null,
    create,
    open,
    exists: files.exists,
    destroy,
  };
}
