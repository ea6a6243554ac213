/**
 * Every refusal the service can give, as a stable code with its HTTP status and a title.
 * The code is the contract (RFC 9457 `type` is built from it); titles and details may be reworded.
 * Details and pointers name the place and the rule, never the value that was sent: it may be personal data.
 */
export const PROBLEMS = {
  // Reading the request
  malformed_json: [400, "The body is not JSON"],
  too_deep: [400, "The body is nested too deeply"],
  invalid_utf8: [400, "The body is not UTF-8"],
  body_not_object: [400, "The body must be a JSON object"],
  unsupported_media_type: [415, "The body must be application/json"],
  body_too_large: [413, "The body is larger than this route accepts"],
  invalid_request: [400, "The request does not fit the schema"],
  invalid_cursor: [400, "The cursor is not one of ours"],
  not_found: [404, "Nothing is here"],
  method_not_allowed: [405, "This address does not take that method"],
  // Who is asking
  unauthenticated: [401, "A valid bearer token is needed"],
  invalid_token: [401, "The token is not accepted"],
  expired_token: [401, "The token has expired"],
  forbidden: [403, "The token lacks the scope for this"],
  proof_level_too_low: [403, "This needs a stronger proof of identity"],
  invalid_csrf: [403, "The form is not from this session"],
  sign_in_expired: [400, "This sign-in was not begun here, or too long ago"],
  sign_in_refused: [403, "The issuer did not sign this person in"],
  issuer_failed: [502, "The issuer does not answer as it should"],
  no_code_address: [409, "No address is known that a code could go to"],
  too_many_codes: [429, "Too many codes were sent within an hour"],
  code_not_sent: [502, "The code could not be sent"],
  wrong_code: [403, "The code is not right, or not good any more"],
  // Decisions
  invalid_subject: [400, "The subject cannot be used"],
  missing_feature: [422, "A feature is missing"],
  unknown_feature: [422, "A feature is not in the model's contract"],
  invalid_type: [422, "A feature has the wrong type"],
  unseen_category: [422, "A feature has a value outside its categories"],
  out_of_range: [422, "A feature is outside its range"],
  text_too_long: [422, "A text feature is too long"],
  unsupported_language: [400, "The language is not one of the model's"],
  unknown_model: [404, "No such model"],
  unknown_version: [404, "No such version of the model"],
  unknown_decision: [404, "No such decision"],
  unknown_entry: [404, "No such entry in the log"],
  invalid_checkpoint: [400, "The checkpoint is not one that this log's key signed"],
  decision_erased: [410, "The decision was erased"],
  invalid_idempotency_key: [400, "The Idempotency-Key cannot be used"],
  idempotency_key_reused: [422, "The Idempotency-Key was used for another request"],
  subject_not_accepted: [400, "A dry run is about nobody, so it takes no subject"],
  too_many_dry_runs: [429, "This client has used up its dry runs"],
  batch_too_large: [413, "The batch has more decisions than one call takes"],
  k_not_stated: [422, "The package states no k, and none was given"],
  // Rights
  nothing_held: [404, "Nothing is held about this subject"],
  erasure_refused: [409, "The erasure is refused on a legal ground"],
  unknown_mandate: [404, "No such mandate is in force"],
  mandate_out_of_scope: [403, "The mandate does not reach so far"],
  mandate_not_accepted: [403, "Nobody does this for somebody else"],
  unknown_hold: [404, "No such hold is in force"],
  not_erased: [409, "Not everything of this was erased yet"],
  unknown_request: [404, "No such request"],
  illegal_transition: [409, "The request does not stand so that this could be done"],
  no_extension: [409, "The law knows no extension for this request"],
  extension_too_late: [409, "The first month is over"],
  ground_not_applicable: [409, "The ground is none for this right"],
  human_answer_needed: [409, "This is answered in another way"],
  processing_restricted: [409, "The person's data is restricted"],
  purpose_objected: [409, "The person objected to this purpose"],
  consent_revoked: [409, "The person revoked their consent"],
  unknown_restriction: [404, "No such restriction"],
  unknown_review: [404, "No such review"],
  unknown_copy: [404, "No such copy"],
  copy_not_ready: [409, "The copy is not ready"],
  review_not_opened: [409, "The file was not opened by this reviewer"],
  unknown_outcome: [422, "The outcome is not one of the model's"],
  decision_superseded: [409, "Another decision stands in its place"],
  // OpenDSR
  opendsr_not_configured: [404, "No caller of OpenDSR is registered here"],
  unsigned_request: [403, "The request is not signed"],
  unknown_caller: [403, "The caller is not registered"],
  invalid_certificate: [403, "The caller's certificate is not good"],
  invalid_signature: [403, "The signature does not verify"],
  opendsr_unsupported: [400, "This is not offered; discovery says what is"],
  opendsr_type_not_allowed: [403, "The caller is not registered for this type of request"],
  opendsr_id_reused: [400, "The subject_request_id was used for another request"],
  opendsr_not_pending: [400, "The request was begun, or is closed"],
  opendsr_no_results: [404, "There are no results"],
  // Packages
  invalid_package: [422, "The package does not publish"],
  duplicate_version: [409, "This package is already published"],
  // The service itself
  overloaded: [503, "Too many decisions are waiting"],
  not_ready: [503, "The service is not ready"],
  outcome_unknown: [503, "Whether this was recorded is not known"],
  upstream_not_configured: [503, "No Node service is configured for this"],
  upstream_unreachable: [502, "The Node service does not answer"],
  keys_unavailable: [503, "The epoch keys cannot be used"],
  prediction_failed: [500, "The model could not be evaluated"],
  log_halted: [503, "The log has raised an alarm and signs nothing until an operator has looked"],
  key_change_running: [409, "The log is changing its key already"],
  log_conflict: [500, "The log refused to append"],
  internal: [500, "Something failed here"],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault inside a request: a JSON Pointer (RFC 6901) to the place, a code, and the rule in words. */
export interface Fault {
  pointer: string;
  code: ProblemCode;
  detail: string;
}

/** A refusal. Thrown anywhere in the core, turned into RFC 9457 problem details once, in `http/problem.ts`. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly faults: readonly Fault[];
  /** Further members of the problem document, free of personal data. */
  readonly members: Readonly<Record<string, unknown>>;
  /** Seconds after which trying again makes sense; sent as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail?: string,
    more: {
      faults?: readonly Fault[];
      members?: Record<string, unknown>;
      retryAfterSeconds?: number;
      cause?: unknown;
    } = {},
  ) {
    super(detail ?? PROBLEMS[code][1], more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "Problem";
    this.code = code;
    this.status = PROBLEMS[code][0];
    this.faults = more.faults ?? [];
    this.members = more.members ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}
