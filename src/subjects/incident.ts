import { and, asc, eq, gt, gte, inArray, lte } from "drizzle-orm";
import { toHex } from "../../audit/bytes.ts";
import { hourOf, parseLeaf } from "../../audit/leaf.ts";
import { chunksOf } from "../db/chunks.ts";
import { leavesAt } from "../db/log-entries.ts";
import { erasedEntry, record } from "../db/tables.ts";
import type { Deps } from "../decisions/deps.ts";
import { leaveTrace, type Reader } from "../decisions/trace.ts";
import { Problem } from "../errors.ts";
import { retryStale } from "../privacy/stale.ts";
import { openVaulted } from "./own-decision.ts";
import { ownersOf, tagsOf } from "./owners.ts";

/** Which part of what happened is asked about. Times count in whole hours, both ends included. */
export interface IncidentAsked {
  from: Date;
  to: Date;
  model?: string;
  version?: number;
  /** Whoever opened or asked: a client, the name in a token, or the pseudonym of the log's entries (16 hex digits). */
  actor?: string;
}

/** What was touched, in counts: nobody is opened for it. */
export interface IncidentScope {
  /** Decisions made in the period (by the actor, where one is named), and those opened in it, each once. */
  made: number;
  opened: number;
  /** Erased since: whose they were cannot be told any more. With an actor they cannot be told apart, and count 0. */
  gone: number;
  /** Readings of lists, entries and exports: anonymised records, but possibly all of them. */
  lists: number;
  /** Requests of data subjects opened. */
  requests: number;
  /** Distinct people behind the decisions, counted by the rows of their keys. */
  people: number;
  byVersion: { model: string; version: number; decisions: number; people: number }[];
}

/** More are not handed out at once: the answer is held in memory, and every opening is an entry. */
export const MOST_PEOPLE = 10_000;
const PAGE = 2_000;
const ROLES: readonly Reader["role"][] = ["product", "auditor", "operator", "reviewer"];

interface Touched {
  id: string;
  logIndex: number;
  model: string;
  version: number;
  how: "made" | "opened";
}

interface Gathered {
  decisions: Map<string, Touched>;
  lists: number;
  requests: number;
}

/** Under every epoch that is still held: pseudonyms of a destroyed one lead to nobody. */
function pseudonymsOf({ epoch }: Pick<Deps, "epoch">, actor: string): Set<string> {
  const under = ROLES.flatMap((role) => epoch.blinds("actor", role, actor));
  return new Set([
    ...under.map((bytes) => Buffer.from(bytes).subarray(0, 8).toString("hex")),
    ...(/^[0-9a-f]{16}$/.test(actor) ? [actor] : []),
  ]);
}

interface Told {
  actor?: string;
  what?: string;
  purpose?: string;
  recipient?: string;
}

async function gather(deps: Deps, asked: IncidentAsked): Promise<Gathered> {
  const { actor } = asked;
  const pseudonyms = actor === undefined ? null : pseudonymsOf(deps, actor);
  const found: Gathered = { decisions: new Map(), lists: 0, requests: 0 };
  const openedIds = new Set<string>();
  let after = -1;
  for (;;) {
    const rows = await deps.db
      .select()
      .from(record)
      .where(
        and(
          gt(record.logIndex, after),
          gte(record.hour, hourOf(asked.from)),
          lte(record.hour, hourOf(asked.to)),
          inArray(record.kind, ["decision", "access", "export"]),
        ),
      )
      .orderBy(asc(record.logIndex))
      .limit(PAGE);
    for (const row of rows) {
      if (row.kind === "decision") {
        if (actor !== undefined && row.client !== actor) continue;
        addDecision(found, row, "made", asked);
        continue;
      }
      const told = JSON.parse(row.body) as Told;
      // To look at an incident is none.
      if (told.what === "incident" || told.purpose === "incident-notice") continue;
      const who = row.kind === "export" ? told.recipient === actor : pseudonyms?.has(told.actor ?? "");
      // People's own readings carry no actor: they are nobody's incident.
      if (actor === undefined ? row.kind === "access" && told.actor === undefined : !who) continue;
      if (row.about !== null) openedIds.add(row.about);
      else if (told.what === "request") found.requests++;
      else found.lists++;
    }
    if (rows.length < PAGE) break;
    after = rows.at(-1)!.logIndex;
  }
  for (const part of chunksOf([...openedIds])) {
    const rows = await deps.db
      .select()
      .from(record)
      .where(and(inArray(record.id, part), eq(record.kind, "decision")));
    for (const row of rows) addDecision(found, row, "opened", asked);
  }
  return found;
}

function addDecision(
  { decisions }: Gathered,
  row: typeof record.$inferSelect,
  how: Touched["how"],
  asked: IncidentAsked,
): void {
  const { id, logIndex, model, version } = row;
  if (model === null || version === null || decisions.has(id)) return;
  if (asked.model !== undefined && model !== asked.model) return;
  if (asked.version !== undefined && version !== asked.version) return;
  decisions.set(id, { id, logIndex, model, version, how });
}

