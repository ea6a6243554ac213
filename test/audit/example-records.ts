import type { JsonObject } from "../../audit/canonical.ts";
import type { LeafKind } from "../../audit/leaf.ts";

const HMAC = "9f2c4e1ab0d37754c6a1e0cb9d8f6a35";
const ID = "0192f3c1-6a7b-7c3d-8e4f-5a6b7c8d9e0f";

/**
 * A record of every kind but erasure and coarsening, beside `kind`, `hour` and `digests`: the members that `FORMAT.md` names. `key` has
 * its own from the log itself.
 */
export const EXAMPLE_RECORDS: { [kind in Exclude<LeafKind, "erasure" | "coarsening">]: JsonObject } = {
  decision: { id: ID, model: "german-credit", version: 2, outcome: "refused" },
  explanation: { about: ID, what: "counterfactuals", actor: HMAC, role: "subject", purpose: "own-access" },
  correction: { about: ID, features: ["age"], decision: ID },
  outcome: { about: ID, outcome: "repaid" },
  access: { about: ID, actor: HMAC, role: "auditor", purpose: "audit", what: "record" },
  export: { what: "log", recipient: "regulator" },
  refusal: { right: "erasure", article: "LGPD 7 X" },
  review: { about: ID, actor: HMAC, role: "reviewer", result: "overruled", grounds: ["new-information"] },
  hold: { what: "placed", ground: "LGPD 16 I", until: "2027-12-31", actor: HMAC, role: "operator" },
  publish: { model: "german-credit", version: 2 },
  alias: { model: "german-credit", alias: "champion", version: 2 },
  key: {},
  configuration: { what: "epoch-key-destroyed", epoch: 1 },
  request: { request: ID, step: "received" },
};
