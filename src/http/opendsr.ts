import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { z } from "zod";
import { Problem, type ProblemCode } from "../errors.ts";
import { INPUT_CODES } from "../models/inputs.ts";
import { API_VERSION, statusBody } from "../subjects/opendsr/body.ts";
import { type Caller, REQUEST_TYPES, STANDARD_TYPES } from "../subjects/opendsr/callers.ts";
import { resultsFor } from "../subjects/opendsr/results.ts";
import type { OpenDsr, OpenDsrDeps } from "../subjects/opendsr/settings.ts";
import { signedHeaders, verifiedCaller } from "../subjects/opendsr/signature.ts";
import { callersStanding, cancelCallersRequest, takeCallersRequest } from "../subjects/opendsr/take.ts";
import type { RightsDeps } from "../subjects/requests/settings.ts";
import type { Api, Env } from "./api.ts";
import * as shapes from "./opendsr-schemas.ts";
import { asProblem, problemDocument } from "./problem.ts";
import { needJson, parseObject, readLimited } from "./read-json.ts";

const TAG = "OpenDSR";
const SIGNED =
  "The caller signs: `X-OpenDSR-Processor-Domain` and `X-OpenDSR-Signature` (or the names of OpenGDPR), and without a body `X-OpenDSR-Timestamp`. Answers and refusals are signed in the same way.";
const STANDARD: ReadonlySet<string> = new Set(STANDARD_TYPES);
const BODY_BYTES = 64 * 1024;
const CALLERS = [
  "opendsr_not_configured",
  "unsigned_request",
  "unknown_caller",
  "invalid_certificate",
  "invalid_signature",
] as const satisfies ProblemCode[];
const access = "public";

type Answer = { status: ContentfulStatusCode; body: object };

/** A refusal as OpenDSR tells it (§7.6), beside the members of every problem here. */
function refusalOf(problem: Problem, requestId: string, domain: string): object {
  const { status: code, message } = problem;
  const reason = String(problem.members.reason ?? problem.code);
  return {
    ...problemDocument(problem, requestId),
    error: { code, message, errors: [{ domain, reason, message }] },
  };
}

/** Answers, or refuses, and signs either. @throws Problem opendsr_not_configured, which nobody is there to sign */
async function signed(
  c: Context<Env>,
  openDsr: OpenDsr | null,
  work: (openDsr: OpenDsr) => Answer | Promise<Answer>,
): Promise<Response> {
  if (!openDsr) throw new Problem("opendsr_not_configured");
  const { identity } = openDsr;
  const give = (status: ContentfulStatusCode, body: object, mediaType: string) => {
    const text = JSON.stringify(body);
    return c.body(text, status, {
      "content-type": mediaType,
      "cache-control": "no-store",
      ...signedHeaders(identity, text),
    });
  };
  try {
    const { status, body } = await work(openDsr);
    return give(status, body, "application/json");
  } catch (error) {
    const problem = asProblem(error);
    // For the service's own log, as if it had been thrown on.
    if (error instanceof Error) c.error = error;
    const told = refusalOf(problem, c.get("requestId") ?? "none", identity.domain);
    return give(problem.status as ContentfulStatusCode, told, "application/problem+json");
  }
}

