import { OpenAPIRegistry, OpenApiGeneratorV31 } from "@asteasolutions/zod-to-openapi";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { PROBLEMS, Problem, type ProblemCode } from "../errors.ts";
import type { RequestRight } from "../subjects/requests/rights.ts";
import { readJsonObject } from "./read-json.ts";
import type { Actor, ProofLevel, Scope, TokenVerifier } from "./tokens.ts";

/** What the middleware leaves for the handlers. */
export interface Variables {
  requestId: string;
  /** The route's pattern, for the service's own log: paths may name people, patterns cannot. */
  route?: string;
}

export type Env = { Variables: Variables };

/** Who may call a route: any of the scopes. `proof` is the least proof of identity; full access and erasure ask for 3. */
/** Turns whoever holds a mandate into the person, as far as it reaches; `need` null: whichever right of it is exercised. */
export type ActUnder = (
  actor: Actor,
  mandate: string,
  need: RequestRight | null,
  what: string,
) => Promise<Actor>;

/** Names the mandate under which a representative calls (LGPD 18 §3). */
export const MANDATE_HEADER = "Motivo-Mandate";
const mandateId = z.uuid();

export type Access = "public" | { scope: Scope | readonly Scope[]; proof?: Exclude<ProofLevel, 1> };

const scopesOf = (access: Exclude<Access, "public">): readonly Scope[] => [access.scope].flat() as Scope[];

type Shape = z.ZodType;
interface Spec<P extends Shape, Q extends Shape, B extends Shape> {
  method: "get" | "post" | "put" | "delete";
  /** OpenAPI's notation: `/v1/models/{model}`; a last part named `{path}` takes the rest of the address, slashes and all. */
  path: string;
  access: Access;
  /** What a mandate must name so that a representative may call this; `any`: the verb asks. Absent: nobody may. */
  mandate?: RequestRight | "any";
  tag: string;
  summary: string;
  description?: string;
  params?: P;
  query?: Q;
  /** The schema that the body must fit. Read as JSON unless it is absent. */
  body?: B;
  /** The body of a route that reads and checks it itself, for the API's description. */
  rawBody?: z.ZodType;
  /** What the API's description shows instead, where the verb itself reads parts of the body. */
  describedBody?: z.ZodType;
  maxBodyBytes?: number;
  headers?: z.ZodObject;
  /** `textToo`: a media type that the same answer takes as text when the caller asks for it. */
  answers: Record<number, { description: string; schema?: z.ZodType; mediaType?: string; textToo?: string }>;
  problems?: readonly ProblemCode[];
}

export interface Asked<P, Q, B> {
  c: Context<Env>;
  /** Absent on public routes only. */
  actor: Actor;
  params: P;
  query: Q;
  body: B;
}

const NOBODY: Actor = { scopes: new Set(), subject: "", client: "", proof: 1 };

/** One component of the API's description: every refusal of every route points to it. */
const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).optional(),
  })
  .loose()
  .meta({ id: "Problem" });

/** Names every place that does not fit, never what stood there. */
export function parseOrRefuse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.flatMap((issue) => {
    const at = `${where}${issue.path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")}`;
    // zod repeats unknown keys in its message; a key that a client made up may be anything.
    if (issue.code === "unrecognized_keys")
      return [{ pointer: at, detail: "has a member that is not known here" }];
    return [{ pointer: at, detail: `is not as the schema asks (${issue.code})` }];
  });
  throw new Problem(
    "invalid_request",
    `The request does not fit the schema at ${faults[0]!.pointer || "/"}`,
    {
      faults: faults.map((fault) => ({ ...fault, code: "invalid_request" as const })),
    },
  );
}

async function authorise(c: Context<Env>, access: Access, verify: TokenVerifier): Promise<Actor> {
  if (access === "public") return NOBODY;
  const header = c.req.header("authorization") ?? "";
  const [, token] = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i.exec(header) ?? [];
  if (token === undefined) throw new Problem("unauthenticated");
  const actor = await verify(token);
  const scopes = scopesOf(access);
  if (!scopes.some((scope) => actor.scopes.has(scope))) {
    throw new Problem("forbidden", `This needs the scope "${scopes.join('" or "')}"`);
  }
  if (access.proof !== undefined && actor.proof < access.proof) {
    throw new Problem("proof_level_too_low", `This needs proof level ${access.proof}`);
  }
  return actor;
}

/**
 * The JSON routes and their description in one: what is mounted is what `/openapi.json` says, and a route
 * that names no access does not compile.
 */
export class Api {
  readonly hono = new Hono<Env>();
  readonly routes: { method: string; path: string; access: Access }[] = [];
  readonly #registry = new OpenAPIRegistry();
  readonly #verify: TokenVerifier;
  readonly #actUnder: ActUnder | null;

