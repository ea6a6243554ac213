import { verify } from "node:crypto";
import { Problem } from "../../errors.ts";
import type { Caller } from "./callers.ts";
import type { ProcessorIdentity } from "./identity.ts";

/** Names of today and of the time when the specification was called OpenGDPR; both are honoured (§10.1). */
const NAMES = ["OpenDSR", "OpenGDPR"] as const;
/** How far the clock of a caller may be from ours. */
export const CLOCK_SKEW_MS = 300_000;

/** The headers of a signed answer or callback, under both names. */
export function signedHeaders(identity: ProcessorIdentity, body: string): Record<string, string> {
  const signature = identity.sign(body);
  return Object.fromEntries(
    NAMES.flatMap((name) => [
      [`x-${name}-processor-domain`.toLowerCase(), identity.domain],
      [`x-${name}-signature`.toLowerCase(), signature],
    ]),
  );
}

export interface SignedMessage {
  method: string;
  /** As it was asked for, without the query. */
  path: string;
  /** Raw; empty where the method has none. */
  body: Uint8Array;
  header(name: string): string | undefined;
}

/** @throws Problem unsigned_request when it is absent, or given under both names with two values */
function headerOf({ header }: SignedMessage, what: string): string {
  const values = new Set(NAMES.flatMap((name) => header(`x-${name}-${what}`.toLowerCase()) ?? []));
  if (values.size !== 1) throw new Problem("unsigned_request");
  return [...values][0]!;
}

/**
 * What a caller signs: the raw body; where there is none, the method, the path and the time, since a signature over
 * nothing would be good for everything and for ever.
 * @throws Problem unsigned_request, when the time is missing or more than five minutes from ours
 */
function signedBytes(message: SignedMessage, now: Date): Uint8Array {
  if (message.method === "POST") return message.body;
  const time = headerOf(message, "timestamp");
  const off = Math.abs(new Date(time).getTime() - now.getTime());
  if (!(off <= CLOCK_SKEW_MS))
    throw new Problem("unsigned_request", "The time of the request is not within five minutes of ours");
  return Buffer.from(`${message.method} ${message.path}\n${time}`);
}

/**
 * Who calls, before anything of the body is parsed (§8.8): the header names a registered domain, its certificate is good
 * now, and its key signed these bytes.
 * @throws Problem unsigned_request, unknown_caller, invalid_certificate, invalid_signature
 */
export function verifiedCaller(
  callers: ReadonlyMap<string, Caller>,
  message: SignedMessage,
  now: Date,
): Caller {
  const domain = headerOf(message, "processor-domain");
  const signature = headerOf(message, "signature");
  const bytes = signedBytes(message, now);
  const caller = callers.get(domain.toLowerCase());
  if (!caller) throw new Problem("unknown_caller");
  const key = caller.keyAt(now);
  if (typeof key === "string")
    throw new Problem("invalid_certificate", undefined, { members: { reason: key } });
  if (!verify("sha256", bytes, key, Buffer.from(signature, "base64"))) throw new Problem("invalid_signature");
  return caller;
}
