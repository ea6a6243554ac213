/**
 * Everything the service stores, in one place. The log's tables refuse UPDATE and DELETE by trigger
 * (`migrations/`), the vault's stand in a schema of their own so that a dump can leave it out, and no table
 * links people to entries: only a subject's tag key finds that subject's rows.
 */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  pgSchema,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";

/** Raw bytes. `pg` reads a Buffer and PGlite a Uint8Array; both leave here as a plain Uint8Array. */
const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  toDriver: (value) => Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  fromDriver: (value) => new Uint8Array(value.buffer, value.byteOffset, value.byteLength),
});
/** Indexes and sizes stay below 2^53 (a log of 10⁹ entries a day for 24,000 years). */
const logIndex = (name: string) => bigint(name, { mode: "number" });

// ── The log: append-only ────────────────────────────────────────────────────────────────────────────────

/** The leaves, as hashed: those of a batch in one row, as an entry bundle holds them. Never changed, never removed. */
export const logBatch = pgTable("log_batch", {
  /** Index of the batch's first entry. */
  first: logIndex("first").primaryKey(),
  /** Each leaf behind its length in two bytes (big-endian), as C2SP tlog-tiles bundles them. */
  leaves: bytes("leaves").notNull(),
  /** Their RFC 9162 hashes, 32 bytes each: as many as there are leaves. */
  hashes: bytes("hashes").notNull(),
});

/** Where the entry is that carries a tag. Append-only, like the leaf that holds the tag: also behind an erasure it is found. */
export const logTag = pgTable("log_tag", {
  tag: bytes("tag").primaryKey(),
  index: logIndex("index").notNull(),
});

/** Full hash tiles (C2SP tlog-tiles, 256 hashes) and the root of each. Partial tiles are read from the rows below. */
export const logTile = pgTable(
  "log_tile",
  {
    level: smallint("level").notNull(),
    tile: logIndex("tile").notNull(),
    hashes: bytes("hashes").notNull(),
    root: bytes("root").notNull(),
  },
  (t) => [primaryKey({ columns: [t.level, t.tile] })],
);

/**
 * The one row that moves: size, root and right edge, by compare-and-set of size and root. Its signature follows it into
 * `log_checkpoint`, in the same transaction unless another replica had moved the head meanwhile.
 */
export const logHead = pgTable(
  "log_head",
  {
    id: smallint("id").primaryKey(),
    /** Name and public key of the log, fixed at its first start; a key folder of another log is refused. */
    vkey: text("vkey").notNull(),
    size: logIndex("size").notNull(),
    root: bytes("root").notNull(),
    /** The right edge: size and the roots of the complete subtrees along it (`audit/frontier.ts`). */
    frontier: bytes("frontier").notNull(),
  },
  (t) => [check("log_head_is_one_row", sql`${t.id} = 1`)],
);

/** Every checkpoint that was handed out, so that a receipt can be given again to the byte. The largest is the current one. */
export const logCheckpoint = pgTable("log_checkpoint", {
  size: logIndex("size").primaryKey(),
  note: text("note").notNull(),
});

// ── What auditors read ──────────────────────────────────────────────────────────────────────────────────

/** The anonymised record behind an entry; `body` is the canonical JSON that the leaf commits to under `salt`. */
export const record = pgTable(
  "record",
  {
    id: uuid("id").primaryKey(),
    logIndex: logIndex("log_index").notNull(),
    kind: text("kind").notNull(),
    /** Hours since the Unix epoch: as coarse as the leaf's own time. */
    hour: integer("hour").notNull(),
    model: text("model"),
    version: integer("version"),
    outcome: text("outcome"),
    /** The client that asked for the decision; it alone gets it back. */
    client: text("client"),
    /** The decision that an access, export, review or refusal is about. */
    about: uuid("about"),
    /** Size of the checkpoint in the receipt. */
    receiptSize: logIndex("receipt_size").notNull(),
    body: text("body").notNull(),
    salt: bytes("salt").notNull(),
    /** The idempotency key that it answers, so that an erasure finds the key without an index of its own. */
    keyHmac: bytes("key_hmac"),
  },
  // Each index is paid for by every append: readings have no model, decisions are about nothing.
  (t) => [
    uniqueIndex("record_log_index").on(t.logIndex),
    index("record_decision").on(t.model, t.version, t.logIndex).where(sql`${t.kind} = 'decision'`),
    index("record_about").on(t.about).where(sql`${t.about} IS NOT NULL`),
  ],
);

