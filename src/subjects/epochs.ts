import { desc } from "drizzle-orm";
import { epoch } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";

const told = (date: Date | null): string | null => date?.toISOString() ?? null;

/** The epochs, newest first, and how far each is closed. */
export async function epochsOf({ db, epoch: ring }: Pick<Deps, "db" | "epoch">) {
  const rows = await db.select().from(epoch).orderBy(desc(epoch.number));
  return {
    provider: ring.provider.kind,
    warning: ring.provider.warning,
    epochs: rows.map((row) => ({
      epoch: row.number,
      openedAt: row.openedAt.toISOString(),
      movedRows: row.movedRows,
      movedAt: told(row.movedAt),
      goneFrom: told(row.goneFrom),
      destroyedAt: told(row.destroyedAt),
      logIndex: row.destroyedIndex,
    })),
  };
}
