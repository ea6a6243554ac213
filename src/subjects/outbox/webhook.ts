import { request as plain } from "node:http";
import { request as secure } from "node:https";
import { Webhook } from "standardwebhooks";
import { checkUrl, guardedLookup, type NetworkRule } from "./public-address.ts";

const TIMEOUT_MS = 10_000;

export interface Message {
  /** Stays the same over every attempt, so that a recipient can tell a repeat. */
  id: string;
  /** Of this attempt. */
  at: Date;
  body: string;
}

/** The headers of Standard Webhooks 1.0.0: id, time of the attempt in seconds, and `v1,` HMAC-SHA-256 over all three. */
export function signedHeaders(secret: string, { id, at, body }: Message): Record<string, string> {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, body),
  };
}

/** Posts a message signed by Standard Webhooks. @returns and @throws as `post` */
export const postSigned = (
  to: { url: string; secret: string },
  message: Message,
  rule: NetworkRule,
): Promise<number> => post(to.url, signedHeaders(to.secret, message), message.body, rule);

/**
 * Posts JSON. Redirects are not followed: an address that nobody allowed would stand behind one.
 * @returns the status of the answer, whose body nobody reads
 * @throws AddressForbiddenError, and the errors of the connection
 */
export async function post(
  address: string,
  headers: Record<string, string>,
  body: string,
  rule: NetworkRule,
): Promise<number> {
  const url = new URL(address);
  checkUrl(rule, url);
  const request = url.protocol === "https:" ? secure : plain;
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: "POST",
        headers: { "content-type": "application/json", "user-agent": "motivo", ...headers },
        agent: false,
        lookup: guardedLookup(rule),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      },
      (answer) => {
        resolve(answer.statusCode ?? 0);
        answer.destroy();
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
