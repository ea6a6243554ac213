import { html } from "hono/html";
import type { LeafKind } from "../../../audit/leaf.ts";
import type { RecordState } from "../../decisions/decision.ts";
import type { Contract } from "../../models/contract.ts";
import { outcomeWords } from "../contract-words.ts";
import type { Html, Scene } from "../scene.ts";
import type { HistoryStep } from "./history-verb.ts";

export interface DecisionHistory {
  decided: { logIndex: number; hour: number };
  steps: readonly HistoryStep[];
  more: number;
  state: RecordState;
  contract: Contract | null;
}

/** What happened to a decision, entry by entry: taken, read, corrected, reviewed, erased. */
export function historySection(
  scene: Scene,
  { decided, steps, more, state, contract }: DecisionHistory,
): Html {
  const { words, numbers } = scene;
  const texts = words.history;
  const line = (logIndex: number, hour: number | null, said: Html | string) =>
    html`<li><time>${hour === null ? "" : numbers.hour(hour)}</time><div><p>${said}</p><p class="quiet"><a href="/audit/entries/${logIndex}">${words.audit.entryLink(numbers.count(logIndex))}</a></p></div></li>`;
  return html`<section class="ruled" aria-labelledby="history"><div class="section-line"><h2 id="history">${texts.title}</h2><p class="note">${texts.note}</p></div><ol class="time-line">${line(decided.logIndex, decided.hour, html`<strong>${texts.decided}</strong>`)}${steps.map((step) => line(step.logIndex, step.hour, stepWords(scene, step, contract)))}${state.state === "kept" && state.coarsenedBy !== undefined ? line(state.coarsenedBy, null, html`<strong>${texts.coarsened}</strong>`) : ""}${state.state === "erased" ? line(state.by, null, html`<strong>${texts.erased}</strong>`) : state.state === "erased-pending" ? html`<li><time></time><div><p><strong>${texts.erasedPending}</strong></p></div></li>` : ""}</ol>${more > 0 ? html`<p class="note">${texts.more(numbers.count(more))}</p>` : ""}</section>`;
}

function stepWords(scene: Scene, step: HistoryStep, contract: Contract | null): Html {
  const { words, language } = scene;
  const texts = words.history;
  const { roles, purposes } = words as { roles: Record<string, string>; purposes: Record<string, string> };
  const kinds = words.kinds as Record<string, string>;
  if (step.kind === "access") {
    const role = step.role ?? "";
    return html`${texts.read} ${roles[role] ?? role}, ${purposes[step.purpose ?? ""] ?? step.purpose ?? ""}`;
  }
  const outcome =
    step.outcome !== null && contract ? outcomeWords(contract, step.outcome, language).label : step.outcome;
  const results = texts.results as Record<string, string>;
  const what = html`<strong>${kinds[step.kind as LeafKind] ?? step.kind}</strong>${step.result === null ? "" : html`: ${results[step.result] ?? step.result}`}`;
  const stands = outcome === null ? "" : html` · ${texts.stands(outcome)}`;
  return html`${what}${stands}${step.by === null ? "" : html` · <a href="/audit/decisions/${step.by}">${texts.by}</a>`}`;
}
