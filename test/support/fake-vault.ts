import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface TransitKey {
  versions: Map<number, Buffer>;
  latest: number;
  minDecryption: number;
  minEncryption: number;
  minAvailable: number;
}
type Asked = Record<string, unknown>;

class VaultRefusal extends Error {
  readonly status: number;
  constructor(status: number, words: string) {
    super(words);
    this.status = status;
  }
}

/**
 * Vault's transit engine on loopback, as its HTTP API says: ciphertexts `vault:v<n>:…`, associated data bound, versions
 * below `min_decryption_version` refused (which can be taken back), versions below `min_available_version` gone.
 */
export async function fakeVault(token: string, mount = "transit") {
  const keys = new Map<string, TransitKey>();
  const calls: string[] = [];

  function find(name: string): TransitKey {
    const key = keys.get(name);
    if (!key) throw new VaultRefusal(404, "encryption key not found");
    return key;
  }
  function encrypt(name: string, { plaintext, associated_data }: Asked) {
    const key = find(name);
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key.versions.get(key.latest)!, nonce);
    cipher.setAAD(Buffer.from(String(associated_data ?? ""), "base64"));
    const body = [
      cipher.update(Buffer.from(String(plaintext), "base64")),
      cipher.final(),
      cipher.getAuthTag(),
    ];
    return { ciphertext: `vault:v${key.latest}:${Buffer.concat([nonce, ...body]).toString("base64")}` };
  }
  function decrypt(name: string, { ciphertext, associated_data }: Asked) {
    const key = find(name);
    const [, version, base64] = /^vault:v(\d+):(.+)$/.exec(String(ciphertext)) ?? [];
    if (version === undefined || base64 === undefined)
      throw new VaultRefusal(400, "invalid ciphertext: no prefix");
    if (Number(version) < key.minDecryption) {
      throw new VaultRefusal(400, "ciphertext or signature version is disallowed by policy (too old)");
    }
    const secret = key.versions.get(Number(version));
    if (!secret) throw new VaultRefusal(400, "invalid ciphertext: unable to decrypt");
    const blob = Buffer.from(base64, "base64");
    const decipher = createDecipheriv("aes-256-gcm", secret, blob.subarray(0, 12));
    decipher.setAAD(Buffer.from(String(associated_data ?? ""), "base64"));
    decipher.setAuthTag(blob.subarray(-16));
    try {
      const plaintext = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
      return { plaintext: plaintext.toString("base64") };
    } catch {
      throw new VaultRefusal(400, "cipher: message authentication failed");
    }
  }
  function configure(name: string, asked: Asked) {
    const key = find(name);
    const decryption = Number(asked.min_decryption_version ?? key.minDecryption);
    const encryption = Number(asked.min_encryption_version ?? key.minEncryption);
    if (decryption > key.latest || encryption > key.latest) {
      throw new VaultRefusal(400, "cannot set min version higher than latest");
    }
    if (decryption < key.minAvailable || (encryption > 0 && encryption < decryption)) {
      throw new VaultRefusal(400, "cannot set min version below what is available");
    }
    key.minDecryption = decryption;
    key.minEncryption = encryption;
  }
  function trim(name: string, asked: Asked) {
    const key = find(name);
    const floor = Number(asked.min_available_version);
    if (key.minEncryption === 0) throw new VaultRefusal(400, "minimum encryption version needs to be set");
    if (floor > key.minEncryption || floor > key.minDecryption || floor < key.minAvailable) {
      throw new VaultRefusal(400, "minimum available version is out of range");
    }
    for (const version of key.versions.keys()) if (version < floor) key.versions.delete(version);
    key.minAvailable = floor;
  }
  function make(name: string) {
    if (keys.has(name)) return;
    const versions = new Map([[1, randomBytes(32)]]);
    keys.set(name, { versions, latest: 1, minDecryption: 1, minEncryption: 0, minAvailable: 0 });
  }
  function rotate(name: string) {
    const key = find(name);
    key.latest += 1;
    key.versions.set(key.latest, randomBytes(32));
  }
  const describe = (name: string) => {
    const key = find(name);
    return {
      name,
      type: "aes256-gcm96",
      latest_version: key.latest,
      min_decryption_version: key.minDecryption,
      min_encryption_version: key.minEncryption,
      min_available_version: key.minAvailable,
      keys: Object.fromEntries([...key.versions.keys()].map((version) => [version, 0])),
    };
  };

  function answer(method: string, path: string, asked: Asked): object | null {
    const [place, name = "", verb] = path.split("/");
    calls.push(`${method} ${place}${verb === undefined ? "" : `/${verb}`}`);
    if (method === "GET" && place === "keys") return describe(name);
    if (method !== "POST") throw new VaultRefusal(405, "unsupported operation");
    if (place === "encrypt") return encrypt(name, asked);
    if (place === "decrypt") return decrypt(name, asked);
    if (place !== "keys") throw new VaultRefusal(404, "unsupported path");
    if (verb === "config") configure(name, asked);
    else if (verb === "trim") trim(name, asked);
    else if (verb === "rotate") rotate(name);
    else make(name);
    return null;
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      try {
        if (request.headers["x-vault-token"] !== token) throw new VaultRefusal(403, "permission denied");
        const path = request.url!.replace(`/v1/${mount}/`, "");
        const data = answer(request.method!, path, JSON.parse(Buffer.concat(chunks).toString() || "{}"));
        response.statusCode = data === null ? 204 : 200;
        response.end(data === null ? undefined : JSON.stringify({ data }));
      } catch (error) {
        response.statusCode = error instanceof VaultRefusal ? error.status : 500;
        response.end(JSON.stringify({ errors: [error instanceof Error ? error.message : "internal error"] }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    calls,
    /** What an administrator with the right to configure the key could do, too. */
    configure,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
