import { html } from "hono/html";
import { daysBetween } from "../../subjects/deadlines/days.ts";
import { isOpen } from "../../subjects/requests/states.ts";
import { type DeadlineLine, deadlineFigure } from "../figures/deadline.ts";
import type { Html, Scene } from "../scene.ts";
import type { OwnRequest } from "./request-deps.ts";

const dateOf = (day: string): Date => new Date(`${day}T00:00:00Z`);

/** 22 ago; with the year where it is another one than today's. */
export function dayWords({ numbers }: Scene, day: string, today: string): string {
  const whole = numbers.shortDate(dateOf(day));
  return day.slice(0, 4) === today.slice(0, 4) ? whole.slice(0, -5) : whole;
}

/** The articles alone: what stands before the period in a clock's rule. */
const articlesOfRule = (rule: string): string => (/^[^:;]+/.exec(rule)?.[0] ?? rule).replace(" with ", ", ");

/** Where a request's clock ends: the earliest day that a law sets, else the controller's own target. */
export function endOf({
  due,
  target,
  stoppedSince,
  clocks,
}: Pick<OwnRequest, "due" | "target" | "stoppedSince" | "clocks">): DeadlineLine["end"] {
  if (due !== null) return { day: due, own: false };
  const stands = stoppedSince !== null && clocks.some(({ regime }) => regime === "gdpr");
  return target === null || stands ? null : { day: target, own: true };
}

/** What a deadline is, and on what it rests: the law with its article, or the controller's own aim, never mixed. */
function deadlineWords(
  scene: Scene,
  request: OwnRequest,
  today: string,
): { said: string; basis: string; late: boolean } {
  const words = scene.words.requests;
  const write = (day: string) => dayWords(scene, day, today);
  const { state, received, closed, stoppedSince, clocks } = request;
  if (closed !== null && !isOpen(state)) {
    const took = daysBetween(received, closed);
    const ended = words.ended[state as keyof typeof words.ended](write(closed));
    return { said: ended, basis: took === 0 ? words.sameDay : words.took(words.days(took)), late: false };
  }
  const end = endOf(request);
  if (end === null) {
    if (stoppedSince !== null)
      return { said: words.stoppedSince(write(stoppedSince)), basis: words.untilYouAnswer, late: false };
    const atOnce = clocks.some(({ immediate }) => immediate);
    return { said: atOnce ? words.atOnce : words.noDay, basis: "", late: false };
  }
  const left = daysBetween(today, end.day);
  if (end.own) {
    const said =
      left > 0 ? words.left(left) : left === 0 ? words.targetToday : words.targetPassed(Math.abs(left));
    return { said, basis: words.ownTarget(scene.controller), late: false };
  }
  const rule = clocks.find(({ due }) => due === end.day)?.rule ?? clocks[0]?.rule ?? "";
  const said = left > 0 ? words.left(left) : left === 0 ? words.today : words.late(Math.abs(left));
  const extended = state === "extended" ? `; ${words.extended}` : "";
  return { said, basis: `${words.law(articlesOfRule(rule))}${extended}`, late: left <= 0 };
}

/** The deadline as words and as a line. */
export function deadline(scene: Scene, request: OwnRequest, today: string): Html {
  const { said, basis, late } = deadlineWords(scene, request, today);
  const end = endOf(request);
  const write = (day: string) => dayWords(scene, day, today);
  const { received, closed, stoppedSince } = request;
  const words = scene.words.requests;
  const days = {
    received: write(received),
    end: end && words.until(write(end.day)),
    closed: closed && write(closed),
  };
  const sentence = [`${write(received)}: ${said}`, basis, closed === null ? days.end : null]
    .filter(Boolean)
    .join("; ");
  const figure = deadlineFigure({ received, today, closed, end, stoppedSince }, days, sentence);
  return html`<div class="request-clock"><p${late ? html` class="late-words"` : ""}><strong>${said}</strong>${basis === "" ? "" : html` · ${basis}`}</p>${figure}</div>`;
}
