import type { DevIssuer } from "../../src/http/dev-issuer.ts";
import type { CanaryPerson } from "./people.ts";

export type Role = "product" | "auditor" | "operator" | "reviewer" | CanaryPerson | { token: string } | null;

/** How one call is made. */
export interface Call {
  as: Role;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Told {
  status: number;
  text: string;
  bytes: Uint8Array;
  json: Record<string, unknown>;
  headers: Headers;
}

/** Headers as programs send them, full of what they know about the person. Bytes beyond ASCII go percent-encoded. */
export function talkativeHeaders({ subject, sent, written }: CanaryPerson): Record<string, string> {
  const name = encodeURIComponent(subject.name);
  return {
    "x-request-id": subject.document,
    "x-correlation-id": subject.email,
    "user-agent": `${sent.device} (${name})`,
    traceparent: `00-${sent.trace}-00f067aa0ba902b7-01`,
    tracestate: `aurora=${sent.session}`,
    baggage: `user=${encodeURIComponent(subject.email)},cpf=${subject.document}`,
    referer: `https://aurora.example/conta?cpf=${subject.document}&nome=${name}`,
    from: subject.email,
    "x-forwarded-for": written.ip!,
    "x-real-ip": written.ip!,
    forwarded: `for=${written.ip}`,
    cookie: `sid=${sent.session}; cliente=${subject.id}`,
  };
}

/** Calls a running service and keeps what it said where it refused, and every header of every answer. */
export class Caller {
  readonly statuses = new Map<number, number>();
  readonly codes = new Map<string, number>();
  /** Bodies of refusals. */
  readonly refusals: string[] = [];
  readonly headers: string[] = [];
  readonly #url: string;
  readonly #tokens: Record<string, string>;
  readonly #issuer: DevIssuer;

  constructor(url: string, tokens: Record<string, string>, issuer: DevIssuer) {
    this.#url = url;
    this.#tokens = tokens;
    this.#issuer = issuer;
  }

  tokenOf(person: CanaryPerson, proof: 1 | 2 | 3 = 3): Promise<string> {
    return this.#issuer.issue("subject", { subject: person.subject.id, proof });
  }

  async #token(as: Role): Promise<string | null> {
    if (as === null) return null;
    if (typeof as === "string") return this.#tokens[as]!;
    return "token" in as ? as.token : this.tokenOf(as);
  }

  /** @param path with its query */
  async call(method: string, path: string, { as, body, headers = {} }: Call): Promise<Told> {
    const token = await this.#token(as);
    const isRaw = typeof body === "string" || body instanceof Uint8Array;
    const response = await fetch(`${this.#url}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: isRaw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const text = Buffer.from(bytes).toString();
    this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
    this.headers.push(
      [...response.headers]
        .filter(([name]) => name !== "set-cookie")
        .map((pair) => pair.join(": "))
        .join("\n"),
    );
    let json: Record<string, unknown> = {};
    if (/^application\/(problem\+)?json/.test(response.headers.get("content-type") ?? ""))
      json = JSON.parse(text);
    if (response.status >= 400) {
      this.refusals.push(text);
      const code = typeof json.code === "string" ? json.code : "a page";
      this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    }
    return { status: response.status, text, bytes, json, headers: response.headers };
  }
}