/** The row of the person behind each decision, by the decision's id; what was erased meanwhile is absent. */
async function peopleBehind(deps: Deps, touched: readonly Touched[]): Promise<Map<string, string>> {
  const people = new Map<string, string>();
  for (const part of chunksOf(touched)) {
    const tags = await tagsOf(
      deps.db,
      part.map(({ logIndex }) => logIndex),
    );
    const owners = await retryStale(deps.epoch, () => ownersOf(deps.db, deps, tags));
    for (const { id, logIndex } of part) {
      const owner = owners.get(logIndex);
      if (owner) people.set(id, owner.subject);
    }
  }
  return people;
}

/** Erased decisions of the period: only hour and digests are left of them. */
async function erasedIn(deps: Deps, asked: IncidentAsked): Promise<number> {
  if (asked.actor !== undefined) return 0;
  const wanted = await digestsOf(deps, asked);
  const [from, to] = [hourOf(asked.from), hourOf(asked.to)];
  let count = 0;
  let after = -1;
  for (;;) {
    const rows = await deps.db
      .select({ logIndex: erasedEntry.logIndex })
      .from(erasedEntry)
      .where(gt(erasedEntry.logIndex, after))
      .orderBy(asc(erasedEntry.logIndex))
      .limit(PAGE);
    const leaves = await leavesAt(
      deps.db,
      rows.map(({ logIndex }) => logIndex),
    );
    for (const bytes of leaves.values()) {
      const leaf = parseLeaf(bytes);
      if (leaf.kind !== "decision" || leaf.hour < from || leaf.hour > to) continue;
      if (wanted === null || wanted.has(toHex(leaf.digests.model) + toHex(leaf.digests.policy))) count++;
    }
    if (rows.length < PAGE) return count;
    after = rows.at(-1)!.logIndex;
  }
}

/** null: whatever model. */
async function digestsOf({ models }: Deps, { model, version }: IncidentAsked): Promise<Set<string> | null> {
  if (model === undefined) return null;
  const versions = version === undefined ? await models.versions(model) : [version];
  const published = await Promise.all(versions.map((one) => models.published(model, one)));
  return new Set(published.map(({ digests }) => digests.model + digests.policy));
}

function checkAsked({ from, to, model, version }: IncidentAsked): void {
  if (to < from) throw new Problem("invalid_request", "The period ends before it begins");
  if (version !== undefined && model === undefined)
    throw new Problem("invalid_request", "A version needs its model");
}

/**
 * Which people and which data a period, a model or somebody touched, in counts (GDPR 33(3)(a), Res. CD/ANPD 15/2024
 * art. 6 §2). That it was asked is on the record.
 * @throws Problem invalid_request, unknown_model, unknown_version
 */
export async function incidentScope(
  deps: Deps,
  operator: string,
  asked: IncidentAsked,
): Promise<IncidentScope> {
  checkAsked(asked);
  const gone = await erasedIn(deps, asked);
  const { decisions, lists, requests } = await gather(deps, asked);
  const touched = [...decisions.values()];
  const people = await peopleBehind(deps, touched);
  const groups = Map.groupBy(touched, ({ model, version }) => `${version}@${model}`);
  const count = (how: Touched["how"]) => touched.filter((one) => one.how === how).length;
  await leaveTrace(deps, { role: "operator", name: operator }, "incident");
  return {
    made: count("made"),
    opened: count("opened"),
    gone,
    lists,
    requests,
    people: new Set(people.values()).size,
    byVersion: [...groups.values()]
      .map((own) => ({
        model: own[0]!.model,
        version: own[0]!.version,
        decisions: own.length,
        people: new Set(own.flatMap(({ id }) => people.get(id) ?? [])).size,
      }))
      .sort((a, b) => (a.model === b.model ? b.version - a.version : a.model < b.model ? -1 : 1)),
  };
}

/**
 * The ids of the people touched, so that they can be told (LGPD 48, GDPR 34). Each person's id is read out of one decision
 * of theirs, and that reading is on the record about this decision before anything is handed out: they find it among
 * those who opened their data.
 * @returns in the order of the alphabet, which tells nothing about when
 * @throws Problem invalid_request when there are more than `MOST_PEOPLE`; unknown_model, unknown_version
 */
export async function incidentPeople(deps: Deps, operator: string, asked: IncidentAsked): Promise<string[]> {
  checkAsked(asked);
  await digestsOf(deps, asked);
  const { decisions } = await gather(deps, asked);
  const people = await peopleBehind(deps, [...decisions.values()]);
  const decisionOf = new Map([...people].map(([decision, person]) => [person, decision]));
  if (decisionOf.size > MOST_PEOPLE)
    throw new Problem("invalid_request", `There are more than ${MOST_PEOPLE} people: shorten the period`);
  const reader = { role: "operator", name: operator } as const;
  const ids: string[] = [];
  for (const part of chunksOf([...decisionOf.values()])) {
    const opened = await Promise.all(
      part.map(async (decision) => {
        try {
          await leaveTrace(deps, reader, "personal-data", { decision, purpose: "incident-notice" });
        } catch (error) {
          // Erased since it was counted: there is nobody left to tell.
          if (error instanceof Problem && error.code === "decision_erased") return [];
          throw error;
        }
        return (await openVaulted(deps, decision))?.vaulted.subject.id ?? [];
      }),
    );
    ids.push(...opened.flat());
  }
  return ids.toSorted();
}
