import { REGIMES, type Regime } from "../deadlines/clock.ts";
import type { Day } from "../deadlines/days.ts";
import { type Clock, deadlineOf } from "../deadlines/deadline.ts";
import { clockRightOf, type RequestRight } from "./rights.ts";
import type { RightsSettings } from "./settings.ts";
import { CLOCK_EVENT, type RequestAction } from "./states.ts";

/** A clock as it was shown, with the calendar that it was read from, so that the day stays explicable. */
export interface ShownClock extends Clock {
  regime: Regime;
}

/** One clock a regime that gives the right, as they stand after these steps. */
export function clocksOf(
  settings: RightsSettings,
  request: { right: RequestRight; receivedAt: Date; regimes: readonly Regime[] },
  steps: readonly { at: Date; action: RequestAction }[],
): ShownClock[] {
  const events = steps.flatMap(({ at, action }) => {
    const type = CLOCK_EVENT[action];
    return type ? [{ at, type }] : [];
  });
  return REGIMES.filter((regime) => request.regimes.includes(regime)).map((regime) => ({
    regime,
    ...deadlineOf(
      {
        regime,
        right: clockRightOf(regime, request.right),
        received: request.receivedAt,
        timeZone: settings.timeZone,
        events,
      },
      { calendar: settings.calendar, targetDays: settings.targetDays },
    ),
  }));
}

const earliest = (days: readonly (Day | null | undefined)[]): Day | null =>
  days.flatMap((day) => day ?? []).toSorted()[0] ?? null;

/** The earliest day that a law sets, and the earliest that the controller sets itself: never mixed. */
export const dueOf = (clocks: readonly ShownClock[]): { due: Day | null; target: Day | null } => ({
  due: earliest(clocks.map(({ due }) => due)),
  target: earliest(clocks.map(({ target }) => target)),
});
