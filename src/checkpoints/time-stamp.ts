import { createHash, X509Certificate } from "node:crypto";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import { bytesEqual } from "../../audit/bytes.ts";
import { boundedFetch } from "./bounded-fetch.ts";

// RFC 3161 with SHA-256. What is stamped is a checkpoint's note, byte by byte as it was published.

const OID = {
  sha256: "2.16.840.1.101.3.4.2.1",
  signedData: "1.2.840.113549.1.7.2",
  tstInfo: "1.2.840.113549.1.9.16.1.4",
  extendedKeyUsage: "2.5.29.37",
  timeStamping: "1.3.6.1.5.5.7.3.8",
  signingCertificate: "1.2.840.113549.1.9.16.2.12",
  signingCertificateV2: "1.2.840.113549.1.9.16.2.47",
} as const;
const MAX_RESPONSE_BYTES = 64 * 1024;

export type StampFault =
  /** Not a time-stamp response, or not one that RFC 3161 allows. */
  | "stamp_malformed"
  /** The authority refused. */
  | "stamp_refused"
  | "stamp_wrong_imprint"
  | "stamp_wrong_nonce"
  | "stamp_wrong_signature"
  /** The signer's certificate leads to no authority that is trusted, or is not one for time stamps alone. */
  | "stamp_wrong_certificate";

export class StampError extends Error {
  override name = "StampError";
  readonly code: StampFault;
  constructor(code: StampFault, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

const sha256 = (bytes: Uint8Array | string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash("sha256").update(bytes).digest());

/** DER TimeStampReq over a note. @param nonce at least 8 random bytes */
export function stampRequest(note: string, nonce: Uint8Array): Uint8Array<ArrayBuffer> {
  const request = new pkijs.TimeStampReq({
    version: 1,
    messageImprint: new pkijs.MessageImprint({
      hashAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: OID.sha256 }),
      hashedMessage: new asn1js.OctetString({ valueHex: sha256(note).buffer }),
    }),
    nonce: nonceInteger(nonce),
    certReq: true,
  });
  return new Uint8Array(request.toSchema().toBER());
}

/** A positive INTEGER: a leading zero byte keeps the sign, and a set bit in the first byte keeps the length. */
function nonceInteger(nonce: Uint8Array): asn1js.Integer {
  const positive = Uint8Array.from(nonce);
  positive[0] = (positive[0]! & 0x7f) | 0x40;
  return new asn1js.Integer({ valueHex: positive.buffer });
}

/** Certificates in PEM, one after the other, as `openssl ts -CAfile` takes them. @throws StampError stamp_wrong_certificate */
export function certificatesIn(pem: string): pkijs.Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  try {
    const found = blocks.map((block) =>
      pkijs.Certificate.fromBER(new Uint8Array(new X509Certificate(block).raw)),
    );
    if (found.length > 0) return found;
  } catch (cause) {
    throw new StampError("stamp_wrong_certificate", { cause });
  }
  throw new StampError("stamp_wrong_certificate");
}

/**
 * Verifies an authority's answer over a note: status, imprint, nonce, signature, and the certificate's chain as it stood at
 * the time that the stamp says. Revocation is not looked up.
 * @param nonce what was sent; absent when a stamp is looked at later, which the imprint binds anyway
 * @returns the authority's time
 * @throws StampError
 */
export async function verifyStamp(
  response: Uint8Array,
  note: string,
  trusted: pkijs.Certificate[],
  nonce?: Uint8Array,
): Promise<Date> {
  const { signed, info } = parseResponse(response);
  const { hashAlgorithm, hashedMessage } = info.messageImprint;
  const imprint = new Uint8Array(hashedMessage.valueBlock.valueHexView);
  if (hashAlgorithm.algorithmId !== OID.sha256 || !bytesEqual(imprint, sha256(note))) {
    throw new StampError("stamp_wrong_imprint");
  }
  if (nonce) {
    const sent = nonceInteger(nonce).valueBlock.valueHexView;
    if (!info.nonce || !bytesEqual(info.nonce.valueBlock.valueHexView, sent))
      throw new StampError("stamp_wrong_nonce");
  }
  await verifySigner(signed, note, trusted, info.genTime);
  return info.genTime;
}