  constructor(verify: TokenVerifier, actUnder: ActUnder | null = null) {
    this.#verify = verify;
    this.#actUnder = actUnder;
    this.#registry.registerComponent("securitySchemes", "bearer", {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
    });
  }

  route<P extends Shape = z.ZodUnknown, Q extends Shape = z.ZodUnknown, B extends Shape = z.ZodUnknown>(
    spec: Spec<P, Q, B>,
    handler: (asked: Asked<z.output<P>, z.output<Q>, z.output<B>>) => Response | Promise<Response>,
  ): void {
    this.routes.push({ method: spec.method, path: spec.path, access: spec.access });
    this.#describe(spec as Spec<Shape, Shape, Shape>);
    const pattern = patternOf(spec.path);
    this.hono.on(spec.method.toUpperCase(), pattern, async (c) => {
      c.set("route", spec.path);
      const actor = await this.#represented(c, spec, await authorise(c, spec.access, this.#verify));
      const params = spec.params ? parseOrRefuse(spec.params, plain(c.req.param()), "/path") : undefined;
      const query = spec.query ? parseOrRefuse(spec.query, plain(singleValues(c)), "/query") : undefined;
      const body = spec.body
        ? parseOrRefuse(spec.body, await readJsonObject(c, spec.maxBodyBytes), "")
        : undefined;
      return handler({
        c,
        actor,
        params: params as z.output<P>,
        query: query as z.output<Q>,
        body: body as z.output<B>,
      });
    });
  }

  /** @throws Problem mandate_not_accepted, unknown_mandate, mandate_out_of_scope */
  async #represented(
    c: Context<Env>,
    {
      access,
      mandate,
      method,
      path,
    }: Pick<Spec<Shape, Shape, Shape>, "access" | "mandate" | "method" | "path">,
    actor: Actor,
  ): Promise<Actor> {
    const named = c.req.header(MANDATE_HEADER);
    if (named === undefined || access === "public") return actor;
    if (mandate === undefined || !this.#actUnder || !actor.scopes.has("subject"))
      throw new Problem("mandate_not_accepted");
    if (!mandateId.safeParse(named).success) throw new Problem("unknown_mandate");
    const need = mandate === "any" ? null : mandate;
    return this.#actUnder(actor, named, need, `${method.toUpperCase()} ${path}`);
  }

  /** The methods that an address takes; empty when it is no address of the API. */
  methodsOf(path: string): string[] {
    return this.routes
      .filter((route) =>
        new RegExp(`^${route.path.replace(/\{path\}$/, ".+").replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
      )
      .map((route) => route.method.toUpperCase());
  }

  document(version: string): unknown {
    return new OpenApiGeneratorV31(this.#registry.definitions).generateDocument({
      openapi: "3.1.0",
      info: {
        title: "Motivo",
        version,
        description:
          "Decisions with their reasons, on a tamper-evident record. Every refusal is an RFC 9457 problem with a stable `code`.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
    });
  }

  #describe(spec: Spec<Shape, Shape, Shape>): void {
    const { access } = spec;
    const headers = spec.mandate
      ? z.object({ [MANDATE_HEADER]: mandateId.optional().meta({ description: "to act under a mandate" }) })
      : spec.headers;
    const own: ProblemCode[] = [
      ...(access === "public"
        ? []
        : (["unauthenticated", "invalid_token", "expired_token", "forbidden"] as const)),
      ...(spec.mandate ? (["unknown_mandate", "mandate_out_of_scope"] as const) : []),
      ...(access !== "public" && access.proof ? (["proof_level_too_low"] as const) : []),
      ...(spec.body || spec.rawBody
        ? ([
            "unsupported_media_type",
            "body_too_large",
            "malformed_json",
            "too_deep",
            "invalid_utf8",
            "body_not_object",
          ] as const)
        : []),
      ...(spec.params || spec.query || spec.body || spec.rawBody ? (["invalid_request"] as const) : []),
      ...(spec.problems ?? []),
      "internal",
    ];
    const byStatus = Map.groupBy(new Set(own), (code) => PROBLEMS[code][0]);
    const refusals = [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(", "),
        content: { "application/problem+json": { schema: problemSchema } },
      },
    ]);
    const answers = Object.entries(spec.answers).map(
      ([status, { description, schema, mediaType, textToo }]) => [
        status,
        {
          description,
          ...(schema || mediaType
            ? {
                content: {
                  [mediaType ?? "application/json"]: { schema: schema ?? z.string() },
                  ...(textToo ? { [textToo]: { schema: z.string() } } : {}),
                },
              }
            : {}),
        },
      ],
    );
    this.#registry.registerPath({
      method: spec.method,
      path: spec.path,
      tags: [spec.tag],
      summary: spec.summary,
      ...(spec.description ? { description: spec.description } : {}),
      security: access === "public" ? [] : [{ bearer: [] }],
      "x-motivo-scopes": access === "public" ? [] : scopesOf(access),
      ...(access !== "public" && access.proof ? { "x-motivo-proof": access.proof } : {}),
      request: {
        ...(spec.params ? { params: spec.params as z.ZodObject } : {}),
        ...(spec.query ? { query: spec.query as z.ZodObject } : {}),
        ...(headers ? { headers } : {}),
        ...(spec.body || spec.rawBody
          ? {
              body: {
                required: true,
                content: {
                  "application/json": { schema: spec.rawBody ?? spec.describedBody ?? spec.body! },
                },
              },
            }
          : {}),
      },
      responses: Object.fromEntries([...answers, ...refusals]),
    });
  }
}

/** OpenAPI's `{name}` in Hono's notation. */
export const patternOf = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, ":$1").replace(/:path$/, ":path{.+}");

/** PostgreSQL's text holds no NUL: what has one can be nothing of ours, and must not reach a query. */
function plain<T extends Record<string, string>>(values: T): T {
  if (Object.values(values).some((value) => value.includes("\0"))) {
    throw new Problem("invalid_request", "A parameter holds a NUL character");
  }
  return values;
}

/** Query parameters, each at most once: which of two would count is nobody's guess. */
function singleValues(c: Context): Record<string, string> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => {
      if (values.length > 1) throw new Problem("invalid_request", "A query parameter is given twice");
      return [name, values[0]!];
    }),
  );
}
