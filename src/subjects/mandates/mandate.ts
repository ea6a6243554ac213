import { hourOf } from "../../../audit/leaf.ts";
import type { NewEntry } from "../../db/log-append.ts";
import type { mandate } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";
import { actorOf } from "../../decisions/trace.ts";
import { localDay } from "../deadlines/days.ts";
import { epochOfRow, OwnKey } from "../requests/own-key.ts";
import type { RequestRight } from "../requests/rights.ts";
import type { RightsDeps } from "../requests/settings.ts";

/** What the operator saw: its SHA-256, so that the paper can be held against the record, and where it is kept. */
export interface MandateEvidence {
  /** 64 hex digits */
  sha256: string;
  note: string;
}

/** What either side is called, as the paper has it: people are shown names, never ids. */
export interface MandateNames {
  person: string;
  representative: string;
}

/** Everything about a mandate that says something about people. Sealed under the mandate's own key. */
export interface MandateContent {
  person: string;
  representative: string;
  /** Absent in those that were recorded before names were asked for. */
  names?: MandateNames;
  rights: RequestRight[];
  evidence: MandateEvidence;
  /** RFC 3339 */
  recordedAt: string;
  revoked?: { at: string; by: "operator" | "person" | "representative" };
  /** When it was used and what for, oldest first: the person reads who acted. */
  uses: { at: string; what: string }[];
}

export interface Mandate {
  id: string;
  /** By what the log names it. */
  reference: string;
  /** YYYY-MM-DD, the last day, in the controller's time zone. */
  until: string;
  endedAt: Date | null;
  content: MandateContent;
  key: OwnKey;
}

export function openMandate(deps: Pick<Deps, "epoch">, row: typeof mandate.$inferSelect): Mandate {
  const key = OwnKey.open(epochOfRow(deps, row.epoch), row);
  const { id, until, endedAt } = row;
  return { id, reference: key.reference, until, endedAt, content: key.open<MandateContent>(row.sealed), key };
}

/** Whether it may be used today. */
export const isInForce = (
  deps: RightsDeps,
  { until, endedAt }: Pick<Mandate, "until" | "endedAt">,
): boolean => endedAt === null && localDay(deps.now(), deps.rights.timeZone) <= until;

/** The evidence that a mandate was recorded or ended: no name and no tag, as with requests. */
export function mandateEntry(
  deps: RightsDeps,
  { reference, content, until }: Pick<Mandate, "reference" | "content" | "until">,
  action: "mandate_recorded" | "mandate_revoked",
  by: "operator" | "person" | "representative",
  operator?: string,
): NewEntry {
  const hour = hourOf(deps.now());
  return {
    leaf: { kind: "request" },
    hour,
    body: {
      kind: "request",
      hour,
      mandate: reference,
      action,
      by,
      ...(operator === undefined ? {} : { actor: actorOf(deps, "operator", operator) }),
      rights: [...content.rights],
      until,
    },
    columns: { id: deps.randomId() },
  };
}
