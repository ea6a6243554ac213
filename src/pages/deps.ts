import type { LeafKind } from "../../audit/leaf.ts";
import type { ToldCounterfactuals } from "../decisions/counterfactual-words.ts";
import type {
  AuditedDecision,
  DecisionCore,
  DecisionRecord,
  Language,
  RecordState,
} from "../decisions/decision.ts";
import type { DryRun, DryRunAsked } from "../decisions/dry-run.ts";
import type { ActUnder } from "../http/api.ts";
import type { IssuerSignIn } from "../http/issuer-sign-in.ts";
import type { Sessions } from "../http/sessions.ts";
import type { Actor, ProofLevel, TokenVerifier } from "../http/tokens.ts";
import type { Contract } from "../models/contract.ts";
import type { CodeHolder } from "../subjects/codes/codes.ts";
import type { RequestRight } from "../subjects/requests/rights.ts";
import type { Assets } from "./assets.ts";
import type { LogVerbs } from "./audit/log-verbs.ts";
import type { ModelVerbs } from "./audit/model-verbs.ts";
import type { CopyVerbs } from "./customer/copy-deps.ts";
import type { MandateVerbs } from "./customer/mandate-deps.ts";
import type { RequestVerbs } from "./customer/request-deps.ts";
import type { OperatorVerbs, ReviewerVerbs } from "./operator/deps.ts";

/** The same words in both languages. */
export type Both = Record<Language, string>;

/** An inclusion proof with what each of its hashes stands for. All hashes in lower-case hex. */
export interface LogProof {
  size: number;
  root: string;
  leafHash: string;
  /** Nearest the leaf first (RFC 9162 §2.1.3.1). `hash` covers the entries `start` ≤ index < `end`. */
  path: { level: number; start: number; end: number; hash: string; side: "left" | "right" }[];
  /** The signed note (C2SP tlog-checkpoint) over `size` and `root`. */
  checkpoint: string;
}

/** One line of the strip on the start page: what kind of entry, and whether what it points to is still there. */
export interface LastEntry {
  index: number;
  kind: LeafKind;
  state: "kept" | "erased" | "erased-pending";
}

export interface AuditFilter {
  model?: string;
  version?: number;
  outcome?: string;
  /** YYYY-MM-DD, both days included, UTC */
  from?: string;
  to?: string;
}

export interface MyDecision {
  /** RFC 3339 */
  at: string;
  logIndex: number;
  inputs: Record<string, string | number>;
  decision: DecisionCore;
  /** What would have changed the outcome. */
  counterfactuals?: ToldCounterfactuals;
}

/** Somebody opened what is held about the person. `hour`: whole hours since 1970-01-01T00:00Z. */
export interface Opening {
  hour: number;
  role: string;
  purpose: string;
  what: string;
  /** The decision's id, null when it was everything. */
  about: string | null;
}

/** What came after a decision, newest first; the decision itself is never rewritten. */
export interface Aftermath {
  /** `outcome`: what stood after it; null when the decision was annulled. `grounds`: the reviewer's, in words. */
  reviews: readonly { at: string; decision: string; outcome: string | null; grounds: string }[];
  /** `decision` was made again on corrected data: `by` stands in its place. */
  corrections: readonly { at: string; decision: string; by: string }[];
}

/** One decision with what came of it. `replaces`: the one in whose place it stands, made on corrected data. */
export interface OneOfMine extends Aftermath {
  mine: MyDecision;
  replaces: string | null;
}

/** A published model as product teams use it: by the version that `champion` points to. */
export interface ProductModel {
  model: string;
  version: number;
  contract: Contract;
}

export interface RefusedErasure {
  purpose: string;
  article: string;
  reason: Both;
}

/** What erasing now would do, purpose by purpose, before anybody confirms anything. */
export interface ErasureOutlook {
  /** `records`: what becomes of the records without a name that auditors read. */
  erased: { purpose: string; text: Both; entries: number; records: Contract["afterErasure"] }[];
  refused: (RefusedErasure & { text: Both })[];
  /** Open requests about decisions that would be gone. */
  ends: { id: string; right: RequestRight }[];
  /** For how long requests stay after they are closed. */
  requestDays: number;
}

export interface ErasureOutcome {
  /** `certificate`: what the person keeps; nobody else can ask for their certificate. */
  erased: { purpose: string; entries: number; certificate?: KeptKey; underWay?: boolean }[];
  refused: RefusedErasure[];
}

/** Finds the entries that were somebody's, and opens none of them. */
export interface KeptKey {
  /** Base64 of 32 bytes. */
  tagKey: string;
  entries: number;
}