/** Entries whose record and payload are gone, and the erasure entry that justifies each (none yet: pending). */
export const erasedEntry = pgTable(
  "erased_entry",
  {
    logIndex: logIndex("log_index").primaryKey(),
    salt: bytes("salt").notNull(),
    sinceHour: integer("since_hour").notNull(),
    erasureIndex: logIndex("erasure_index"),
    position: integer("position"),
    /** The epoch whose key wrapped what was erased: once it is destroyed, no copy opens. Null in old rows. */
    epoch: integer("epoch"),
  },
  (t) => [index("erased_entry_by").on(t.erasureIndex)],
);

/**
 * The items of coarsening entries: which entries' records were replaced, and what commits to the new ones. Append-only; the
 * last one of an entry rules while it has a record.
 */
export const coarsenedEntry = pgTable(
  "coarsened_entry",
  {
    /** The coarsening entry, and the item's place under its root. */
    coarseningIndex: logIndex("coarsening_index").notNull(),
    position: integer("position").notNull(),
    logIndex: logIndex("log_index").notNull(),
    /** Hiding commitment to the new record. */
    commitment: bytes("commitment").notNull(),
    /** The coarsening entry's hour. */
    hour: integer("hour").notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.coarseningIndex, t.position] }),
    index("coarsened_entry_of").on(t.logIndex, t.coarseningIndex),
  ],
);

/** Records that outlive their person detached: no id, index or salt, a month for a time, each batch of several people. */
export const detachedRecord = pgTable(
  "detached_record",
  {
    id: uuid("id").primaryKey(),
    model: text("model").notNull(),
    version: integer("version").notNull(),
    /** YYYY-MM */
    month: text("month").notNull(),
    body: text("body").notNull(),
  },
  (t) => [index("detached_record_model").on(t.model, t.version, t.month)],
);

/** Records that a named duty keeps until a day although their person was erased. */
export const retainedRecord = pgTable(
  "retained_record",
  {
    logIndex: logIndex("log_index").primaryKey(),
    /** YYYY-MM-DD: then it goes, too. */
    until: text("until").notNull(),
    /** The duty in words, as the package names it (JSON by language). */
    duty: text("duty").notNull(),
    /** As in `erased_entry`. */
    epoch: integer("epoch").notNull(),
  },
  (t) => [index("retained_record_until").on(t.until)],
);

// ── Idempotency ─────────────────────────────────────────────────────────────────────────────────────────

/** Keys that clients chose, as HMAC only. The answer itself lies in the vault. */
export const idempotencyKey = pgTable(
  "idempotency_key",
  {
    keyHmac: bytes("key_hmac").primaryKey(),
    /** HMAC of the request, so that another request under the same key is refused; null after erasure. */
    requestHmac: bytes("request_hmac"),
    /** Null after erasure: the answer is gone (410), the key stays taken. */
    decision: uuid("decision"),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (t) => [index("idempotency_key_expiry").on(t.expiresAt)],
);

// ── Monitor counts ──────────────────────────────────────────────────────────────────────────────────────

/**
 * What a batch adds to the counts, a row a batch, so that replicas do not queue on hot counters. Without index or time
 * of the batch: a count of one would otherwise tell the outcome of an entry whose record is erased.
 */
export const monitorDelta = pgTable("monitor_delta", {
  /** Days since the Unix epoch. All lists have one length: a cell each. */
  days: integer("days").array().notNull(),
  models: text("models").array().notNull(),
  versions: integer("versions").array().notNull(),
  outcomes: text("outcomes").array().notNull(),
  counts: integer("counts").array().notNull(),
});

/** Decisions by day, model version and outcome: folded deltas, no count below `SMALL_COUNT` (`counts.ts`). */
export const monitorCount = pgTable(
  "monitor_count",
  {
    day: integer("day").notNull(),
    model: text("model").notNull(),
    version: integer("version").notNull(),
    outcome: text("outcome").notNull(),
    count: logIndex("count").notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.model, t.version, t.outcome] })],
);

/**
 * How many decisions came in each class of recorded quasi-identifiers, of packages that state `risk.k`: classes, not people,
 * and neither when nor which decisions.
 */
export const matchingClass = pgTable(
  "matching_class",
  {
    model: text("model").notNull(),
    /** Of generalisation, from 0, as the policies say. */
    level: integer("level").notNull(),
    /** Canonical JSON of the recorded values, in the contract's order of quasi-identifiers. */
    class: text("class").notNull(),
    arrivals: logIndex("arrivals").notNull(),
    /** How many of them are on the record still, in this class or a finer one. */
    standing: logIndex("standing").notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.model, t.level, t.class] })],
);