function parseResponse(response: Uint8Array): { signed: pkijs.SignedData; info: pkijs.TSTInfo } {
  let parsed: pkijs.TimeStampResp;
  try {
    parsed = pkijs.TimeStampResp.fromBER(new Uint8Array(response));
  } catch (cause) {
    throw new StampError("stamp_malformed", { cause });
  }
  // granted, granted with modifications
  if (parsed.status.status !== 0 && parsed.status.status !== 1) throw new StampError("stamp_refused");
  try {
    if (parsed.timeStampToken?.contentType !== OID.signedData) throw new StampError("stamp_malformed");
    const signed = new pkijs.SignedData({ schema: parsed.timeStampToken.content });
    const { eContentType, eContent } = signed.encapContentInfo;
    if (eContentType !== OID.tstInfo || !eContent || signed.signerInfos.length !== 1) {
      throw new StampError("stamp_malformed");
    }
    return { signed, info: pkijs.TSTInfo.fromBER(eContent.getValue()) };
  } catch (cause) {
    if (cause instanceof StampError) throw cause;
    throw new StampError("stamp_malformed", { cause });
  }
}

async function verifySigner(
  signed: pkijs.SignedData,
  note: string,
  trustedCerts: pkijs.Certificate[],
  checkDate: Date,
): Promise<void> {
  const data = new TextEncoder().encode(note);
  let verdict: pkijs.SignedDataVerifyResult;
  try {
    verdict = await signed.verify({
      signer: 0,
      data: data.buffer,
      trustedCerts,
      checkChain: true,
      checkDate,
      extendedMode: true,
    });
  } catch (cause) {
    const { signatureVerified, signerCertificateVerified } = cause as pkijs.SignedDataVerifyError;
    const byCertificate = signerCertificateVerified === false || signatureVerified !== false;
    throw new StampError(byCertificate ? "stamp_wrong_certificate" : "stamp_wrong_signature", { cause });
  }
  if (!verdict.signatureVerified) throw new StampError("stamp_wrong_signature");
  const certificate = verdict.signerCertificate;
  if (!verdict.signerCertificateVerified || !certificate) throw new StampError("stamp_wrong_certificate");
  if (!isForStampsAlone(certificate) || !names(signed, certificate))
    throw new StampError("stamp_wrong_certificate");
}

/** RFC 3161 §2.3: one extended key usage, and critical. */
function isForStampsAlone(certificate: pkijs.Certificate): boolean {
  const usage = certificate.extensions?.find(({ extnID }) => extnID === OID.extendedKeyUsage);
  const purposes = usage?.parsedValue instanceof pkijs.ExtKeyUsage ? usage.parsedValue.keyPurposes : [];
  return usage?.critical === true && purposes.length === 1 && purposes[0] === OID.timeStamping;
}

/**
 * The signed attribute that names the signer's certificate by its hash (RFC 2634 §5.4, RFC 5035 §4): without it another
 * certificate over the same key would do.
 */
function names(signed: pkijs.SignedData, certificate: pkijs.Certificate): boolean {
  const der = new Uint8Array(certificate.toSchema().toBER());
  for (const { type, values } of signed.signerInfos[0]!.signedAttrs?.attributes ?? []) {
    if (type !== OID.signingCertificate && type !== OID.signingCertificateV2) continue;
    const [value] = values as asn1js.BaseBlock[];
    const [first] = sequenceOf(sequenceOf(value)[0]);
    const parts = sequenceOf(first);
    const hash = parts.find((part) => part instanceof asn1js.OctetString);
    // A hash other than the default is named before it; only SHA-256 is taken.
    const named = parts[0] instanceof asn1js.Sequence ? sequenceOf(parts[0])[0] : null;
    if (named instanceof asn1js.ObjectIdentifier && named.valueBlock.toString() !== OID.sha256) return false;
    const algorithm = type === OID.signingCertificate ? "sha1" : "sha256";
    const expected = new Uint8Array(createHash(algorithm).update(der).digest());
    return hash instanceof asn1js.OctetString && bytesEqual(hash.valueBlock.valueHexView, expected);
  }
  return false;
}

const sequenceOf = (block: unknown): asn1js.BaseBlock[] =>
  block instanceof asn1js.Sequence ? (block.valueBlock.value as asn1js.BaseBlock[]) : [];

/**
 * Has a note stamped.
 * @returns the authority's answer, verified, and its time
 * @throws StampError, NoAnswerError
 */
export async function requestStamp(
  url: string,
  note: string,
  trusted: pkijs.Certificate[],
  nonce: Uint8Array,
): Promise<{ token: Uint8Array; time: Date }> {
  const { status, body } = await boundedFetch(
    url,
    {
      method: "POST",
      body: stampRequest(note, nonce),
      headers: { "content-type": "application/timestamp-query" },
    },
    MAX_RESPONSE_BYTES,
  );
  if (status !== 200) throw new StampError("stamp_refused");
  return { token: body, time: await verifyStamp(body, note, trusted, nonce) };
}
