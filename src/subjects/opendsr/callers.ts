import { createPublicKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ConfigError } from "../../config.ts";
import type { RequestRight } from "../requests/rights.ts";
import { type CertificateFault, certificatesOf, checkCertificate } from "./certificate.ts";
import { needRsa } from "./identity.ts";

/** `subject_request_type`s and the rights that they are; the first three are the specification's, the others ours. */
export const RIGHT_OF = {
  access: "access_complete",
  portability: "portability",
  erasure: "erasure",
  confirmation: "confirmation",
  access_simplified: "access_simplified",
  rectification: "correction",
  restriction: "restriction",
  objection: "objection",
  review: "review",
  explanation: "explanation",
  consent_revocation: "consent_revocation",
  recipients: "recipients",
} as const satisfies Record<string, RequestRight>;
export type RequestType = keyof typeof RIGHT_OF;
export const REQUEST_TYPES = Object.keys(RIGHT_OF) as [RequestType, ...RequestType[]];
export const STANDARD_TYPES = ["access", "portability", "erasure"] as const satisfies RequestType[];

const registered = z.strictObject({
  domain: z
    .string()
    .regex(/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/)
    .max(253),
  controller: z.string().min(1).max(200),
  proof: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  types: z.array(z.enum(REQUEST_TYPES)).min(1),
  callbacks: z.array(z.url({ protocol: /^https$/ })).default([]),
  certificate: z.string().min(1).optional(),
  key: z.string().min(1).optional(),
});

/** Somebody who may drive us, as the operator registered them. */
export interface Caller {
  domain: string;
  /** `controller_id` */
  controller: string;
  /** What their own check of who a person is amounts to. */
  proof: 1 | 2 | 3;
  types: readonly RequestType[];
  /** The only addresses that are told how their requests stand. */
  callbacks: readonly string[];
  /** The key that they sign with now, or why their certificate is none at this time. */
  keyAt(now: Date): KeyObject | CertificateFault;
}

/**
 * Reads the list of callers: JSON, with paths of PEM files relative to it.
 * @param authorities PEM of those that certificates must lead to; empty: the registered certificate is trusted as it is
 * @throws ConfigError naming the caller and the rule
 */
export async function readCallers(file: string, authorities: string): Promise<Map<string, Caller>> {
  const trusted = certificatesOf(authorities);
  const folder = dirname(resolve(file));
  let list: z.infer<typeof registered>[];
  try {
    list = z.array(registered).parse(JSON.parse(await readFile(file, "utf8")));
  } catch (cause) {
    throw new ConfigError("MOTIVO_OPENDSR_CALLERS cannot be used: it is not as docs/opendsr.md says", {
      cause,
    });
  }
  const callers = new Map<string, Caller>();
  for (const { certificate, key, ...caller } of list) {
    const { domain } = caller;
    if ((certificate === undefined) === (key === undefined))
      throw new ConfigError(`The caller ${domain} needs a certificate or a key, one of the two`);
    if (callers.has(domain)) throw new ConfigError(`The caller ${domain} stands in the list twice`);
    const pem = await readFile(resolve(folder, certificate ?? key!), "utf8");
    if (key !== undefined) {
      const publicKey = needRsa(createPublicKey(pem), `The key of ${domain}`);
      callers.set(domain, { ...caller, keyAt: () => publicKey });
      continue;
    }
    const chain = certificatesOf(pem);
    if (!chain[0]) throw new ConfigError(`The certificate of ${domain} is none`);
    const publicKey = needRsa(chain[0].publicKey, `The key in the certificate of ${domain}`);
    callers.set(domain, {
      ...caller,
      keyAt: (now) => checkCertificate(chain, domain, trusted, now) ?? publicKey,
    });
  }
  return callers;
}
