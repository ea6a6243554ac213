import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from "node:crypto";
import { mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ConfigError } from "../../config.ts";
import { syncFolder } from "../../privacy/key-folder.ts";
import { certificatesOf, checkCertificate, selfMadeCertificate } from "./certificate.ts";

const KEY_FILE = "opendsr.pem";
const RSA_BITS = 3072;
export const LEAST_RSA_BITS = 2048;
const SELF_MADE_DAYS = 397;

/** Whom our answers and callbacks are signed by. */
export interface ProcessorIdentity {
  /** For which the certificate is issued, and under which the service is reached. */
  domain: string;
  /** PEM, the signing certificate first. */
  certificate: string;
  /** Base64 of the RSASSA-PKCS1-v1_5 signature (FIPS 186-4) over SHA-256 of a raw body. */
  sign(body: string | Uint8Array): string;
}

/** A key as it signs. @throws ConfigError unless it is RSA of 2,048 bits or more */
export function needRsa(key: KeyObject, whose: string): KeyObject {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < LEAST_RSA_BITS)
    throw new ConfigError(`${whose} is not an RSA key of ${LEAST_RSA_BITS} bits or more`);
  return key;
}

/** @param keyPem private key, PKCS #8 */
export function identityOf(domain: string, keyPem: string, certificate: string): ProcessorIdentity {
  const key = needRsa(createPrivateKey(keyPem), `${KEY_FILE} in the key folder`);
  return {
    domain,
    certificate,
    sign: (body) => sign("sha256", Buffer.from(body), key).toString("base64"),
  };
}

async function readKey(path: string): Promise<string | null> {
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw new ConfigError(`${KEY_FILE} in the key folder is readable by others; it must have mode 0600`);
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Makes a key that is on the disk when this returns; keeps one that another replica made first. */
async function makeKey(folder: string): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: RSA_BITS });
  const path = join(folder, KEY_FILE);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(privateKey.export({ type: "pkcs8", format: "pem" }));
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFile(path, "utf8");
}

/** A certificate for one's own machine, made from the key. @returns PEM */
export async function selfMadeFor(domain: string, keyPem: string, now: Date): Promise<string> {
  const key = createPrivateKey(keyPem);
  const der = (object: KeyObject, type: "pkcs8" | "spki") =>
    Uint8Array.from(object.export({ type, format: "der" } as { type: "spki"; format: "der" }));
  const spki = der(createPublicKey(keyPem), "spki");
  const from = new Date(now.getTime() - 60_000);
  return selfMadeCertificate(der(key, "pkcs8"), spki, { domain, from, days: SELF_MADE_DAYS });
}

/**
 * Opens the identity: `opendsr.pem` of the key folder with the certificate that the operator got for it; in development
 * both are made here.
 * @throws ConfigError when one is missing, or they do not belong together
 */
export async function openIdentity(options: {
  keyFolder: string;
  domain: string;
  certificateFile: string | undefined;
  development: boolean;
  now: Date;
}): Promise<ProcessorIdentity> {
  const { keyFolder, domain, certificateFile, development, now } = options;
  const kept = await readKey(join(keyFolder, KEY_FILE));
  if (certificateFile === undefined) {
    if (!development) throw new ConfigError("OpenDSR needs MOTIVO_OPENDSR_CERTIFICATE");
    const key = kept ?? (await makeKey(keyFolder));
    return identityOf(domain, key, await selfMadeFor(domain, key, now));
  }
  if (kept === null)
    throw new ConfigError(`The key of MOTIVO_OPENDSR_CERTIFICATE belongs into the key folder as ${KEY_FILE}`);
  const pem = await readFile(certificateFile, "utf8");
  const chain = certificatesOf(pem);
  if (!chain[0]?.checkPrivateKey(createPrivateKey(kept)))
    throw new ConfigError(`MOTIVO_OPENDSR_CERTIFICATE is not for ${KEY_FILE} in the key folder`);
  const fault = checkCertificate(chain, domain, [], now);
  if (fault !== null)
    throw new ConfigError(`MOTIVO_OPENDSR_CERTIFICATE cannot be used for ${domain} (${fault})`);
  return identityOf(domain, kept, pem);
}
