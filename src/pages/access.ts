import type { RequestRight } from "../subjects/requests/rights.ts";
import { OPERATOR_ROUTES } from "./operator/access.ts";

/** Who may open a page. A signed-in person in another role gets the refusal, a stranger the way to sign in. */
export interface PageRoute {
  method: "get" | "post";
  /** Hono's notation: `/me/decisions/:id` */
  path: string;
  access: "public" | "subject" | "auditor" | "product" | "operator" | "reviewer";
  /** The least proof of identity, as `PROOF_OF` has it; full access and erasure need the highest. */
  proof?: 2 | 3;
  /**
   * What a mandate must name so that a representative may open this for the person (LGPD 18 §3); `any`: the verb asks.
   * Absent: nobody may.
   */
  mandate?: RequestRight | "any";
  /** Of a page that is whoever's who is signed in, also while they act for somebody. */
  own?: true;
  /** Of a form that takes files; others have the ordinary limit. */
  maxBytes?: number;
}

/** Of people's requests: a form at the proof level of its right; what one request needs, its own right says. */
const REQUEST_ROUTES = [
  { method: "get", path: "/me/requests", access: "subject", mandate: "any" },
  { method: "get", path: "/me/requests/:id", access: "subject", mandate: "any" },
  { method: "post", path: "/me/requests/:id/:step", access: "subject", mandate: "any" },
  { method: "get", path: "/me/ask/review", access: "subject", proof: 2, mandate: "review" },
  { method: "post", path: "/me/ask/review", access: "subject", proof: 2, mandate: "review" },
  { method: "get", path: "/me/ask/correction", access: "subject", proof: 3, mandate: "correction" },
  { method: "post", path: "/me/ask/correction", access: "subject", proof: 3, mandate: "correction" },
  { method: "get", path: "/me/ask/objection", access: "subject", proof: 2, mandate: "objection" },
  { method: "post", path: "/me/ask/objection", access: "subject", proof: 2, mandate: "objection" },
  { method: "get", path: "/me/ask/restriction", access: "subject", proof: 2, mandate: "restriction" },
  { method: "post", path: "/me/ask/restriction", access: "subject", proof: 2, mandate: "restriction" },
  { method: "get", path: "/me/ask/consent_revocation", access: "subject", mandate: "consent_revocation" },
  { method: "post", path: "/me/ask/consent_revocation", access: "subject", mandate: "consent_revocation" },
  { method: "get", path: "/me/ask/recipients", access: "subject", proof: 2, mandate: "recipients" },
  { method: "post", path: "/me/ask/recipients", access: "subject", proof: 2, mandate: "recipients" },
] as const satisfies readonly PageRoute[];

/** Of representatives: whose mandates they are is who signed in, whomever they act for. */
const MANDATE_ROUTES = [
  { method: "get", path: "/me/mandates", access: "subject", own: true },
  { method: "post", path: "/me/mandates/:id/act", access: "subject", own: true },
  { method: "post", path: "/me/mandates/:id/end", access: "subject", proof: 2, own: true },
  { method: "get", path: "/me/acting", access: "subject", own: true },
  { method: "post", path: "/me/acting/end", access: "subject", own: true },
] as const satisfies readonly PageRoute[];

/** Every page. `pages()` mounts nothing that is not here, so a test that walks this table walks them all. */
export const PAGE_ROUTES = [
  { method: "get", path: "/", access: "public" },
  { method: "get", path: "/assets/:file", access: "public" },
  { method: "get", path: "/preferences", access: "public" },
  { method: "get", path: "/sign-in", access: "public" },
  { method: "get", path: "/sign-in/issuer", access: "public" },
  { method: "get", path: "/sign-in/back", access: "public" },
  { method: "get", path: "/enter", access: "public" },
  { method: "post", path: "/session", access: "public" },
  { method: "post", path: "/session/end", access: "public" },
  { method: "get", path: "/me", access: "subject", mandate: "access_complete" },
  { method: "get", path: "/me/decisions/:id", access: "subject", mandate: "any" },
  { method: "get", path: "/me/code", access: "subject", own: true },
  { method: "post", path: "/me/code", access: "subject", own: true },
  { method: "post", path: "/me/code/use", access: "subject", own: true },
  { method: "get", path: "/me/access", access: "subject", proof: 3, mandate: "access_complete" },
  { method: "get", path: "/me/copy", access: "subject", proof: 3, mandate: "any" },
  { method: "post", path: "/me/copy", access: "subject", proof: 3, mandate: "any" },
  { method: "get", path: "/me/copy/:id/:name", access: "subject", proof: 3, mandate: "any" },
  { method: "post", path: "/me/copy/:id/delete", access: "subject", proof: 3 },
  ...REQUEST_ROUTES,
  ...MANDATE_ROUTES,
  { method: "get", path: "/certificate", access: "public" },
  { method: "post", path: "/certificate", access: "public" },
  { method: "get", path: "/me/erase", access: "subject", proof: 3, mandate: "erasure" },
  { method: "post", path: "/me/erase", access: "subject", proof: 3, mandate: "erasure" },
  { method: "get", path: "/audit/decisions", access: "auditor" },
  { method: "get", path: "/audit/decisions/:id", access: "auditor" },
  { method: "get", path: "/audit/entries/:index", access: "auditor" },
  { method: "get", path: "/audit/decisions/:id/evidence", access: "auditor" },
  { method: "get", path: "/audit/models", access: "auditor" },
  { method: "get", path: "/audit/models/:model/:version", access: "auditor" },
  { method: "get", path: "/audit/log", access: "auditor" },
  { method: "get", path: "/audit/export", access: "auditor" },
  { method: "get", path: "/verifier/:build/:file", access: "public" },
  { method: "get", path: "/components/:file", access: "public" },
  { method: "get", path: "/product", access: "product" },
  { method: "get", path: "/product/models/:model", access: "product" },
  { method: "post", path: "/product/models/:model", access: "product" },
  ...OPERATOR_ROUTES,
] as const satisfies readonly PageRoute[];

export type PagePath = (typeof PAGE_ROUTES)[number]["path"];
