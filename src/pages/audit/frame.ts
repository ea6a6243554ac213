import { html } from "hono/html";
import type { RecordState } from "../../decisions/decision.ts";
import type { Section } from "../layout.ts";
import type { Html, Scene } from "../scene.ts";

/** The auditor's header. */
export const auditSections = ({ words }: Scene, current: "decisions" | "models" | "log"): Section[] =>
  (["decisions", "models", "log"] as const).map((part) => ({
    href: `/audit/${part}`,
    label: words.auditSections[part],
    current: part === current,
  }));

/** What justifies an erased record's gap, as a sentence of its page. */
export function justification({ words, numbers }: Scene, state: RecordState): Html {
  if (state.state !== "erased") return html`${words.auditDecision.pendingText}`;
  return html`${words.auditDecision.erasedBy} <a href="/audit/entries/${state.by}">${words.audit.entryLink(numbers.count(state.by))}</a>.`;
}
