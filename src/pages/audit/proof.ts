import { html } from "hono/html";
import type { LogProof } from "../deps.ts";
import { type SealState, seal } from "../figures/marks.ts";
import { proofPath } from "../figures/proof-path.ts";
import type { ProofCheck } from "../proof-check.ts";
import type { Html, Scene } from "../scene.ts";
import { verifyForm } from "./verify-form.ts";

/** A seal holds only when both the path and the checkpoint do. */
export const sealOf = ({ path, note }: ProofCheck): SealState => (path && note ? "holds" : "broken");

/** An entry's way to the root, drawn and as a table whose rows line up with the squares. */
export function proofSection(scene: Scene, index: number, proof: LogProof): Html {
  const { numbers } = scene;
  const words = scene.words.auditDecision;
  const covers = ({ start, end }: { start: number; end: number }) =>
    end - start === 1 ? numbers.count(start) : numbers.range(numbers.count(start), numbers.count(end - 1));
  const sentence = words.proofSentence(
    numbers.count(index),
    numbers.count(proof.path.length),
    numbers.count(proof.size),
  );
  return html`<section class="ruled proof"><div class="section-line"><h2>${words.proof}</h2><p class="quiet">${words.proofNote}</p></div>
<div class="proof-figure">${proofPath(proof.path, sentence)}<table><thead class="sr"><tr><th scope="col">${words.covers}</th><th scope="col">${words.hash}</th></tr></thead><tbody><tr class="strong"><th scope="row">${words.proofRoot(numbers.count(proof.size))}</th><td><code>${proof.root.slice(0, 8)}</code></td></tr>${proof.path
    .toReversed()
    .map(
      (step) =>
        html`<tr><th scope="row">${covers(step)}</th><td><code>${step.hash.slice(0, 8)}</code></td></tr>`,
    )}</tbody></table></div>
<ul class="legend"><li><svg width="11" height="11" aria-hidden="true"><rect class="proof-computed" width="11" height="11"/></svg> ${words.computedHere}</li><li><svg width="11" height="11" aria-hidden="true"><rect class="proof-given" x="0.5" y="0.5" width="10" height="10"/></svg> ${words.given}</li></ul></section>`;
}

/** What the server found, and how to find it without the server. */
export function verificationSection(
  scene: Scene,
  proof: LogProof,
  check: ProofCheck,
  decisionId: string | null,
  vkeys: readonly string[] = [],
): Html {
  const { numbers } = scene;
  const words = scene.words.auditDecision;
  const state = sealOf(check);
  const holds = state === "holds";
  const point = (right: boolean, text: string) => html`<li class="${right ? "right" : "wrong"}">${text}</li>`;
  const fetched = decisionId === null ? "v1/audit/export" : `v1/audit/decisions/${decisionId}/evidence`;
  return html`<section class="ruled verification"><h2>${words.verification}</h2><p class="verdict${holds ? "" : " broken"}">${seal(state)} <strong>${scene.words.shell.seals[state]}</strong> <span>${words.byServer}</span></p>
<ul class="checks">${point(check.path, words.checks.path(numbers.count(proof.path.length), numbers.count(proof.size)))}${point(check.note, words.checks.note)}</ul>
${decisionId === null ? "" : verifyForm(scene, { fetch: `/audit/decisions/${decisionId}/evidence`, vkeys, fetchLabel: scene.words.verify.fetchEvidence })}${decisionId === null ? "" : html`<p class="buttons"><a class="button second" href="/audit/decisions/${decisionId}/evidence" download>${scene.words.verify.downloadEvidence}</a></p>`}
<h3>${words.outside}</h3><p class="note">${words.outsideText}</p><pre><code>curl -H "Authorization: Bearer $TOKEN" \\
  $URL/${fetched} > evidence
node audit/cli.ts verify evidence --key "$VKEY"</code></pre>
<details class="numbers"><summary>${words.checkpoint}</summary><pre><code>${proof.checkpoint}</code></pre></details></section>`;
}
