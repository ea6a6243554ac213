import type { Language } from "../../decisions/decision.ts";
import type { RequestRight } from "../requests/rights.ts";

/** `access`: everything held. `portability`: what the person gave, for another controller. */
export const COPY_KINDS = ["access", "portability"] as const;
export type CopyKind = (typeof COPY_KINDS)[number];

/** By which right a copy of a kind is asked for, and handed over. */
export const COPY_RIGHT = {
  access: "access_complete",
  portability: "portability",
} as const satisfies Record<CopyKind, RequestRight>;

export interface CopyAsked {
  subject: string;
  kind: CopyKind;
  language: Language;
  /** The data keys of the person that it is about: those that they had when they asked. */
  keys: readonly string[];
}

/** Told after each page; may refuse to go on by throwing. */
export type CopyProgress = (done: number, total: number) => Promise<void>;
