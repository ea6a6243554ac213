import { hourOf } from "../../audit/leaf.ts";
import type { Database } from "../db/client.ts";
import { appendEntries, type NewEntry, type Receipt } from "../db/log-append.ts";
import { Problem } from "../errors.ts";
import { readInputs } from "../models/inputs.ts";
import type { LiveVersion } from "../models/registry.ts";
import {
  firstKeyOf,
  type KeyUse,
  keyAmong,
  keyFor,
  personLookups,
  type SubjectKey,
} from "../privacy/subject-keys.ts";
import { entryOf } from "../privacy/vault.ts";
import type { DecisionAnswer, DecisionCore, Language, VaultedDecision } from "./decision.ts";
import type { Deps } from "./deps.ts";
import { seedOf } from "./explain-decision.ts";
import { answerTo, claimOf, repeated } from "./idempotency.ts";
import { keyUseOf } from "./key-use.ts";
import { arrivalOf } from "./matching-gate.ts";
import { predictAndExplain } from "./predicted.ts";
import { preflight, type Stood } from "./preflight.ts";
import { decisionRecord, digestsOf, leafDigests } from "./record.ts";
import { refuseStopped, stopLookups } from "./stops.ts";
import { identifiersOf, readSubject } from "./subject.ts";
import { encodeVaulted, receiptOf } from "./vaulted.ts";

export interface DecisionAsked {
  client: string;
  model: string;
  /** Absent: the version that `champion` points to. */
  version?: number;
  subject: unknown;
  inputs: unknown;
  language?: unknown;
  /** The header, as it came. */
  idempotencyKey?: string;
}

/** What stands or falls with a decision, written in its transaction after its entry. */
interface Companion {
  /** @param tx holds the head of the log. What is thrown takes the decision back. */
  write(tx: Database, decision: DecisionCore, key: SubjectKey): Promise<void>;
}

/**
 * One decision: predicted, explained, on the record and answered, or refused with nothing left behind.
 * Acknowledged only after its explanation and its log entry are committed.
 * @param companion of a decision that the person themselves asked for, as on corrected inputs: what they stopped does
 * not stand in its way
 * @throws Problem
 */
export async function decide(
  deps: Deps,
  asked: DecisionAsked,
  companion?: Companion,
): Promise<DecisionAnswer> {
  if (asked.version !== undefined)
    return decideWith(deps, await deps.models.live(asked.model, asked.version), asked, companion);
  if (!(await deps.models.isNamed(asked.model))) throw new Problem("unknown_model");
  return decideWith(deps, undefined, asked, companion);
}

/**
 * As `decide`, by a version that is resolved already: the decisions of a batch share one. What was asked for stays in
 * `asked.version`, so that an Idempotency-Key means the same request whichever version answered it first.
 * @param known absent: the champion of the model, which is published, read along with the rest
 * @throws Problem
 */
export async function decideWith(
  deps: Deps,
  known: LiveVersion | undefined,
  asked: DecisionAsked,
  companion?: Companion,
): Promise<DecisionAnswer> {
  const subject = readSubject(asked.subject);
  const claim = claimFor(deps, asked);
  const stood = await preflight(deps, {
    ...(known ? {} : { model: asked.model }),
    stops: companion ? [] : stopLookups(deps, asked.model, subject.id),
    person: personLookups(deps.epoch, subject.id),
    claim: claim?.forms().map(({ keyHmac }) => keyHmac) ?? [],
  });
  const version = known ?? (await championOf(deps, asked.model, stood.champion));
  const row = readInputs(version.contract, asked.inputs);
  const language = readLanguage(version, asked.language);
  const earlier = claim && (await answerTo(deps, claim, stood.claim));
  if (earlier) return earlier;
  refuseStopped(version.contract, stood.stops);

  const id = deps.randomId();
  const at = deps.now();
  const seed = seedOf(id, version.digests.model);
  const { told, explanation, say } = await predictAndExplain(version, row, seed);
  const core: DecisionCore = { id, ...told, language, reasons: say(language) };
  const vaulted: VaultedDecision = {
    kind: "decision",
    at: at.toISOString(),
    client: asked.client,
    subject,
    inputs: Object.fromEntries(version.contract.features.map(({ name }, i) => [name, row[i]!])),
    decision: core,
  };

  const hour = hourOf(at);
  const digests = digestsOf(version);
  const beside = companion && ((tx: Database, key: SubjectKey) => companion.write(tx, core, key));
  const arrival = arrivalOf(deps, version);
  const keys = { stood: stood.keys, subjectId: subject.id };
  const receipt = await appendDecision(deps, version, keys, { claim, beside }, async (key) => {
    const context = { key, identifiers: identifiersOf(subject) };
    return {
      leaf: { kind: "decision", digests: leafDigests(digests) },
      hour,
      body: (await decisionRecord(version, core, {
        hour,
        client: asked.client,
        cells: row,
        rounds: explanation.rounds,
        digests,
        context,
        level: await arrival.levelFor(row, context),
      })) as unknown as NewEntry["body"],
      columns: {
        id,
        model: core.model,
        version: core.version,
        outcome: core.outcome,
        client: asked.client,
      },
      subject: entryOf(deps.epoch, key, encodeVaulted(vaulted)),
    };
  });
  if ("earlier" in receipt) return receipt.earlier;
  arrival.stands();
  deps.decided?.(core);
  return { ...core, receipt: receiptOf(receipt) };
}

