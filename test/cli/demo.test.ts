import { describe, expect, it } from "vitest";
import { json, run, temporaryFolder } from "./command.ts";

describe("motivo demo", () => {
  it("plays every step of the story and ends with 0", async () => {
    const { code, stdout, stderr } = await run(["demo", "--decisions", "40"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.match(/^[a-h]\. /gm)).toEqual(["a. ", "b. ", "c. ", "d. ", "e. ", "f. ", "g. ", "h. "]);
    expect(stdout).toContain("40 of 40 decisions");
    expect(stdout).toContain("As told: 40 decisions about 38 people");
  });

  it("gives its figures as one JSON object, and leaves the settings' own folder alone", async () => {
    const place = await temporaryFolder();
    const ended = await run(["demo", "--decisions", "40", "--json"], place.env);
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(json(ended)).toMatchObject({ ok: true, decisions: 40, people: 38 });
    const token = await run(["migrate", "--json"], place.env);
    await place.remove();
    expect(json(token)).toMatchObject({ ok: true, migratedBy: "command" });
  });

  it("ends with 2 for a count that is no story", async () => {
    for (const count of ["0", "39", "1001", "many"]) {
      const ended = await run(["demo", "--decisions", count, "--json"]);
      expect([ended.code, json(ended).code]).toEqual([2, "arguments_invalid"]);
    }
  });
});
