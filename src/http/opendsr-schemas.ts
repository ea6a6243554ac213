import { z } from "zod";
import { Problem } from "../errors.ts";
import { REQUEST_TYPES, RIGHT_OF } from "../subjects/opendsr/callers.ts";
import type { OpenDsr } from "../subjects/opendsr/settings.ts";
import { CALLER_STATUSES } from "../subjects/opendsr/standing.ts";
import type { CallerAsked } from "../subjects/opendsr/take.ts";
import type { Asked } from "../subjects/requests/request.ts";
import type { RightsSettings } from "../subjects/requests/settings.ts";
import { REQUEST_STATES } from "../subjects/requests/states.ts";
import { parseOrRefuse } from "./api.ts";
import { ASKED_WITH } from "./request-schemas.ts";

const CONTROL = /\p{Cc}/u;
/** §1.1: identifiers are UUIDs of version 4 in lower case. */
export const requestId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

const identity = z.looseObject({
  identity_type: z.string().min(1).max(100),
  identity_value: z
    .string()
    .min(1)
    .max(1000)
    .refine((value) => !CONTROL.test(value) && value.isWellFormed(), "not plain text"),
  identity_format: z.enum(["raw", "sha1", "md5", "sha256"]),
});

/** §7.1. Members that are not known are let be, as extensions of the specification may add some. */
export const callersRequest = z
  .looseObject({
    regulation: z.string().max(100).optional().meta({ description: "gdpr, lgpd, cadastro_positivo" }),
    subject_request_id: requestId,
    subject_request_type: z.enum(REQUEST_TYPES),
    subject_identities: z.array(identity).min(1).max(50),
    submitted_time: z.iso.datetime({ offset: true }),
    api_version: z.string().max(20).optional(),
    status_callback_urls: z.array(z.string().max(2000)).max(10).optional(),
    extensions: z.record(z.string().max(253), z.looseObject({})).optional().meta({
      description: "under our domain: what the type is asked with, as in /v1/me/requests/{right}",
    }),
  })
  .meta({ id: "OpenDsrRequest" });

const instant = z.string().meta({ description: "RFC 3339" });
const head = {
  controller_id: z.string(),
  subject_request_id: z.string(),
  api_version: z.string(),
};
const standing = { expected_completion_time: instant };
export const taken = z.object({
  ...head,
  ...standing,
  received_time: instant,
  encoded_request: z.string().meta({ description: "base64 of the request's body" }),
});
export const status = z.object({
  ...head,
  ...standing,
  request_status: z.enum(CALLER_STATUSES),
  results_url: z.string().optional(),
  extensions: z.record(
    z.string(),
    z.object({
      right: z.string(),
      state: z.enum(REQUEST_STATES),
      due: z.string().nullable(),
      refusal: z
        .object({
          ground: z.string(),
          articles: z.array(z.string()),
          reason: z.string().nullable(),
          remedies: z.array(z.string()),
        })
        .optional(),
    }),
  ),
});
export const cancelled = z.object({ ...head, received_time: instant });
export const discovery = z.object({
  api_version: z.string(),
  supported_identities: z.array(z.object({ identity_type: z.string(), identity_format: z.literal("raw") })),
  supported_subject_request_types: z.array(z.string()),
  processor_certificate: z.string(),
  extensions: z.record(
    z.string(),
    z.object({ regulations: z.array(z.string()), subject_request_types: z.array(z.string()) }),
  ),
});

type Unsupported =
  | "identity_type"
  | "identity_format"
  | "identity_ambiguous"
  | "regulation"
  | "callback"
  | "submitted_time"
  | "api_version";

const unsupported = (reason: Unsupported, detail: string): Problem =>
  new Problem("opendsr_unsupported", detail, { members: { reason } });

/** Names under which a regulation may be asked for here. */
export const regulationsOf = ({ regimes }: Pick<RightsSettings, "regimes">): string[] => [
  ...new Set(regimes.map((regime) => (regime === "lgpd_small_agent" ? "lgpd" : regime))),
];

/** Whom the request is about: the raw value of the configured type, once. */
function subjectIn(identities: z.infer<typeof identity>[], identityType: string): string {
  const ours = identities.filter(({ identity_type }) => identity_type === identityType);
  if (ours.length === 0) throw unsupported("identity_type", `A person is known here by ${identityType}`);
  const raw = ours.filter(({ identity_format }) => identity_format === "raw");
  if (raw.length === 0)
    throw unsupported(
      "identity_format",
      `${identityType} is taken raw alone: ids are stored under a keyed hash of our own, which no other hash leads to`,
    );
  const values = new Set(raw.map(({ identity_value }) => identity_value));
  const [value, ...more] = values;
  if (more.length > 0 || value === undefined || value.length > 200)
    throw unsupported("identity_ambiguous", "A request is about one person");
  return value;
}

/**
 * Parses a request whose signature was checked.
 * @param callbacks addresses that the caller registered
 * @throws Problem invalid_request, opendsr_unsupported
 */
export function parseCallersRequest(
  body: unknown,
  { identityType, identity: us }: OpenDsr,
  rights: RightsSettings,
  callbacks: readonly string[],
  now: Date,
): CallerAsked {
  const parsed = parseOrRefuse(callersRequest, body, "");
  const { regulation, api_version, status_callback_urls: urls = [], subject_request_type: type } = parsed;
  if (api_version !== undefined && !/^[12](\.|$)/.test(api_version))
    throw unsupported("api_version", "This is version 2, and takes requests of version 1");
  if (regulation !== undefined && !regulationsOf(rights).includes(regulation))
    throw unsupported("regulation", `The controller answers under ${regulationsOf(rights).join(", ")}`);
  if (urls.some((url) => !callbacks.includes(url)))
    throw unsupported("callback", "A callback goes to an address that is registered for the caller");
  const submittedAt = new Date(parsed.submitted_time);
  // What was forgotten would otherwise be done again by whoever kept the signed body.
  if (now.getTime() - submittedAt.getTime() > rights.keepDays * 86_400_000)
    throw unsupported("submitted_time", "The request is older than requests are kept here");
  const extension = parsed.extensions?.[us.domain] ?? {};
  const argumentsOf: z.ZodType = ASKED_WITH[RIGHT_OF[type]];
  return {
    id: parsed.subject_request_id,
    type,
    subject: subjectIn(parsed.subject_identities, identityType),
    asked: parseOrRefuse(argumentsOf, extension, "/extensions") as Asked,
    submittedAt,
    callbacks: [...new Set(urls)],
  };
}
