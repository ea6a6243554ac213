import { describe, expect, it } from "vitest";
import { readFilter } from "../../src/pages/audit/filter.ts";

const EMPTY = { model: "", version: "", outcome: "", from: "", to: "" };

describe("the auditor's filter", () => {
  it("takes empty fields for no filter", () => {
    expect(readFilter(EMPTY)).toEqual({ filter: {}, wrong: [] });
  });

  it("reads every field", () => {
    const typed = {
      model: "german-credit",
      version: "2",
      outcome: "refused",
      from: "2026-08-01",
      to: "2026-08-31",
    };
    expect(readFilter(typed)).toEqual({ filter: { ...typed, version: 2 }, wrong: [] });
  });

  it.each([
    [{ from: "2026-02-30" }, ["from"]],
    [{ to: "20/08/2026" }, ["to"]],
    [{ version: "0" }, ["version"]],
    [{ version: "1.5", from: "x" }, ["version", "from"]],
  ])("names the fields of %j that cannot be used", (typed, wrong) => {
    expect(readFilter({ ...EMPTY, ...typed }).wrong).toEqual(wrong);
  });
});
