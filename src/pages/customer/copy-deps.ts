import type { Language } from "../../decisions/decision.ts";
import type { Actor } from "../../http/tokens.ts";
import type { CopyKind } from "../../subjects/copies/asked.ts";
import type { ToldCopy } from "../../subjects/copies/copy.ts";
import type { HandedFile } from "../../subjects/copies/find-copy.ts";

/** What the page on which people get their data needs. All of it asks for the highest proof level. */
export interface CopyVerbs {
  /** Newest first: being made, ready, or failed. */
  mine(actor: Actor): Promise<ToldCopy[]>;
  /** As a request for access or portability: with its clock, its steps and its evidence. */
  ask(actor: Actor, kind: CopyKind, language: Language): Promise<void>;
  /** @throws Problem unknown_copy, copy_not_ready */
  handOver(actor: Actor, id: string, name: string): Promise<HandedFile>;
  /** @throws Problem unknown_copy */
  remove(actor: Actor, id: string): Promise<void>;
}
