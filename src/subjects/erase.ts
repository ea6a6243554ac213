import { toBase64 } from "../../audit/bytes.ts";
import type { Deps } from "../decisions/deps.ts";
import { erasureRule } from "../decisions/key-use.ts";
import type { Contract } from "../models/contract.ts";
import { keysOf } from "../privacy/subject-keys.ts";
import { contractOf } from "./access.ts";
import { type EndedAccess, endAccess } from "./end-access.ts";
import { type Hold, holdsOn } from "./holds.ts";
import { finishRemoval } from "./removal.ts";
import type { AfterErasure } from "./remove-records.ts";
import { eventEntry } from "./trace.ts";

type Words = { "pt-BR": string; en: string };

export interface ErasedPurpose {
  model: string;
  purpose: Words;
  /** Entries of the log behind which nothing lies any more, or, while the removal goes on, will lie. */
  entries: number;
  /** What becomes of the anonymised records, as the package promises. */
  records: AfterErasure;
  /** Access has ended in either case; ciphertext and records of very many decisions follow in the background. */
  removal?: "done" | "under-way";
  /** What the person keeps to get the certificate with: it finds the entries that were theirs, and opens none. */
  certificate?: { tagKey: string; entries: number };
}

export interface RefusedPurpose {
  model: string;
  purpose: Words;
  /** The legal ground to keep, as LGPD 18 §4 II asks a refusal to name. */
  article: string;
  reason: Words;
}

export interface Erasure {
  erased: ErasedPurpose[];
  refused: RefusedPurpose[];
}

const wordsOf = (contract: Contract): Words => Object.values(contract.purposes)[0]!.text;

/** Entries up to which the answer waits for the removal: one step of it. */
const AT_ONCE = 200;

function suspended(holds: readonly Hold[]) {
  const [held] = holds;
  if (!held) return null;
  const until =
    held.until === null
      ? { "pt-BR": "", en: "" }
      : { "pt-BR": ` até ${held.until}`, en: ` until ${held.until}` };
  return {
    allowed: false as const,
    article: held.ground,
    reason: {
      "pt-BR": `Uma obrigação legal suspende a eliminação${until["pt-BR"]}.`,
      en: `A legal ground suspends the erasure${until.en}.`,
    },
  };
}

/** What each key of a person is for, and whether the law lets it be erased. */
async function rulings(deps: Deps, subjectId: string) {
  const keys = await keysOf(deps.db, deps.epoch, subjectId);
  return Promise.all(
    keys.map(async (key) => {
      const contract = await contractOf(deps, key);
      const about = { model: contract.name, purpose: wordsOf(contract) };
      const holds = await holdsOn(deps, subjectId, contract.name);
      const records = contract.afterErasure;
      return { key, about, records, rule: suspended(holds) ?? erasureRule(contract) };
    }),
  );
}

/**
 * What follows when access has ended. Nobody waits for the removal of very many decisions: it goes on by itself, and the
 * schedule takes up again what a crash or a failure has left of it.
 */
async function removeBehind(deps: Deps, { removal, entries, tagKey }: EndedAccess) {
  const certificate = { tagKey: toBase64(tagKey), entries };
  if (entries <= AT_ONCE) {
    return { entries: await finishRemoval(deps, removal), removal: "done" as const, certificate };
  }
  void finishRemoval(deps, removal).catch(() => {});
  return { entries, removal: "under-way" as const, certificate };
}

/** What an erasure would do, purpose by purpose, without doing it. */
export async function whatErasureWouldDo(deps: Deps, subjectId: string): Promise<Erasure> {
  const erasure: Erasure = { erased: [], refused: [] };
  for (const { key, about, records, rule } of await rulings(deps, subjectId)) {
    if (rule.allowed) erasure.erased.push({ ...about, entries: key.entries, records });
    else erasure.refused.push({ ...about, article: rule.article, reason: rule.reason });
  }
  return erasure;
}

/**
 * Erases a person as far as the legal basis of each purpose allows (LGPD 18 IV and VI, GDPR 17). A refusal names its
 * article (LGPD 18 §4 II) and is on the record under the person's tag.
 * @param reaches which models' purposes are asked about
 * @returns what came of each purpose reached; nothing in either list where none is held
 */
export async function eraseSubject(
  deps: Deps,
  subjectId: string,
  reaches: (model: string) => boolean,
): Promise<Erasure> {
  const ruled = (await rulings(deps, subjectId)).filter(({ about }) => reaches(about.model));
  const erasure: Erasure = { erased: [], refused: [] };
  for (const { key, about, records, rule: ruling } of ruled) {
    let rule = ruling;
    if (rule.allowed) {
      const ended = await endAccess(deps, key, records, async (tx) => {
        rule = suspended(await holdsOn({ ...deps, db: tx }, subjectId, about.model)) ?? ruling;
        return rule.allowed;
      });
      if (ended) erasure.erased.push({ ...about, records, ...(await removeBehind(deps, ended)) });
    }
    if (!rule.allowed) {
      const at = deps.now().toISOString();
      await deps.log.append(
        eventEntry(deps, key, { kind: "refusal", at, right: "erasure", article: rule.article }),
      );
      erasure.refused.push({ ...about, article: rule.article, reason: rule.reason });
    }
  }
  return erasure;
}