// ── Models ──────────────────────────────────────────────────────────────────────────────────────────────

/** Published packages, immutable. */
export const modelVersion = pgTable(
  "model_version",
  {
    model: text("model").notNull(),
    version: integer("version").notNull(),
    /** SHA-256 of all files together, of `model.onnx`, of the background, and of what was promised about each feature. */
    packageDigest: bytes("package_digest").notNull(),
    modelDigest: bytes("model_digest").notNull(),
    backgroundDigest: bytes("background_digest").notNull(),
    policyDigest: bytes("policy_digest").notNull(),
    publishedAt: timestamp("published_at", { withTimezone: true }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.model, t.version] }),
    uniqueIndex("model_version_package").on(t.model, t.packageDigest),
  ],
);

/** The files of a published package, as they were checked. */
export const modelFile = pgTable(
  "model_file",
  {
    model: text("model").notNull(),
    version: integer("version").notNull(),
    name: text("name").notNull(),
    content: bytes("content").notNull(),
  },
  (t) => [primaryKey({ columns: [t.model, t.version, t.name] })],
);

export const modelAlias = pgTable(
  "model_alias",
  {
    model: text("model").notNull(),
    alias: text("alias").notNull(),
    version: integer("version").notNull(),
  },
  (t) => [primaryKey({ columns: [t.model, t.alias] })],
);

// ── The vault ───────────────────────────────────────────────────────────────────────────────────────────

export const vault = pgSchema("vault");

/** One row a person, found by HMAC of their identifier under the epoch's lookup key. */
export const subject = vault.table(
  "subject",
  {
    id: uuid("id").primaryKey(),
    epoch: integer("epoch").notNull(),
    lookup: bytes("lookup").notNull().unique(),
    /** The identifier itself, sealed under the epoch's key: what the next epoch's lookup is made from. Null in old rows. */
    identifier: bytes("identifier"),
  },
  (t) => [index("subject_epoch").on(t.epoch)],
);

/** A data key per subject, purpose and retention class, wrapped by the epoch key; gone once erased. */
export const dataKey = vault.table(
  "data_key",
  {
    id: uuid("id").primaryKey(),
    subject: uuid("subject")
      .notNull()
      .references(() => subject.id, { onDelete: "cascade" }),
    purpose: text("purpose").notNull(),
    retention: text("retention").notNull(),
    /** The epoch whose key wraps it. */
    epoch: integer("epoch").notNull().default(1),
    wrapped: bytes("wrapped").notNull(),
    /** How many entries carry this key's tags: the next tag is number `entries`. */
    entries: integer("entries").notNull(),
  },
  (t) => [uniqueIndex("data_key_of_subject").on(t.subject, t.purpose, t.retention)],
);

/** Ciphertexts, found by the tag of the entry that they belong to. */
export const payload = vault.table("payload", {
  tag: bytes("tag").primaryKey(),
  /**
   * Which data key opens it, sealed under the owner key of an epoch: readable by the service, not by a dump. The epoch's
   * number stands in front, 4 bytes; 44 bytes without it are of epoch 1.
   */
  owner: bytes("owner").notNull(),
  ciphertext: bytes("ciphertext").notNull(),
});

/**
 * What an erasure has still to take away: access has ended, and the tag key, which finds the rest and opens nothing,
 * goes last.
 */
export const removal = vault.table("removal", {
  id: uuid("id").primaryKey(),
  epoch: integer("epoch").notNull(),
  /** Sealed under the epoch's key. */
  tagKey: bytes("tag_key").notNull(),
  /** The epoch that wrapped the data key when access ended. */
  erasedUnder: integer("erased_under").notNull(),
  /** How many entries there are, and how many were dealt with. */
  entries: integer("entries").notNull(),
  done: integer("done").notNull().default(0),
  /** What becomes of records, as the package promised (JSON of `afterErasure`). */
  afterErasure: text("after_erasure").notNull(),
  startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
});

/** Records on their way to be detached, until enough people's are there. */
export const detaching = vault.table(
  "detaching",
  {
    id: uuid("id").primaryKey(),
    /** One for each erasure, so that people are counted and not records; leads nowhere. */
    person: uuid("person").notNull(),
    model: text("model").notNull(),
    version: integer("version").notNull(),
    month: text("month").notNull(),
    body: text("body").notNull(),
  },
  (t) => [index("detaching_model").on(t.model, t.version)],
);