/** For customer-data platforms: OpenDSR 2.0. Every caller is registered and every request signed. */
export function openDsrRoutes(
  api: Api,
  deps: RightsDeps,
  openDsr: OpenDsr | null,
  who: { controller: string; dataProtectionOfficer: string },
): void {
  const own = (settled: OpenDsr): OpenDsrDeps => ({ ...deps, openDsr: settled });
  const callerOf = (c: Context<Env>, { callers }: OpenDsr, body: Uint8Array): Caller => {
    const { method, url } = c.req;
    const header = (name: string) => c.req.header(name);
    return verifiedCaller(callers, { method, path: new URL(url).pathname, body, header }, deps.now());
  };
  const nothing = new Uint8Array();
  const params = z.strictObject({ id: shapes.requestId });

  api.route(
    {
      method: "get",
      path: "/v2/discovery",
      access,
      tag: TAG,
      summary: "What is offered over OpenDSR",
      answers: { 200: { description: "Signed", schema: shapes.discovery } },
      problems: ["opendsr_not_configured"],
    },
    ({ c }) =>
      signed(c, openDsr, ({ address, identity, identityType }) => ({
        status: 200,
        body: {
          api_version: API_VERSION,
          supported_identities: [{ identity_type: identityType, identity_format: "raw" }],
          supported_subject_request_types: [...STANDARD_TYPES],
          processor_certificate: `${address}/v2/certificate`,
          extensions: {
            [identity.domain]: {
              regulations: shapes.regulationsOf(deps.rights),
              subject_request_types: REQUEST_TYPES.filter((type) => !STANDARD.has(type)),
            },
          },
        },
      })),
  );
  api.route(
    {
      method: "get",
      path: "/v2/certificate",
      access,
      tag: TAG,
      summary: "The certificate with which answers and callbacks are signed",
      answers: { 200: { description: "PEM", mediaType: "application/x-pem-file" } },
      problems: ["opendsr_not_configured"],
    },
    ({ c }) => {
      if (!openDsr) throw new Problem("opendsr_not_configured");
      return c.body(openDsr.identity.certificate, 200, { "content-type": "application/x-pem-file" });
    },
  );
  api.route(
    {
      method: "post",
      path: "/v2/requests",
      access,
      tag: TAG,
      summary: "Pass on a person's request; it stays pending for a while",
      description: SIGNED,
      rawBody: shapes.callersRequest,
      answers: { 201: { description: "Taken, or taken before under this id", schema: shapes.taken } },
      problems: [
        ...CALLERS,
        "opendsr_unsupported",
        "opendsr_type_not_allowed",
        "opendsr_id_reused",
        "proof_level_too_low",
        "unknown_decision",
        "decision_superseded",
        "decision_erased",
        ...INPUT_CODES,
      ],
    },
    ({ c }) =>
      signed(c, openDsr, async (settled) => {
        const raw = await readLimited(c, BODY_BYTES);
        const caller = callerOf(c, settled, raw);
        needJson(c);
        const asked = shapes.parseCallersRequest(
          parseObject(raw),
          settled,
          deps.rights,
          caller.callbacks,
          deps.now(),
        );
        const { standing, receivedAt } = await takeCallersRequest(own(settled), caller, asked);
        return {
          status: 201,
          body: {
            controller_id: caller.controller,
            expected_completion_time: standing.expected,
            received_time: receivedAt.toISOString(),
            encoded_request: Buffer.from(raw).toString("base64"),
            subject_request_id: asked.id,
            api_version: API_VERSION,
          },
        };
      }),
  );
  api.route(
    {
      method: "get",
      path: "/v2/requests/{id}",
      access,
      tag: TAG,
      summary: "How a request of the caller's stands",
      description: SIGNED,
      params,
      answers: { 200: { description: "Signed", schema: shapes.status } },
      problems: [...CALLERS, "unknown_request"],
    },
    ({ c, params: { id } }) =>
      signed(c, openDsr, async (settled) => {
        const caller = callerOf(c, settled, nothing);
        const { standing } = await callersStanding(own(settled), caller, id);
        return { status: 200, body: statusBody(settled, deps.rights, caller, standing) };
      }),
  );
  api.route(
    {
      method: "get",
      path: "/v2/requests/{id}/results",
      access,
      tag: TAG,
      summary: "What a completed request hands over, for 30 days; the reading is on the record",
      description: SIGNED,
      params,
      answers: { 200: { description: "As the right's own route gives it", schema: z.looseObject({}) } },
      problems: [
        ...CALLERS,
        "unknown_request",
        "opendsr_no_results",
        "opendsr_type_not_allowed",
        "proof_level_too_low",
        "unknown_decision",
      ],
    },
    ({ c, params: { id } }) =>
      signed(c, openDsr, async (settled) => {
        const caller = callerOf(c, settled, nothing);
        return { status: 200, body: await resultsFor(own(settled), who, caller, id) };
      }),
  );
  api.route(
    {
      method: "delete",
      path: "/v2/requests/{id}",
      access,
      tag: TAG,
      summary: "Take back a request that is pending",
      description: SIGNED,
      params,
      answers: { 202: { description: "Cancelled", schema: shapes.cancelled } },
      problems: [...CALLERS, "unknown_request", "opendsr_not_pending"],
    },
    ({ c, params: { id } }) =>
      signed(c, openDsr, async (settled) => {
        const caller = callerOf(c, settled, nothing);
        await cancelCallersRequest(own(settled), caller, id);
        return {
          status: 202,
          body: {
            controller_id: caller.controller,
            subject_request_id: id,
            received_time: deps.now().toISOString(),
            api_version: API_VERSION,
          },
        };
      }),
  );
}
