import { addWorkingDays } from "./calendar.ts";
import type { ClockInput, Deadline, Right } from "./clock.ts";
import { addDays } from "./days.ts";

/** Extensions, doubts and clarifications stop no clock of these laws; nothing in them says so. */

const COMPLETE: readonly Right[] = ["access", "access_complete"];
const SIMPLIFIED: readonly Right[] = ["confirmation", "access_simplified"];

/** Days of the calendar; a last day on a weekend or holiday is read strictly, not rolled over (Código Civil 132 §1). */
const UNROLLED = "counted in days, not rolled over: the earlier reading";

const NO_PERIOD: Partial<Record<Right, string>> = {
  correction: "LGPD 18 III and §5",
  rectification: "LGPD 18 III and §5",
  erasure: "LGPD 18 IV, VI and §5",
  portability: "LGPD 18 V and §5",
  objection: "LGPD 18 §2",
  review: "LGPD 20",
  explanation: "LGPD 20 §1",
  risk_criteria: "LGPD 20 §1",
  refusal: "LGPD 18 §4",
  information: "LGPD 18 VII and §5",
  cancellation: "LGPD 18 §5",
  restriction: "LGPD 18 IV and §5",
  consent_revocation: "LGPD 8 §5 and 18 IX",
};

/** LGPD (Lei 13.709/2018). Art. 19 alone sets periods; the regulation that §5 of art. 18 announces was not issued. */
export function lgpdDeadline({ right, received }: ClockInput): Deadline {
  if (SIMPLIFIED.includes(right)) return { due: null, immediate: true, rule: "LGPD 19 I: at once" };
  if (COMPLETE.includes(right))
    return { due: addDays(received, 15), rule: `LGPD 19 II: 15 days from the request, ${UNROLLED}` };
  return withoutPeriod(right);
}

/** Small processing agents, a setting of the controller (Resolução CD/ANPD 2/2022). */
export function smallAgentDeadline({ right, received }: ClockInput): Deadline {
  if (SIMPLIFIED.includes(right)) {
    const rule = `LGPD 19 I; Res. CD/ANPD 2/2022 art. 15: 15 days from the request, ${UNROLLED}`;
    return { due: addDays(received, 15), rule };
  }
  if (COMPLETE.includes(right)) {
    const rule = `LGPD 19 II; Res. CD/ANPD 2/2022 art. 14: doubled to 30 days from the request, ${UNROLLED}`;
    return { due: addDays(received, 30), rule };
  }
  return withoutPeriod(right);
}

function withoutPeriod(right: Right): Deadline {
  if (right === "recipients_told") return { due: null, immediate: true, rule: "LGPD 18 §6: at once" };
  return { due: null, rule: `${NO_PERIOD[right] ?? "LGPD 18"}: no period in the law` };
}

/** Credit history (Lei 12.414/2011, art. 5 and 6). */
export function cadastroPositivoDeadline({ right, received, calendar }: ClockInput): Deadline {
  switch (right) {
    case "correction":
    case "rectification":
      return { due: addDays(received, 10), rule: `Lei 12.414 art. 5 III: 10 days, ${UNROLLED}` };
    case "information":
    case "access":
    case "access_simplified":
    case "access_complete":
    case "confirmation":
    case "recipients_told":
      return { due: addDays(received, 10), rule: `Lei 12.414 art. 6 §2: 10 days, ${UNROLLED}` };
    case "cancellation":
      return { due: addWorkingDays(received, 2, calendar), rule: "Lei 12.414 art. 5: 2 working days" };
    case "review":
      return { due: null, rule: "Lei 12.414 art. 5 VI: no period in the law" };
    case "risk_criteria":
    case "explanation":
      return { due: null, rule: "Lei 12.414 art. 5 IV: no period in the law" };
    default:
      return { due: null, rule: "Lei 12.414: no period for this right" };
  }
}