/** Legal grounds that suspend the erasure of a person, for one model or for all. */
export const hold = vault.table(
  "hold",
  {
    id: uuid("id").primaryKey(),
    epoch: integer("epoch").notNull(),
    /** HMAC of the person's id under the epoch's key, under another label than `subject.lookup`. */
    lookup: bytes("lookup").notNull(),
    /** The person's id, sealed under the epoch's key. */
    identifier: bytes("identifier").notNull(),
    /** Null: whatever model. */
    model: text("model"),
    /** The article or order that it rests on. */
    ground: text("ground").notNull(),
    /** YYYY-MM-DD, the last day; null: until it is lifted. */
    until: text("until"),
    placedAt: timestamp("placed_at", { withTimezone: true }).notNull(),
  },
  (t) => [index("hold_lookup").on(t.lookup)],
);

/**
 * Requests of data subjects. Each has a key of its own, wrapped by the epoch's, so that it outlives an erasure of the
 * person for the days that the controller states, and goes with its row.
 */
export const request = vault.table(
  "request",
  {
    id: uuid("id").primaryKey(),
    /** Which right is exercised (`subjects/requests/rights.ts`). */
    right: text("right").notNull(),
    state: text("state").notNull(),
    /** Whose it is: HMAC of the person's id under the epoch's key, under another label than `subject.lookup`. */
    lookup: bytes("lookup").notNull(),
    /** HMAC of person, right and what it is about while it is open: one open request each. */
    openKey: bytes("open_key").unique(),
    epoch: integer("epoch").notNull(),
    wrapped: bytes("wrapped").notNull(),
    /** Who asks, what for, in which words, every step and the answer. */
    sealed: bytes("sealed").notNull(),
    receivedAt: timestamp("received_at", { withTimezone: true }).notNull(),
    /** YYYY-MM-DD: the earliest day by which a law asks for the answer; null where none does. */
    due: text("due"),
    /** YYYY-MM-DD: the controller's own aim, never law. */
    target: text("target"),
    closedAt: timestamp("closed_at", { withTimezone: true }),
    /** When the row goes; null while it is open. */
    forgetAt: timestamp("forget_at", { withTimezone: true }),
  },
  (t) => [index("request_lookup").on(t.lookup), index("request_state").on(t.state, t.due)],
);

/** Purposes that may not decide about a person: restricted, objected to, or without consent any more. */
export const processingStop = vault.table(
  "processing_stop",
  {
    id: uuid("id").primaryKey(),
    /** HMAC of the person's id and the model under the epoch's key. */
    lookup: bytes("lookup").notNull(),
    kind: text("kind").notNull(),
    request: uuid("request")
      .notNull()
      .references(() => request.id, { onDelete: "cascade" }),
  },
  (t) => [uniqueIndex("processing_stop_of_purpose").on(t.lookup, t.kind)],
);

/** What is to be told to recipients and people: the outbox. Each notice has a key of its own, as requests have. */
export const notice = vault.table(
  "notice",
  {
    id: uuid("id").primaryKey(),
    /** The request that it is about. */
    request: uuid("request"),
    epoch: integer("epoch").notNull(),
    wrapped: bytes("wrapped").notNull(),
    /** Address and words. */
    sealed: bytes("sealed").notNull(),
    state: text("state").notNull(),
    attempts: integer("attempts").notNull(),
    nextAttemptAt: timestamp("next_attempt_at", { withTimezone: true }),
    acknowledgedAt: timestamp("acknowledged_at", { withTimezone: true }),
    forgetAt: timestamp("forget_at", { withTimezone: true }).notNull(),
  },
  (t) => [index("notice_next").on(t.state, t.nextAttemptAt), index("notice_request").on(t.request)],
);

/**
 * Mandates: whom a person lets act for them, and for which rights (LGPD 18 §3). Each has a key of its own, as requests
 * have, and goes on the day in `forget_at`.
 */
export const mandate = vault.table(
  "mandate",
  {
    id: uuid("id").primaryKey(),
    /** HMACs of the ids of the person and of the representative under the epoch's key. */
    person: bytes("person").notNull(),
    representative: bytes("representative").notNull(),
    epoch: integer("epoch").notNull(),
    wrapped: bytes("wrapped").notNull(),
    /** Who for whom, for which rights, on what evidence, and each use. */
    sealed: bytes("sealed").notNull(),
    /** YYYY-MM-DD, the last day. */
    until: text("until").notNull(),
    /** When it was revoked. */
    endedAt: timestamp("ended_at", { withTimezone: true }),
    forgetAt: timestamp("forget_at", { withTimezone: true }).notNull(),
  },
  (t) => [
    index("mandate_person").on(t.person),
    index("mandate_representative").on(t.representative),
    index("mandate_epoch").on(t.epoch),
  ],
);

