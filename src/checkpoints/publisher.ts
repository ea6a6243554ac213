import { eq } from "drizzle-orm";
import type { Certificate } from "pkijs";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { COSIGNATURE, formatVkey, type NoteSignature } from "../../audit/note.ts";
import { isQuorum, type Policy, type Witness } from "../../audit/policy.ts";
import type { Database } from "../db/client.ts";
import type { Head, LogReader } from "../db/log.ts";
import { checkpointStamp, witnessState } from "../db/tables.ts";
import type { ChangeableSigner } from "../privacy/log-signer.ts";
import { followAlarm, LogAlarm, raiseAlarm } from "./alarm.ts";
import { followKeyChanges } from "./key-changes.ts";
import type { Place } from "./places.ts";
import { newestStamp, type Published, publishCheckpoint, published } from "./published.ts";
import { requestStamp } from "./time-stamp.ts";
import { askWitness, withLines } from "./witness.ts";

export interface PublisherDeps {
  db: Database;
  log: LogReader;
  signer: ChangeableSigner;
  /** Whose cosignatures a published checkpoint needs; null: none. */
  policy: Policy | null;
  places: readonly Place[];
  authority: { url: string; trusted: Certificate[]; intervalSeconds: number } | null;
  now: () => Date;
  randomId: () => string;
  randomBytes: (length: number) => Uint8Array;
}

/** Something that did not work in a turn. It is tried again at the next. */
export interface PublishingFault {
  /** The witness's name, the place, or the authority's address. */
  at: string;
  code: string;
}

export interface Turn {
  /** Size of the checkpoint that is published after this turn; null: none yet. */
  size: number | null;
  alarm: string | null;
  faults: PublishingFault[];
}

/** Turns that a document waits for its witnesses. */
const ATTESTING_TURNS = 3;

/**
 * Takes the head out into the world: witnesses first, since what they refuse is not published; then the served checkpoint,
 * the places, the time stamp. No decision waits for any of it, and nothing here stops one but an alarm.
 */
export class Publisher {
  readonly #deps: PublisherDeps;
  /** Valid lines for the head that is being cosigned: a quorum may take several turns. */
  #gathered: { size: number; lines: Map<string, NoteSignature> } = { size: -1, lines: new Map() };
  /** Largest size that each place has. */
  readonly #placed = new Map<Place, number>();
  #last: Turn = { size: null, alarm: null, faults: [] };
  #running: Promise<Turn> | null = null;

  constructor(deps: PublisherDeps) {
    this.#deps = deps;
  }

  /** How the last turn went. */
  get last(): Turn {
    return this.#last;
  }

