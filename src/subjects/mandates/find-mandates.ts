import { inArray } from "drizzle-orm";
import { mandate } from "../../db/tables.ts";
import type { Deps } from "../../decisions/deps.ts";
import { retryStale } from "../../privacy/stale.ts";
import { type Mandate, openMandate } from "./mandate.ts";

/** Mandates that name somebody, newest first, ended ones until they are forgotten. */
export async function mandatesOf(
  deps: Pick<Deps, "db" | "epoch">,
  side: "person" | "representative",
  subject: string,
): Promise<Mandate[]> {
  return retryStale(deps.epoch, async () => {
    const rows = await deps.db
      .select()
      .from(mandate)
      .where(inArray(mandate[side], deps.epoch.blinds("mandate", side, subject)));
    return rows
      .map((row) => openMandate(deps, row))
      .toSorted((a, b) => b.content.recordedAt.localeCompare(a.content.recordedAt));
  });
}

/**
 * A person's mandates as an answer to their request for access has them: those that they gave, with every use; of those that
 * they hold nothing that says whose data it is about (GDPR 15(4)).
 */
export async function toldMandates(deps: Pick<Deps, "db" | "epoch">, subject: string) {
  const [given, held] = await Promise.all([
    mandatesOf(deps, "person", subject),
    mandatesOf(deps, "representative", subject),
  ]);
  const head = ({ id, reference, until, content: { rights, recordedAt, revoked } }: Mandate) => ({
    id,
    reference,
    rights: [...rights],
    recordedAt,
    until,
    revoked: revoked ?? null,
  });
  return {
    given: given.map((one) => ({
      ...head(one),
      representative: one.content.representative,
      name: one.content.names?.representative ?? null,
      evidence: one.content.evidence,
      uses: one.content.uses,
    })),
    held: held.map(head),
  };
}
export type ToldMandates = Awaited<ReturnType<typeof toldMandates>>;