/** One-time codes that were sent. A row goes an hour after it was sent; until then it counts against the next ones. */
export const oneTimeCode = vault.table(
  "one_time_code",
  {
    id: uuid("id").primaryKey(),
    /** HMAC of the person's id under the epoch's key. */
    person: bytes("person").notNull(),
    /** HMAC of row, person, session and code under the epoch's key: only the session that asked can use it. */
    code: bytes("code").notNull(),
    tries: integer("tries").notNull(),
    sentAt: timestamp("sent_at", { withTimezone: true }).notNull(),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
    usedAt: timestamp("used_at", { withTimezone: true }),
  },
  (t) => [index("one_time_code_person").on(t.person)],
);

/** Requests that came by OpenDSR, under the id that the caller gave them. */
export const opendsrRequest = vault.table(
  "opendsr_request",
  {
    caller: text("caller").notNull(),
    /** `subject_request_id` */
    id: uuid("id").notNull(),
    request: uuid("request")
      .notNull()
      .references(() => request.id, { onDelete: "cascade" }),
    /** False: the person or somebody else had asked already, so it is not this caller's to cancel. */
    opened: boolean("opened").notNull(),
    callbacks: text("callbacks").array().notNull(),
    receivedAt: timestamp("received_at", { withTimezone: true }).notNull(),
    cancelledAt: timestamp("cancelled_at", { withTimezone: true }),
  },
  (t) => [primaryKey({ columns: [t.caller, t.id] }), index("opendsr_request_request").on(t.request)],
);

/**
 * Copies of everything held about a person, made in the background for them to fetch (LGPD 19 II, GDPR 15(3)). Sealed
 * under the very keys of the data that they hold, so that no copy outlives an erasure; and gone after some days anyway.
 */
export const copy = vault.table(
  "copy",
  {
    id: uuid("id").primaryKey(),
    subject: uuid("subject")
      .notNull()
      .references(() => subject.id, { onDelete: "cascade" }),
    /** `access` or `portability`. */
    kind: text("kind").notNull(),
    language: text("language").notNull(),
    /** The data keys that it is sealed under, all of them. */
    keys: uuid("keys").array().notNull(),
    /** `making`, `ready` or `failed`. */
    state: text("state").notNull(),
    /** Which attempt is under way: parts of an earlier one are none of this copy's. */
    attempt: smallint("attempt").notNull().default(0),
    /** Until when the process that is making it is waited for. */
    heldUntil: timestamp("held_until", { withTimezone: true }).notNull(),
    /** Entries worked through, out of how many. */
    done: integer("done").notNull().default(0),
    total: integer("total").notNull(),
    /** Sealed: whose it is and, once it is ready, its files with sizes and digests. */
    sealed: bytes("sealed").notNull(),
    startedAt: timestamp("started_at", { withTimezone: true }).notNull(),
    readyAt: timestamp("ready_at", { withTimezone: true }),
    expiresAt: timestamp("expires_at", { withTimezone: true }).notNull(),
  },
  (t) => [
    uniqueIndex("copy_being_made").on(t.subject).where(sql`${t.state} = 'making'`),
    index("copy_of_subject").on(t.subject),
  ],
);

/** Their files, in sealed parts. */
export const copyPart = vault.table(
  "copy_part",
  {
    copy: uuid("copy")
      .notNull()
      .references(() => copy.id, { onDelete: "cascade" }),
    attempt: smallint("attempt").notNull(),
    /** Which file, in the order in which they were begun. */
    file: smallint("file").notNull(),
    part: integer("part").notNull(),
    sealed: bytes("sealed").notNull(),
  },
  (t) => [primaryKey({ columns: [t.copy, t.attempt, t.file, t.part] })],
);

