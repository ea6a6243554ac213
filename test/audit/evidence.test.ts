import { describe, expect, it } from "vitest";
import { type Evidence, formatEvidence, type Opened } from "../../audit/evidence.ts";
import { HonestLog, testSigner } from "./honest-log.ts";
import { verified } from "./verified.ts";

function logWithBundles() {
  const log = new HonestLog("evidence");
  const decisions = Array.from({ length: 9 }, () => log.decision());
  log.append("access");
  log.erase(decisions[1]!, decisions[4]!, decisions[5]!);
  const by = log.coverErasures();
  log.erase(decisions[7]!);
  const issued = decisions.map((decision) => log.issue(decision, "2026-09-01"));
  log.append("hold");
  return { log, decisions, issued, by };
}

const { log, decisions, issued, by } = logWithBundles();
const bundle = (i: number) => log.evidenceParts(decisions[i]!, issued[i]!);
const verdictOn = (evidence: Evidence) => verified(formatEvidence(evidence), log.vkey);

describe("an evidence bundle", () => {
  it("verifies for every decision, and says which are erased and which are pending", async () => {
    const states = await Promise.all(
      decisions.map(async (decision, i) => {
        const verdict = await verified(log.evidence(decision, issued[i]!), log.vkey);
        expect(verdict).toMatchObject({ ok: true, format: "evidence", entry: decision });
        expect(verdict.states[verdict.state as "VERIFIED"]).toBe(1);
        return verdict.state;
      }),
    );
    expect(states.join(" ")).toBe(
      "VERIFIED ERASED VERIFIED VERIFIED ERASED ERASED VERIFIED PENDING VERIFIED",
    );
  });

  it("expires after its last day, in UTC, whatever its state", async () => {
    for (const i of [0, 1, 7]) {
      const text = log.evidence(decisions[i]!, issued[i]!);
      const on = (now: string) => verified(text, log.vkey, { now: new Date(now) });
      expect(await on("2026-09-01T23:59:59Z")).toMatchObject({ ok: true });
      expect(await on("2026-09-02T00:00:00Z")).toMatchObject({
        ok: false,
        state: "EXPIRED",
        code: "evidence_expired",
      });
    }
  });

  it("that is wrong is refused for that, not for its date", async () => {
    const text = log.evidence(decisions[0]!, issued[0]!).replace('"score":0.25', '"score":0.75');
    const verdict = await verified(text, log.vkey, { now: new Date("2030-01-01") });
    expect(verdict).toMatchObject({ ok: false, state: "ALTERED", code: "record_altered" });
  });

  it("is refused at every changed byte, in each of its three shapes", async () => {
    for (const i of [0, 1, 7]) {
      const text = log.evidence(decisions[i]!, issued[i]!);
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length; at++) {
        const changed = bytes.with(at, bytes[at]! ^ 1);
        // The hour of a pending erasure is a claim that nothing signed bears on.
        if (
          new TextDecoder().decode(changed).replace(/"since":[0-9]+/, "") ===
          text.replace(/"since":[0-9]+/, "")
        )
          continue;
        const verdict = await verified(changed, log.vkey);
        if (verdict.ok) expect.fail(`byte ${at} of\n${text}`);
      }
    }
  });

  it("is not accepted with the issue of another, an earlier one, or an entry that issues nothing", async () => {
    for (const issue of [log.opened(issued[2]!), log.opened(issued[0]! - issued[0]! + 9)]) {
      expect(await verdictOn({ ...bundle(0), issue })).toMatchObject({ ok: false, code: "issue_invalid" });
    }
    const before = new HonestLog("before");
    const issue = before.issue(1, "2026-12-31");
    const decision = before.decision();
    expect(await verified(before.evidence(decision, issue), before.vkey)).toMatchObject({
      code: "issue_invalid",
    });
  });

  it.each([
    ["no recipient", { recipient: "" }],
    ["a recipient that is no text", { recipient: 1 }],
    ["a day that does not exist", { expires: "2026-02-30" }],
    ["a month that does not exist", { expires: "2026-13-01" }],
    ["a date and a time", { expires: "2026-12-31T00:00:00Z" }],
    ["no date", { expires: null }],
    ["another purpose", { what: "log" }],
    ["the object as text", { object: "0" }],
  ])("is not issued by an entry with %s", async (_what, wrong) => {
    const other = new HonestLog("issue");
    const object = other.decision();
    const issue = other.append("export", {
      what: "evidence",
      object,
      recipient: "court",
      expires: "2026-12-31",
      ...wrong,
    });
    expect(await verified(other.evidence(object, issue), other.vkey)).toMatchObject({
      ok: false,
      code: "issue_invalid",
    });
  });

  it("does not prove an erasure by an entry that is none, or by another item", async () => {
    const parts = bundle(1);
    const entry = parts.entry as Extract<Evidence["entry"], { erased: unknown }>;
    const erased = entry.erased as Extract<typeof entry.erased, { by: unknown }>;
    const wrongs = [
      { ...erased, by: log.placed(by - 1) },
      { ...erased, salt: new Uint8Array(16) },
      { ...erased, position: (erased.position + 1) % 3 },
      { ...erased, path: erased.path.slice(1) },
      { since: log.hour + 1 },
      { since: log.hour - 25 },
    ];
    for (const wrong of wrongs) {
      const verdict = await verdictOn({ ...parts, entry: { ...entry, erased: wrong } });
      expect(verdict).toMatchObject({ ok: false, state: "MISSING" });
    }
    const kept = bundle(0);
    const { record: _, salt: __, ...place } = kept.entry as Opened;
    const forged = await verdictOn({ ...kept, entry: { ...place, erased } });
    expect(forged).toMatchObject({ ok: false, code: "erasure_not_justified" });
  });

  it("under a checkpoint by another key is refused", async () => {
    const checkpoint = log.checkpoint(log.entries.length, testSigner("log.example/motivo", "thief"));
    expect(await verdictOn({ ...bundle(0), checkpoint })).toMatchObject({ code: "signature_missing" });
  });

  it("beside a kept checkpoint of its own size must have the same root", async () => {
    const text = log.evidence(decisions[0]!, issued[0]!);
    expect(await verified(text, log.vkey, { keptCheckpoint: log.checkpoint() })).toMatchObject({ ok: true });
    const fork = logWithBundles().log;
    fork.entries.pop();
    fork.append("alias");
    const verdict = await verified(text, log.vkey, { keptCheckpoint: fork.checkpoint() });
    expect(verdict).toMatchObject({ ok: false, code: "checkpoint_inconsistent" });
  });
});
