import { describe, expect, it } from "vitest";
import { objectsIn, runWithInput } from "./piped.ts";

const lines = (requests: readonly object[]) =>
  requests.map((request) => `${JSON.stringify(request)}\n`).join("");
const base = {
  regime: "gdpr",
  right: "access",
  received: "2026-03-03T10:00:00+01:00",
  tz: "Europe/Berlin",
  place: "DE-BE",
};

describe("motivo deadline", () => {
  it("answers one line each, in order, with no field more than it names", async () => {
    const ended = await runWithInput(
      ["deadline", "--json"],
      lines([
        { ...base, holidays: [], events: [] },
        {
          ...base,
          right: "access+extension",
          events: [{ at: "2026-03-20T09:00:00Z", type: "extension_notified" }],
        },
        { ...base, events: [{ at: "2026-03-20T09:00:00Z", type: "identity_requested" }] },
        { ...base, holidays: ["2026-04-07"] },
        { ...base, regime: "lgpd", right: "confirmation", place: "BR", tz: "America/Sao_Paulo" },
        { ...base, regime: "lgpd", right: "erasure", place: "BR", tz: "America/Sao_Paulo" },
      ]),
    );
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    const answers = objectsIn(ended);
    expect(answers.map(({ due }) => due)).toEqual([
      "2026-04-07",
      "2026-06-03",
      null,
      "2026-04-08",
      null,
      null,
    ]);
    expect(Object.keys(answers[0]!)).toEqual(["due", "rule"]);
    expect(answers[4]).toMatchObject({ immediate: true });
    expect(answers[5]).not.toHaveProperty("target");
  });

  it("shows the controller's target where there is no period", async () => {
    const ended = await runWithInput(
      ["deadline", "--json", "--target-days", "20"],
      lines([{ ...base, regime: "lgpd", right: "erasure" }, base]),
    );
    expect(objectsIn(ended)).toMatchObject([{ due: null, target: "2026-03-23" }, { due: "2026-04-07" }]);
    expect((await runWithInput(["deadline", "--target-days", "0"], "")).code).toBe(2);
  });

  it("answers what it cannot read with the line and the field, never the value, and ends with 2", async () => {
    const ended = await runWithInput(
      ["deadline", "--json"],
      `${lines([
        { ...base, regime: "ccpa-secret" },
        { ...base, received: "2026-03-03" },
        { ...base, tz: "Europe/Nowhere-secret" },
        { ...base, place: "XX" },
        { ...base, holidays: ["2026-02-30"] },
        { ...base, events: [{ at: "2026-03-01T00:00:00Z", type: "identity_requested" }] },
        { ...base, right: "constructor" },
      ])}{secret\n${lines([base])}`,
    );
    expect(ended.code).toBe(2);
    const answers = objectsIn(ended);
    expect(answers).toHaveLength(9);
    for (const [i, answer] of answers.slice(0, 8).entries())
      expect(answer).toMatchObject({ code: "line_invalid", line: i + 1 });
    const fields = ["regime", "received", "tz", "place", "holidays.0", "events", "right", "it"];
    for (const [i, field] of fields.entries()) expect(answers[i]!.message).toContain(`: ${field}`);
    expect(ended.stdout).not.toContain("secret");
    expect(answers[8]).toMatchObject({ due: "2026-04-07" });
  });
});
