import type { SessionMandate } from "../../http/sessions.ts";
import type { Actor } from "../../http/tokens.ts";
import type { RequestRight } from "../../subjects/requests/rights.ts";

/** A mandate as either side reads it. No id of a person is in it. */
export interface ShownMandate {
  id: string;
  reference: string;
  /** What the other side is called; null where the mandate has no names. */
  name: string | null;
  rights: readonly RequestRight[];
  /** RFC 3339 */
  recordedAt: string;
  /** YYYY-MM-DD, the last day. */
  until: string;
  inForce: boolean;
  revoked: { at: string; by: "operator" | "person" | "representative" } | null;
}

/** One that the person gave: on what evidence, and each time it was used, newest first. */
export interface GivenMandate extends ShownMandate {
  evidence: { sha256: string; note: string };
  /** `what`: method and address, as a pattern. */
  uses: readonly { at: string; what: string }[];
}

/** What people's pages do about mandates: always those of whoever is signed in. */
export interface MandateVerbs {
  /** Newest first, ended ones until they are forgotten. */
  mine(actor: Actor): Promise<{ given: GivenMandate[]; held: ShownMandate[] }>;
  /** What a session that acts under it has. @throws Problem unknown_mandate, for one that is over too */
  choose(actor: Actor, id: string): Promise<SessionMandate>;
  /** Ends one that they gave or hold. @throws Problem unknown_mandate, proof_level_too_low */
  end(actor: Actor, id: string): Promise<void>;
}