/** The epochs: the key of each lies outside the database. */
export const epoch = pgTable("epoch", {
  number: integer("number").primaryKey(),
  openedAt: timestamp("opened_at", { withTimezone: true }).notNull(),
  /** SHA-256 of a value derived from the epoch key: a wrong key folder is noticed at start, not at the first read. */
  keyCheck: bytes("key_check").notNull(),
  /** Up to where the owners of payloads were sealed again under the next epoch: the tag of the last one. */
  sealedUpTo: bytes("sealed_up_to"),
  /** How many rows were moved to the next epoch so far. */
  movedRows: integer("moved_rows").notNull().default(0),
  /** When the last one was: from here on nothing needs this epoch's key. */
  movedAt: timestamp("moved_at", { withTimezone: true }),
  /** Until when idempotency keys that were taken under it are found. */
  blindUntil: timestamp("blind_until", { withTimezone: true }),
  /** From when its key is gone, where the provider makes one wait. */
  goneFrom: timestamp("gone_from", { withTimezone: true }),
  /** When its key was destroyed, and the entry of the log that says so. */
  destroyedAt: timestamp("destroyed_at", { withTimezone: true }),
  destroyedIndex: logIndex("destroyed_index"),
});

/** Processes that hold epoch keys, and from which epoch on: a key is destroyed only when no cache has it. */
export const epochHolder = pgTable("epoch_holder", {
  id: uuid("id").primaryKey(),
  oldest: integer("oldest").notNull(),
  /** The newest epoch whose key it could open: no epoch is opened whose key is not everywhere. */
  newest: integer("newest").notNull().default(0),
  seenAt: timestamp("seen_at", { withTimezone: true }).notNull(),
});

/** Reviews that were concluded, without person, decision or grounds: how reviewers review. */
export const reviewTally = pgTable(
  "review_tally",
  {
    id: uuid("id").primaryKey(),
    /** Pseudonym of the reviewer under the epoch's key, as in their entries. */
    reviewer: text("reviewer").notNull(),
    model: text("model").notNull(),
    version: integer("version").notNull(),
    result: text("result").notNull(),
    /** From the reviewer's first look at the file to the outcome. */
    seconds: integer("seconds").notNull(),
    concludedAt: timestamp("concluded_at", { withTimezone: true }).notNull(),
  },
  (t) => [index("review_tally_reviewer").on(t.reviewer, t.concludedAt)],
);

// ── Checkpoints: what witnesses, places and time-stamp authorities say of them ─────────────────────────────

/** The one checkpoint that is served: with its witnesses' lines, where a quorum is asked for. Moves forward only. */
export const publishedCheckpoint = pgTable(
  "published_checkpoint",
  {
    id: smallint("id").primaryKey(),
    size: logIndex("size").notNull(),
    root: bytes("root").notNull(),
    note: text("note").notNull(),
    publishedAt: timestamp("published_at", { withTimezone: true }).notNull(),
  },
  (t) => [check("published_checkpoint_is_one_row", sql`${t.id} = 1`)],
);

/** How far each witness has seen the log, so that the next consistency proof begins there. */
export const witnessState = pgTable("witness_state", {
  vkey: text("vkey").primaryKey(),
  size: logIndex("size").notNull(),
  /** What it answered last: `ok`, or the code of what went wrong. */
  answer: text("answer").notNull(),
  askedAt: timestamp("asked_at", { withTimezone: true }).notNull(),
});

/** Why the log signs nothing any more, until an operator has looked. Rows stay. */
export const logAlarm = pgTable("log_alarm", {
  id: uuid("id").primaryKey(),
  code: text("code").notNull(),
  /** Which witness or place said so, in words, and the two sizes. */
  detail: text("detail").notNull(),
  raisedAt: timestamp("raised_at", { withTimezone: true }).notNull(),
  clearedAt: timestamp("cleared_at", { withTimezone: true }),
});

/** RFC 3161 time stamps over published checkpoints. */
export const checkpointStamp = pgTable("checkpoint_stamp", {
  size: logIndex("size").primaryKey(),
  /** The note that was stamped, byte by byte. */
  note: text("note").notNull(),
  /** The authority's answer (DER TimeStampResp). */
  token: bytes("token").notNull(),
  stampedAt: timestamp("stamped_at", { withTimezone: true }).notNull(),
});

/** Changes of the log's key. The first key is the one in `log_head`. */
export const logKey = pgTable("log_key", {
  /** 2 for the first change. */
  number: smallint("number").primaryKey(),
  vkey: text("vkey").notNull().unique(),
  /** YYYY-MM-DD: the last UTC day on which the key before it signs too. */
  until: text("until").notNull(),
  /** The entry of kind key. */
  entry: logIndex("entry").notNull(),
  /** The checkpoint that first covers that entry, signed by both. */
  note: text("note").notNull(),
});
