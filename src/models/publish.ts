import { fromHex } from "../../audit/bytes.ts";
import { hourOf } from "../../audit/leaf.ts";
import type { Database } from "../db/client.ts";
import type { Log } from "../db/log.ts";
import { appendEntries, lockHead, type NewEntry } from "../db/log-append.ts";
import { Problem } from "../errors.ts";
import type { CheckedPackage } from "./package.ts";
import { CHAMPION, type ModelRegistry } from "./registry.ts";

interface PublishDeps {
  db: Database;
  log: Log;
  models: ModelRegistry;
  now: () => Date;
  randomId: () => string;
}

export interface Published {
  model: string;
  version: number;
  /** Aliases that point to it now. */
  aliases: string[];
  /** Of the entry that says so. */
  logIndex: number;
  digests: CheckedPackage["digests"];
}

function aliasEntry(
  deps: PublishDeps,
  hour: number,
  move: { model: string; alias: string; version: number },
): NewEntry {
  return {
    leaf: { kind: "alias" },
    hour,
    body: { kind: "alias", hour, ...move },
    columns: { id: deps.randomId(), model: move.model, version: move.version },
  };
}

/**
 * Makes a checked package the model's next version, with the entry that says so in the same transaction; a model's
 * first version becomes its champion.
 * @throws Problem duplicate_version
 */
export async function publish(deps: PublishDeps, checked: CheckedPackage): Promise<Published> {
  const hour = hourOf(deps.now());
  const { model, background, policy } = checked.digests;
  return deps.db.transaction(async (tx) => {
    // First, so that two publishers take turns and versions stay contiguous.
    await lockHead(tx);
    const { version, champion } = await deps.models.store(tx, checked, deps.now());
    const name = checked.contract.name;
    const [outcome] = await appendEntries(tx, deps.log.context, [
      {
        leaf: {
          kind: "publish",
          digests: { model: fromHex(model), background: fromHex(background), policy: fromHex(policy) },
        },
        hour,
        body: { kind: "publish", hour, model: name, version, digests: { model, background, policy } },
        columns: { id: deps.randomId(), model: name, version },
      },
      ...(champion ? [aliasEntry(deps, hour, { model: name, alias: CHAMPION, version })] : []),
    ]);
    if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
    return {
      model: name,
      version,
      aliases: champion ? [CHAMPION] : [],
      logIndex: outcome.logIndex,
      digests: checked.digests,
    };
  });
}

/**
 * Points an alias to a published version: a promotion or a rollback in one call, with its entry in the same transaction.
 * @throws Problem unknown_model, unknown_version
 */
export async function moveAlias(
  deps: PublishDeps,
  move: { model: string; alias: string; version: number },
): Promise<{ logIndex: number }> {
  await deps.models.published(move.model, move.version);
  return deps.db.transaction(async (tx) => {
    await lockHead(tx);
    await deps.models.point(tx, move.model, move.alias, move.version);
    const [outcome] = await appendEntries(tx, deps.log.context, [aliasEntry(deps, hourOf(deps.now()), move)]);
    if (!outcome || "refused" in outcome) throw new Problem("log_conflict");
    return { logIndex: outcome.logIndex };
  });
}
