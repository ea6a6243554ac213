import type { Language } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import type { SubjectKey } from "../../privacy/subject-keys.ts";
import type { HeldDecision } from "../access.ts";
import type { ToldMandates } from "../mandates/find-mandates.ts";
import type { OpenedEntry } from "../opened-entries.ts";
import type { ToldPurpose, ToldRequest } from "./told.ts";

/** What stands at the head of a copy of everything held about a person. */
export interface AccessHead {
  /** RFC 3339 */
  at: string;
  language: Language;
  controller: string;
  dataProtectionOfficer: string;
  subject: string;
  requests: ToldRequest[];
  mandates: ToldMandates;
  /** The signed note that proofs lead to. */
  checkpoint: string;
  /** Uses of the person's data, each with how many entries carry its tags. */
  uses: { key: SubjectKey; contract: Contract; entries: number }[];
}

/** Some of a person's entries under one key, oldest first. */
export interface AccessPage {
  /** Place of the key in the head. */
  use: number;
  entries: OpenedEntry[];
  decisions: HeldDecision[];
  /** Contracts of the versions that decided, by `model@version`. */
  contracts: ReadonlyMap<string, Contract>;
}

/** One way of writing a copy, in the order in which things are read: pages of a use, then what is said of it. */
export interface AccessWriter {
  page(page: AccessPage): Promise<void>;
  endUse(told: ToldPurpose): Promise<void>;
  end(): Promise<void>;
}
