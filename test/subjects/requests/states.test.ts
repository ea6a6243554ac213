import { describe, expect, it } from "vitest";
import { Problem } from "../../../src/errors.ts";
import {
  isOpen,
  nextState,
  REQUEST_ACTIONS,
  REQUEST_STATES,
  type RequestAction,
  type RequestState,
} from "../../../src/subjects/requests/states.ts";

type Act = Exclude<RequestAction, "receive">;
const ACTS = REQUEST_ACTIONS.filter((action): action is Act => action !== "receive");
/** Where an action leads, or null where it is refused. */
function leads(state: RequestState, action: Act, past: RequestAction[] = []): RequestState | null {
  try {
    return nextState(state, action, past);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ code: "illegal_transition", status: 409, members: { state, action } });
    return null;
  }
}

describe("the states of a request", () => {
  it("lead to exactly these", () => {
    const table = Object.fromEntries(
      REQUEST_STATES.map((state) => [
        state,
        Object.fromEntries(
          ACTS.flatMap((action) => {
            const to = leads(state, action);
            return to === null ? [] : [[action, to]];
          }),
        ),
      ]),
    );
    const working = {
      ask_identity: "identity_pending",
      ask_clarification: "clarification_pending",
      answer: "answered",
      refuse: "refused",
      cancel: "cancelled",
    };
    const ending = { refuse: "refused", cancel: "cancelled" };
    expect(table).toEqual({
      received: { ...working, start: "in_progress", extend: "extended" },
      identity_pending: { ...ending, confirm_identity: "in_progress" },
      in_progress: { ...working, extend: "extended" },
      clarification_pending: { ...ending, clarify: "in_progress" },
      extended: working,
      answered: {},
      refused: {},
      cancelled: {},
    });
  });

  it("come back from a question to an extension that was told before it", () => {
    expect(leads("clarification_pending", "clarify", ["receive", "extend", "ask_clarification"])).toBe(
      "extended",
    );
    expect(leads("identity_pending", "confirm_identity", ["receive", "extend", "ask_identity"])).toBe(
      "extended",
    );
  });

  it("never move again once closed, and never reach an answer from a doubt, by any way of up to five steps", () => {
    let ways: { state: RequestState; past: RequestAction[] }[] = [{ state: "received", past: ["receive"] }];
    for (let length = 0; length < 5; length++) {
      ways = ways.flatMap(({ state, past }) =>
        ACTS.flatMap((action) => {
          const to = leads(state, action, past);
          if (to === null) return [];
          expect(isOpen(state)).toBe(true);
          if (to === "answered") expect(state).not.toMatch(/pending/);
          if (action === "extend") expect(past).not.toContain("extend");
          return [{ state: to, past: [...past, action] }];
        }),
      );
      expect(ways.length).toBeGreaterThan(0);
    }
  });
});
