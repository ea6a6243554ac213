import { hourOf } from "../../audit/leaf.ts";
import type { NewEntry } from "../db/log-append.ts";
import { Problem } from "../errors.ts";
import type { Deps } from "./deps.ts";

/** Who opened something: the role they acted in, and a pseudonym that only the epoch key connects to them. */
export interface Reader {
  role: "product" | "auditor" | "operator" | "reviewer";
  /** The client or subject of the token. */
  name: string;
}

/** What was opened. */
export type Opened =
  | "decision"
  | "decision-list"
  | "explanation"
  | "entry"
  | "personal-data"
  | "request"
  | "incident";

interface About {
  decision?: string;
  request?: string;
  /** Finer than the role's. `incident-notice`: to tell people of an incident. */
  purpose?: "incident-notice";
}

/** A pseudonym of whoever acts for the controller, in readings and steps alike; people carry none. 16 hex digits. */
export const actorOf = ({ epoch }: Pick<Deps, "epoch">, role: string, name: string): string =>
  Buffer.from(epoch.blind("actor", role, name))
    .subarray(0, 8)
    .toString("hex");

/**
 * The entry that says that somebody opened something (LGPD 37; GDPR 15 as read in C-579/21: a person may ask when
 * and for what purpose their data was consulted). People's own readings carry their tag instead of a name and are
 * made in `subjects/`: a pseudonym of the person would group their entries for every reader.
 */
function accessEntry(
  { epoch, now, randomId }: Pick<Deps, "epoch" | "now" | "randomId">,
  reader: Reader,
  what: Opened,
  about: About = {},
): NewEntry {
  const hour = hourOf(now());
  return {
    leaf: { kind: "access" },
    hour,
    body: {
      kind: "access",
      hour,
      role: reader.role,
      purpose: about.purpose ?? PURPOSE[reader.role],
      what,
      actor: actorOf({ epoch }, reader.role, reader.name),
      ...(about.decision === undefined ? {} : { decision: about.decision }),
      ...(about.request === undefined ? {} : { request: about.request }),
    },
    columns: { id: randomId(), ...(about.decision === undefined ? {} : { about: about.decision }) },
  };
}

/** Why a role reads at all. */
const PURPOSE = {
  product: "showing-the-decision",
  auditor: "audit",
  operator: "operation",
  reviewer: "review",
} as const;

/**
 * Puts a reading on the record before what was read is handed out. A failing append lets nothing out.
 * @returns the index of the entry
 */
export async function leaveTrace(
  deps: Pick<Deps, "epoch" | "now" | "randomId" | "log">,
  reader: Reader,
  what: Opened,
  about: About = {},
): Promise<number> {
  const outcome = await deps.log.append(accessEntry(deps, reader, what, about));
  if ("refused" in outcome) throw new Problem("decision_erased", "It was erased while it was being opened");
  return outcome.logIndex;
}
