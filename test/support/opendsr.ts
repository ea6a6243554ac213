import { randomUUID, sign, verify, X509Certificate } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readCallers } from "../../src/subjects/opendsr/callers.ts";
import { identityOf, selfMadeFor } from "../../src/subjects/opendsr/identity.ts";
import type { OpenDsr } from "../../src/subjects/opendsr/settings.ts";
import { certificateFor, privatePem, publicPem, rsaKey, type TestKey } from "./certificates.ts";
import type { TestService } from "./service.ts";

export const DOMAIN = "motivo.aurora.example";
export const ADDRESS = `https://${DOMAIN}`;

type Registered = Record<string, unknown> & { domain: string };

/** A list of callers as an operator writes it, with its files. @returns the path of the list */
export async function writeCallers(list: Registered[], files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "motivo-callers-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const file = join(folder, "callers.json");
  await writeFile(file, JSON.stringify(list));
  return file;
}

/** Keys of the callers of a test. */
export interface TestCallers {
  openDsr: OpenDsr;
  keys: Record<string, TestKey>;
}

/**
 * Callers of every kind: `cdp.example` by a certificate, `other.example` by a key, `weak.example` whose own check of
 * people is worth little, and some whose certificates are not good.
 */
export async function openTestCallers(callbacks: string[] = []): Promise<TestCallers> {
  const [cdp, other, ours] = [rsaKey(), rsaKey(), rsaKey()];
  const keys: Record<string, TestKey> = {
    "cdp.example": cdp,
    "other.example": other,
    "weak.example": other,
    "late.example": cdp,
    "elsewhere.example": cdp,
    "sealing.example": cdp,
    ours,
  };
  const all = {
    proof: 3,
    controller: "aurora",
    types: ["access", "portability", "erasure", "rectification", "review"],
  };
  const file = await writeCallers(
    [
      { ...all, domain: "cdp.example", certificate: "cdp.pem", callbacks: ["https://cdp.example/callback"] },
      { ...all, domain: "other.example", key: "other.pem", types: ["erasure"] },
      { ...all, domain: "weak.example", key: "other.pem", proof: 1 },
      { ...all, domain: "late.example", certificate: "late.pem" },
      { ...all, domain: "elsewhere.example", certificate: "cdp.pem" },
      { ...all, domain: "sealing.example", certificate: "sealing.pem" },
    ],
    {
      "cdp.pem": await certificateFor({ name: "cdp.example", key: cdp }),
      "late.pem": await certificateFor({ name: "late.example", key: cdp, to: "2026-02-01T00:00:00Z" }),
      "sealing.pem": await certificateFor({ name: "sealing.example", key: cdp, usage: 0x20 }),
      "other.pem": publicPem(other),
    },
  );
  const callers = await readCallers(file, "");
  // A receiver on this machine has no https address that the list would take.
  const known = callers.get("cdp.example")!;
  callers.set("cdp.example", { ...known, callbacks: [...known.callbacks, ...callbacks] });
  const pem = privatePem(ours);
  return {
    keys,
    openDsr: {
      callers,
      identity: identityOf(DOMAIN, pem, await selfMadeFor(DOMAIN, pem, new Date("2026-01-01T00:00:00Z"))),
      identityType: "controller_customer_id",
      address: ADDRESS,
      pendingMs: 3_600_000,
    },
  };
}

/** Drives the service as a customer-data platform does. */
export function callerOf(service: TestService, { keys, openDsr }: TestCallers) {
  const now = () => (service.clock.now ?? new Date()).toISOString();
  const signature = (domain: string, bytes: string) =>
    sign("sha256", Buffer.from(bytes), keys[domain]!.privateKey).toString("base64");
  const ask = (method: string, path: string, headers: Record<string, string>, body?: string) =>
    service.app.request(`${ADDRESS}${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body }),
    });
  const read = async (response: Response) => {
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
  };
  return {
    request: (subject: string, more: Record<string, unknown> = {}) => ({
      regulation: "lgpd",
      subject_request_id: randomUUID(),
      subject_request_type: "erasure",
      submitted_time: now(),
      subject_identities: [
        { identity_type: "controller_customer_id", identity_value: subject, identity_format: "raw" },
      ],
      api_version: "2.0",
      ...more,
    }),
    /** @param as whose domain and key; `headers` replaces what would be sent */
    async post(
      body: object | string,
      {
        as = "cdp.example",
        path = "/v2/requests",
        name = "OpenDSR",
        headers,
      }: { as?: string; path?: string; name?: string; headers?: Record<string, string> } = {},
    ) {
      const raw = typeof body === "string" ? body : JSON.stringify(body);
      const own = headers ?? {
        [`X-${name}-Processor-Domain`]: as,
        [`X-${name}-Signature`]: signature(as, raw),
      };
      return read(await ask("POST", path, own, raw));
    },
    /** GET or DELETE. */
    async call(
      method: "GET" | "DELETE",
      path: string,
      asked: { as?: string; time?: string; name?: string; signed?: string } = {},
    ) {
      const { as = "cdp.example", time = now(), name = "OpenDSR" } = asked;
      const { signed = `${method} ${path}\n${time}` } = asked;
      const headers = {
        [`X-${name}-Processor-Domain`]: as,
        [`X-${name}-Timestamp`]: time,
        [`X-${name}-Signature`]: signature(as, signed),
      };
      return read(await ask(method, path, headers));
    },
    unsigned: async (method: string, path: string, body?: string) => read(await ask(method, path, {}, body)),
    /** Whether our certificate's key signed exactly this text. */
    isSigned(text: string, header: (name: string) => string | null | undefined, name = "opendsr"): boolean {
      const { publicKey } = new X509Certificate(openDsr.identity.certificate);
      const given = Buffer.from(header(`x-${name}-signature`) ?? "", "base64");
      return (
        header(`x-${name}-processor-domain`) === DOMAIN &&
        verify("sha256", Buffer.from(text), publicKey, given)
      );
    },
  };
}
