import { randomBytes, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";

const OID = { commonName: "2.5.4.3", keyUsage: "2.5.29.15", subjectAltName: "2.5.29.17" } as const;
/** First bit of KeyUsage (RFC 5280 §4.2.1.3). */
const DIGITAL_SIGNATURE = 0x80;
const DAY_MS = 86_400_000;
const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
const ASN1_DNS = 2;
const ASN1_IP = 7;

/** Every certificate in a PEM text, in order. @throws Error when one of them is none */
export const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  );

/** Whether a certificate may sign: it says so, or says nothing about what its key is for. */
function maySign(certificate: X509Certificate): boolean {
  const { extensions } = pkijs.Certificate.fromBER(new Uint8Array(certificate.raw));
  const usage = extensions?.find(({ extnID }) => extnID === OID.keyUsage);
  if (!usage) return true;
  const { result } = asn1js.fromBER(usage.extnValue.valueBlock.valueHexView);
  const bits = result instanceof asn1js.BitString ? result.valueBlock.valueHexView[0] : 0;
  return ((bits ?? 0) & DIGITAL_SIGNATURE) !== 0;
}

const isInTime = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean =>
  validFromDate <= now && now <= validToDate;

/** Longer chains than this are nobody's. */
const DEEPEST = 5;

function leadsTo(
  leaf: X509Certificate,
  between: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  now: Date,
): boolean {
  let current = leaf;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const issuedBy = (issuer: X509Certificate) =>
      issuer.ca && isInTime(issuer, now) && current.checkIssued(issuer) && current.verify(issuer.publicKey);
    if (trusted.some(issuedBy)) return true;
    const next = between.find(issuedBy);
    if (!next) return false;
    current = next;
  }
  return false;
}

/** What is wrong with a certificate; null: nothing. */
export type CertificateFault = "not_in_time" | "other_domain" | "not_for_signatures" | "untrusted";

/**
 * Checks a caller's certificate: in time, for its domain (never by the common name), for signatures, and, where
 * authorities are named, issued by one of them. Without them the registered certificate is trusted as it is. Revocation
 * is the operator's: take the caller out of the list.
 * @param chain the leaf, then what stands between it and an authority
 */
export function checkCertificate(
  chain: readonly X509Certificate[],
  domain: string,
  trusted: readonly X509Certificate[],
  now: Date,
): CertificateFault | null {
  const [leaf, ...between] = chain;
  if (!leaf) return "untrusted";
  if (!isInTime(leaf, now)) return "not_in_time";
  if (leaf.checkHost(domain, { subject: "never", wildcards: false }) === undefined) return "other_domain";
  if (!maySign(leaf)) return "not_for_signatures";
  return trusted.length === 0 || leadsTo(leaf, between, trusted, now) ? null : "untrusted";
}

/** An address as the certificate names it. */
function nameIn(domain: string): pkijs.GeneralName {
  const address = domain.replace(/^\[|\]$/g, "");
  if (isIP(address) !== 4) return new pkijs.GeneralName({ type: ASN1_DNS, value: domain });
  const bytes = Uint8Array.from(address.split(".").map(Number));
  return new pkijs.GeneralName({
    type: ASN1_IP,
    value: new asn1js.OctetString({ valueHex: bytes.buffer }),
  });
}

/** What a certificate that is made here may say; the defaults are those of one for signatures. */
export interface CertificateAsked {
  domain: string;
  from: Date;
  days: number;
  /** First byte of KeyUsage. */
  usage?: number;
}

/**
 * A certificate that vouches for itself, for one's own machine: OpenDSR §4.1 wants one of a known authority, and no other
 * party has reason to believe this one.
 * @param pkcs8 RSA private key, DER
 * @param spki its public half, DER
 * @returns PEM
 */
export async function selfMadeCertificate(
  pkcs8: Uint8Array<ArrayBuffer>,
  spki: Uint8Array<ArrayBuffer>,
  { domain, from, days, usage = DIGITAL_SIGNATURE }: CertificateAsked,
): Promise<string> {
  const { subtle } = globalThis.crypto;
  const privateKey = await subtle.importKey("pkcs8", pkcs8, RSA, false, ["sign"]);
  const publicKey = await subtle.importKey("spki", spki, RSA, true, ["verify"]);
  const engine = new pkijs.CryptoEngine({ name: "node", crypto: globalThis.crypto });
  const certificate = new pkijs.Certificate();
  certificate.version = 2;
  const serial = Uint8Array.from(randomBytes(16));
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  certificate.serialNumber = new asn1js.Integer({ valueHex: serial.buffer });
  for (const name of [certificate.issuer, certificate.subject]) {
    name.typesAndValues.push(
      new pkijs.AttributeTypeAndValue({
        type: OID.commonName,
        value: new asn1js.Utf8String({ value: domain }),
      }),
    );
  }
  certificate.notBefore.value = from;
  certificate.notAfter.value = new Date(from.getTime() + days * DAY_MS);
  const names = new pkijs.GeneralNames({ names: [nameIn(domain)] });
  const bits = new asn1js.BitString({ valueHex: Uint8Array.of(usage).buffer, unusedBits: 7 });
  certificate.extensions = [
    new pkijs.Extension({ extnID: OID.subjectAltName, extnValue: names.toSchema().toBER(false) }),
    new pkijs.Extension({ extnID: OID.keyUsage, critical: true, extnValue: bits.toBER(false) }),
  ];
  await certificate.subjectPublicKeyInfo.importKey(publicKey, engine);
  await certificate.sign(privateKey, "SHA-256", engine);
  const der = Buffer.from(certificate.toSchema(true).toBER(false));
  return new X509Certificate(der).toString();
}