function championOf({ models }: Deps, model: string, version: number | undefined): Promise<LiveVersion> {
  if (version === undefined) throw new Problem("unknown_model");
  return models.live(model, version);
}

/** The contract's first language where none is asked for. @throws Problem unsupported_language */
export function readLanguage(version: LiveVersion, asked: unknown): Language {
  const { languages } = version.contract;
  if (asked === undefined) return languages[0]!;
  const known = languages.find((language) => language === asked);
  if (!known) throw new Problem("unsupported_language", `This model speaks ${languages.join(" and ")}`);
  return known;
}

function claimFor(
  deps: Deps,
  { client, idempotencyKey, model, version, subject, inputs, language }: DecisionAsked,
) {
  if (idempotencyKey === undefined) return undefined;
  const request = { model, version: version ?? null, subject, inputs, language: language ?? null };
  return claimOf(deps, client, idempotencyKey, request);
}

interface KeysOfPerson {
  /** Before the decision. */
  stood: Stood["keys"];
  subjectId: string;
}

function standingKey(
  { db, epoch }: Deps,
  { stood, subjectId }: KeysOfPerson,
  use: KeyUse,
): Promise<SubjectKey | null> {
  if (stood.length === 0) return firstKeyOf(db, epoch, subjectId, use);
  return Promise.resolve(keyAmong(stood, epoch, use));
}

/**
 * Appends under the person's key, the one that stood before the decision where there was one. An erasure may take the key away between here and the commit: then the decision
 * is the first of a new key, since the person was forgotten before it was made.
 */
async function appendDecision(
  deps: Deps,
  version: LiveVersion,
  keys: KeysOfPerson,
  {
    claim,
    beside,
  }: {
    claim: ReturnType<typeof claimFor>;
    beside?: ((tx: Database, key: SubjectKey) => Promise<void>) | undefined;
  },
  entry: (key: SubjectKey) => Promise<NewEntry>,
): Promise<Receipt | { earlier: DecisionAnswer }> {
  const use = keyUseOf(version.contract);
  for (let attempt = 0; attempt < 3; attempt++) {
    const standing = attempt === 0 ? await standingKey(deps, keys, use) : null;
    const key = standing ?? (await keyFor(deps.db, deps.epoch, keys.subjectId, use));
    const made = { ...(await entry(key)), ...(claim ? { idempotency: claim } : {}) };
    const outcome = beside
      ? await deps.db.transaction(async (tx) => {
          const [own] = await appendEntries(tx, deps.log.context, [made]);
          if (own && !("refused" in own)) await beside(tx, key);
          return own!;
        })
      : await deps.log.append(made);
    if (!("refused" in outcome)) return outcome;
    if (outcome.refused === "idempotency-key-taken" && claim) {
      const earlier = await repeated(deps, claim);
      if (earlier) return { earlier };
    }
  }
  throw new Problem("overloaded", "The subject's key keeps changing", { retryAfterSeconds: 1 });
}