  /** One turn; a call while one is under way joins it. Fails only with the database. */
  turn(): Promise<Turn> {
    this.#running ??= this.#turn().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /**
   * A head for a document that leaves the house: with its witnesses' lines where a quorum is asked for and answers in time,
   * so that a reader with `--policy` believes it; else as the log alone signs it.
   * @param least the size that it has at least: what the document is about lies below
   */
  async attested(least: number): Promise<Head> {
    const { db, log, policy } = this.#deps;
    for (let asked = 0; policy && asked < ATTESTING_TURNS; asked++) {
      const last = await published(db);
      if (last && last.size >= least) return { size: last.size, root: last.root, checkpoint: last.note };
      // One that was under way may have taken an older head along; the next one takes this.
      if ((await this.turn()).alarm !== null) break;
    }
    return log.head();
  }

  async #turn(): Promise<Turn> {
    const { db, log, signer } = this.#deps;
    await followKeyChanges(db, signer);
    const standing = await followAlarm(this.#deps);
    const faults: PublishingFault[] = [];
    let alarm = standing?.code ?? null;
    // Read once it is written: another replica may have published more.
    let current: Published | null | undefined;
    if (!standing) {
      try {
        const head = await log.head();
        const note = await this.#cosigned(head, faults);
        if (note !== null) await publishCheckpoint(db, await this.#opened(note), note, this.#deps.now());
        current = await published(db);
        if (current) {
          await this.#place(current, faults);
          await this.#stamp(current, faults);
        }
      } catch (error) {
        if (!(error instanceof LogAlarm)) throw error;
        await raiseAlarm(this.#deps, error);
        alarm = error.code;
      }
    }
    if (current === undefined) current = await published(db);
    this.#last = { size: current?.size ?? null, alarm, faults };
    return this.#last;
  }

  #opened = (note: string) => openCheckpoint(nodeCrypto, note, this.#deps.signer.keys);

  /** The head's note with its witnesses' lines; null while they are too few. @throws LogAlarm */
  async #cosigned(head: Head, faults: PublishingFault[]): Promise<string | null> {
    const { policy } = this.#deps;
    if (!policy) return head.checkpoint;
    if (this.#gathered.size !== head.size) this.#gathered = { size: head.size, lines: new Map() };
    const { lines } = this.#gathered;
    const asked = policy.witnesses.filter(({ name, url }) => url !== null && !lines.has(name)) as (Witness & {
      url: string;
    })[];
    const answers = await Promise.allSettled(asked.map((witness) => this.#ask(witness, head)));
    for (const [i, answer] of answers.entries()) {
      // Every witness was asked before the first alarm counts, so that the lines of the others are not lost.
      if (answer.status === "rejected") throw answer.reason;
      if (answer.value instanceof Object) lines.set(asked[i]!.name, answer.value);
      else if (answer.value !== "witness_busy") faults.push({ at: asked[i]!.name, code: answer.value });
    }
    if (!isQuorum(policy, new Set(lines.keys()))) {
      faults.push({ at: "quorum", code: "quorum_missing" });
      return null;
    }
    return withLines(head.checkpoint, [...lines.values()]);
  }

  /** The witness's line, or a code. @throws LogAlarm */
  async #ask(witness: Witness & { url: string }, head: Head): Promise<NoteSignature | string> {
    const { db, log, now } = this.#deps;
    const vkey = formatVkey(witness.key, COSIGNATURE);
    const [state] = await db.select().from(witnessState).where(eq(witnessState.vkey, vkey));
    let size = state?.size ?? 0;
    let result: NoteSignature | string = "alarm";
    try {
      const answer = await askWitness(witness, size, {
        size: head.size,
        checkpoint: head.checkpoint,
        consistencyProof: (from, to) => log.consistencyProof(from, to),
        currentSize: async () => (await log.head()).size,
      });
      if (answer.cosigned) {
        size = answer.size;
        result = answer.cosigned;
      } else {
        size = answer.knownSize ?? size;
        result = answer.code;
      }
      return result;
    } finally {
      const row = { vkey, size, answer: typeof result === "string" ? result : "ok", askedAt: now() };
      await db.insert(witnessState).values(row).onConflictDoUpdate({ target: witnessState.vkey, set: row });
    }
  }

  /** @throws LogAlarm */
  async #place(current: Published, faults: PublishingFault[]): Promise<void> {
    const checkpoint = await this.#opened(current.note);
    const due = this.#deps.places.filter((place) => this.#placed.get(place) !== current.size);
    const puts = await Promise.allSettled(
      due.map(async (place) => {
        await place.put(checkpoint, current.note, this.#deps.signer.keys);
        this.#placed.set(place, current.size);
      }),
    );
    for (const [i, put] of puts.entries()) {
      if (put.status === "fulfilled") continue;
      if (put.reason instanceof LogAlarm) throw put.reason;
      faults.push({ at: due[i]!.name, code: "place_failed" });
    }
  }

  async #stamp(current: Published, faults: PublishingFault[]): Promise<void> {
    const { db, authority, now, randomBytes } = this.#deps;
    if (!authority) return;
    const last = await newestStamp(db);
    const age = last ? now().getTime() - last.stampedAt.getTime() : Number.POSITIVE_INFINITY;
    if (last?.size === current.size || age < authority.intervalSeconds * 1000) return;
    try {
      const { token, time } = await requestStamp(
        authority.url,
        current.note,
        authority.trusted,
        randomBytes(16),
      );
      const { size, note } = current;
      // Another replica may have had the same checkpoint stamped: the first stamp stays.
      await db.insert(checkpointStamp).values({ size, note, token, stampedAt: time }).onConflictDoNothing();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "stamp_unreachable";
      faults.push({ at: new URL(authority.url).host, code });
    }
  }
}
