import type { Json } from "../../../audit/canonical.ts";
import { hourOf } from "../../../audit/leaf.ts";
import type { NewEntry } from "../../db/log-append.ts";
import type { Deps } from "../../decisions/deps.ts";
import type { ShownClock } from "./clocks.ts";
import type { GroundCode } from "./grounds.ts";
import { REMEDIES } from "./law.ts";
import type { OpenedRequest, Party, StepTaken } from "./request.ts";

const clockBody = ({ regime, due, immediate, target, rule, calendar }: ShownClock): Json => ({
  regime,
  due,
  ...(immediate ? { immediate } : {}),
  ...(target === undefined ? {} : { target }),
  rule,
  calendar,
});

export interface StepRecord {
  action: StepTaken["action"];
  state: string;
  by: Party;
  actor?: string | undefined;
  ground?: GroundCode | undefined;
  articles?: string[] | undefined;
  clocks: readonly ShownClock[];
  /** More facts, free of personal data. */
  told?: Record<string, Json> | undefined;
}

/**
 * The evidence of a step. It carries no tag and no name: only the request's own key leads from the reference to the
 * request, so the entry says something about nobody once that key is gone. A refusal is of a kind of its own.
 */
export function stepEntry(
  deps: Pick<Deps, "now" | "randomId">,
  request: Pick<OpenedRequest, "reference" | "right"> & {
    content: Pick<OpenedRequest["content"], "regimes">;
  },
  { action, state, by, actor, ground, articles, clocks, told }: StepRecord,
): NewEntry {
  const hour = hourOf(deps.now());
  const kind = action === "refuse" ? "refusal" : "request";
  const remedies = [...new Set(request.content.regimes.map((regime) => REMEDIES[regime]))];
  return {
    leaf: { kind },
    hour,
    body: {
      kind,
      hour,
      request: request.reference,
      right: request.right,
      action,
      state,
      by,
      ...(actor === undefined ? {} : { actor }),
      ...(ground === undefined ? {} : { ground }),
      ...(articles === undefined ? {} : { articles }),
      ...(kind === "refusal" ? { remedies } : {}),
      clocks: clocks.map(clockBody),
      ...told,
    },
    columns: { id: deps.randomId() },
  };
}
