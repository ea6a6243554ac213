import { generateKeyPairSync, type KeyObject, X509Certificate } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const DIGITAL_SIGNATURE = 0x80;
const CERTIFICATE_SIGN = 0x04;

export interface TestKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

export const rsaKey = (bits = 2048): TestKey => generateKeyPairSync("rsa", { modulusLength: bits });
export const privatePem = ({ privateKey }: TestKey): string =>
  String(privateKey.export({ type: "pkcs8", format: "pem" }));
export const publicPem = ({ publicKey }: TestKey): string =>
  String(publicKey.export({ type: "spki", format: "pem" }));

export interface CertificateAsked {
  name: string;
  key: TestKey;
  /** Absent: it vouches for itself. */
  issuer?: { name: string; key: TestKey };
  ca?: boolean;
  usage?: number;
  from?: string;
  to?: string;
}

const commonName = (value: string) =>
  new pkijs.AttributeTypeAndValue({ type: "2.5.4.3", value: new asn1js.Utf8String({ value }) });

/** A certificate of the test's own authority, or of none. @returns PEM */
export async function certificateFor(asked: CertificateAsked): Promise<string> {
  const { name, key, issuer = { name, key }, ca = false } = asked;
  const { usage = ca ? CERTIFICATE_SIGN : DIGITAL_SIGNATURE } = asked;
  const { subtle } = globalThis.crypto;
  const spki = Uint8Array.from(key.publicKey.export({ type: "spki", format: "der" }));
  const pkcs8 = Uint8Array.from(issuer.key.privateKey.export({ type: "pkcs8", format: "der" }));
  const publicKey = await subtle.importKey("spki", spki, RSA, true, ["verify"]);
  const signer = await subtle.importKey("pkcs8", pkcs8, RSA, false, ["sign"]);
  const engine = new pkijs.CryptoEngine({ name: "test", crypto: globalThis.crypto });
  const certificate = new pkijs.Certificate();
  certificate.version = 2;
  certificate.serialNumber = new asn1js.Integer({ value: Math.floor(Math.random() * 1e9) + 1 });
  certificate.issuer.typesAndValues.push(commonName(issuer.name));
  certificate.subject.typesAndValues.push(commonName(name));
  certificate.notBefore.value = new Date(asked.from ?? "2026-01-01T00:00:00Z");
  certificate.notAfter.value = new Date(asked.to ?? "2036-01-01T00:00:00Z");
  const names = new pkijs.GeneralNames({ names: [new pkijs.GeneralName({ type: 2, value: name })] });
  const bits = new asn1js.BitString({ valueHex: Uint8Array.of(usage).buffer });
  const basic = new pkijs.BasicConstraints({ cA: ca });
  const extension = (extnID: string, value: asn1js.BaseBlock) =>
    new pkijs.Extension({ extnID, critical: true, extnValue: value.toBER(false) });
  certificate.extensions = [
    extension("2.5.29.17", names.toSchema()),
    extension("2.5.29.15", bits),
    extension("2.5.29.19", basic.toSchema()),
  ];
  await certificate.subjectPublicKeyInfo.importKey(publicKey, engine);
  await certificate.sign(signer, "SHA-256", engine);
  return new X509Certificate(Buffer.from(certificate.toSchema(true).toBER(false))).toString();
}