/**
 * What the pages need: verbs of the use cases, never their tables. Each verb authorises the actor again, leaves its
 * own trace, and throws `Problem`.
 */
export interface PagesDeps {
  controller: string;
  /** An e-mail address, or any other words that say how to reach them. */
  dataProtectionOfficer: string;
  /** Opens `/enter?token=`. */
  development: boolean;
  assets: Assets;
  sessions: Sessions;
  verify: TokenVerifier;
  now(): Date;
  /** Sign-in by the issuer's own page; absent where none is configured. */
  issuer?: IssuerSignIn | null;
  /** One-time codes, and the proof level that one amounts to; absent where no way is configured on which they could go. */
  codes?: {
    proof: ProofLevel;
    /** @returns the code's id. @throws Problem no_code_address, too_many_codes, code_not_sent */
    send(holder: CodeHolder, language: Language): Promise<string>;
    /** @throws Problem wrong_code */
    use(holder: CodeHolder, id: string, code: string): Promise<void>;
  } | null;
  /** Where somebody goes whose proof of identity is too low for a page; null: nowhere from here. */
  wayToProof?: (level: ProofLevel, next: string) => string | null;
  /** How a representative becomes the person, as far as their mandate reaches; absent: nobody acts for anybody. */
  actUnder?: ActUnder;

  /** @throws Problem unknown_model, unknown_version */
  contract(model: string, version: number): Promise<Contract>;
  /** `last`: the newest 96 entries at most, oldest first. */
  logState(): Promise<{ size: number; root: string; last: LastEntry[] }>;
  /** @throws Problem unknown_entry */
  logProof(index: number): Promise<LogProof>;

  /** `entry`: under which log index this reading is on the record. */
  auditDecisions(
    actor: Actor,
    filter: AuditFilter,
    cursor?: string,
  ): Promise<{ items: AuditedDecision[]; next: string | null; entry: number }>;
  auditDecision(
    actor: Actor,
    id: string,
  ): Promise<{
    logIndex: number;
    hour: number;
    record: DecisionRecord | null;
    state: RecordState;
    proof: LogProof;
    entry: number;
  }>;
  /**
   * What anybody may know of an entry: its kind, its hour and whether its record stands. `covers`: how many entries
   * an erasure or a coarsening entry justifies, null for other kinds.
   * @throws Problem unknown_entry
   */
  auditEntry(
    actor: Actor,
    index: number,
  ): Promise<{
    logIndex: number;
    kind: LeafKind;
    hour: number;
    covers: number | null;
    state: RecordState;
    proof: LogProof;
    entry: number;
  }>;

  /** Every published model with the version that its champion is, by name. */
  productModels(): Promise<ProductModel[]>;
  /** The package's own example, explained once a version and language: it is the same for everybody, and costs no try. */
  exampleRun(model: string, language: Language): Promise<DryRun>;
  /** Nothing is recorded. @throws Problem too_many_dry_runs, and those of a decision's content */
  tryDecision(actor: Actor, asked: Omit<DryRunAsked, "subject">): Promise<DryRun>;
  dryRunsPerHour: number;

  overseer: LogVerbs & ModelVerbs;
  copies: CopyVerbs;
  operator: OperatorVerbs;
  reviewer: ReviewerVerbs;

  /** Newest first. */
  myDecisions(actor: Actor): Promise<{ items: MyDecision[]; opened: Opening[] } & Aftermath>;
  /** One decision of theirs, and what came of it; no other is opened. @throws Problem unknown_decision */
  myDecision(actor: Actor, id: string): Promise<OneOfMine>;
  /** The newest ones, to choose from. */
  myNewest(actor: Actor, most: number): Promise<MyDecision[]>;
  /** One, for a request about it. @throws Problem unknown_decision */
  myChosen(actor: Actor, id: string): Promise<MyDecision>;
  requests: RequestVerbs;
  mandates: MandateVerbs;
  /** A JSON document. Needs the highest proof level, as do the two below. */
  myAccess(actor: Actor): Promise<unknown>;
  whatErasureWouldDo(actor: Actor): Promise<ErasureOutlook>;
  eraseMe(actor: Actor): Promise<ErasureOutcome>;
  /** The lines of an erasure's certificate, for whoever kept its key. @throws Problem unknown_entry, not_erased */
  certificate(keys: readonly KeptKey[]): AsyncGenerator<string>;
}

/** What a page needs whatever it shows; the edge has no more than this. */
export type PagesFrame = Pick<
  PagesDeps,
  "controller" | "dataProtectionOfficer" | "assets" | "sessions" | "wayToProof" | "actUnder"
>;
