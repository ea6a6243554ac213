import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { Verdict } from "../../audit/verify.ts";

const cli = fileURLToPath(new URL("../../audit/cli.ts", import.meta.url));
const vector = (name: string) => fileURLToPath(new URL(`vectors/${name}`, import.meta.url));
const keyFile = vector("vkey.txt");
const folder = mkdtempSync(join(tmpdir(), "motivo-audit-"));
afterAll(() => rmSync(folder, { recursive: true }));

type Answer = { code: number | null; stdout: string; stderr: string };

function run(...args: string[]): Promise<Answer> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const answer: Answer = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (answer.stdout += chunk));
  child.stderr.on("data", (chunk) => (answer.stderr += chunk));
  return new Promise((resolve) => child.on("close", (code) => resolve({ ...answer, code })));
}

const json = ({ stdout }: Answer) => JSON.parse(stdout) as Verdict;
const exported = vector("valid/erased-and-pending.ndjson");

describe("the verifier's command", () => {
  it("exits 0 on an honest export and names what is erased and pending", async () => {
    const answer = await run("verify", exported, "--key", keyFile);
    expect(answer).toMatchObject({ code: 0, stderr: "" });
    expect(answer.stdout).toMatch(
      /^VERIFIED\..*\n9 entries: 7 verified, 1 erased .* 1 erased .*\nPending: entry 3\./,
    );
  });

  it("takes the key as text, a kept checkpoint, and answers in JSON", async () => {
    const vkey = readFileSync(keyFile, "utf8").trim();
    const answer = await run(
      "verify",
      exported,
      "--key",
      vkey,
      "--checkpoint",
      vector("kept.checkpoint"),
      "--json",
    );
    expect(answer.code).toBe(0);
    expect(json(answer)).toMatchObject({
      ok: true,
      format: "export",
      state: "VERIFIED",
      code: null,
      entries: 9,
      states: { VERIFIED: 7, ERASED: 1, PENDING: 1 },
      pending: [3],
      checkpoint: { origin: "log.example/motivo", size: 9 },
    });
  });

  it("exits 1 on a refusal and names the first wrong entry", async () => {
    const file = vector("invalid/record-altered.ndjson");
    const answer = await run("verify", file, "--key", keyFile);
    expect(answer).toMatchObject({ code: 1, stderr: "" });
    expect(answer.stdout).toContain("REFUSED: ALTERED.");
    expect(answer.stdout).toContain("First wrong entry: 2 (line 4).");
    const refused = await run("verify", file, "--key", keyFile, "--json");
    expect(refused.code).toBe(1);
    expect(json(refused)).toMatchObject({
      ok: false,
      state: "ALTERED",
      code: "record_altered",
      entry: 2,
      line: 4,
    });
  });

  it("exits 1 on an expired bundle", async () => {
    const answer = await run("verify", vector("invalid/expired.evidence.json"), "--key", keyFile, "--json");
    expect(answer.code).toBe(1);
    expect(json(answer)).toMatchObject({ ok: false, state: "EXPIRED" });
  });

  it("exits 2, in JSON too, on what it cannot use", async () => {
    const notAKey = join(folder, "not-a-key");
    writeFileSync(notAKey, "x\n");
    const uses: [string, string[]][] = [
      ["arguments_invalid", ["verify"]],
      ["arguments_invalid", ["verify", exported]],
      ["arguments_invalid", ["check", exported, "--key", keyFile]],
      ["arguments_invalid", ["verify", exported, exported, "--key", keyFile]],
      ["arguments_invalid", ["verify", exported, "--key", keyFile, "--unknown"]],
      ["file_unreadable", ["verify", join(folder, "absent"), "--key", keyFile]],
      ["file_unreadable", ["verify", folder, "--key", keyFile]],
      ["file_unreadable", ["verify", exported, "--key", keyFile, "--checkpoint", join(folder, "absent")]],
      ["key_invalid", ["verify", exported, "--key", "nonsense"]],
      ["key_invalid", ["verify", exported, "--key", notAKey]],
      ["kept_checkpoint_invalid", ["verify", exported, "--key", keyFile, "--checkpoint", notAKey]],
      ["format_unknown", ["verify", keyFile, "--key", keyFile]],
    ];
    for (const [code, args] of uses) {
      const answer = await run(...args, "--json");
      expect(answer).toMatchObject({ code: 2, stderr: "" });
      expect(json(answer)).toMatchObject({ ok: false, state: "UNUSABLE", code });
    }
  });

  it("takes policy, leaves and receipts beside a document, and exits 1 where they refuse it", async () => {
    const beside = (name: string) => vector(`beside/${name}`);
    const access = vector("valid/access-proof.ndjson");
    const whole = ["--leaves", beside("leaves.bin"), "--receipt", beside("receipt.json")];
    const complete = await run("verify", access, "--key", keyFile, ...whole);
    expect(complete).toMatchObject({ code: 0, stderr: "" });
    expect(complete.stdout).toContain("COMPLETE.");
    const elsewhere = ["--receipt", beside("receipt.json"), "--receipt", beside("receipt-elsewhere.json")];
    const refused = await run("verify", access, "--key", keyFile, "--json", ...elsewhere);
    expect(refused.code).toBe(1);
    expect(json(refused)).toMatchObject({ state: "MISSING", code: "access_incomplete", entry: 2 });
    const later = vector("valid/cosigned.consistency.json");
    const kept = ["--key", beside("both.vkey"), "--checkpoint", beside("kept.checkpoint")];
    const cosigned = await run("verify", later, ...kept, "--policy", beside("two-of-three.policy"), "--json");
    expect(json(cosigned)).toMatchObject({ ok: true, witnesses: ["w1", "w2"] });
    const unreadable = await run("verify", later, ...kept, "--policy", keyFile, "--json");
    expect(unreadable.code).toBe(2);
    expect(json(unreadable)).toMatchObject({ state: "UNUSABLE", code: "policy_invalid" });
    const erased = await run("verify", vector("valid/no-copy-opens.erasure.ndjson"), "--key", keyFile);
    expect(erased.stdout).toContain("No copy opens: by 2026-08-01T18:00Z.");
  });

  it("explains itself", async () => {
    const answer = await run("--help");
    expect(answer.code).toBe(0);
    expect(answer.stdout).toContain("verify <file> --key <vkey>");
    expect((await run()).stdout).toContain("Exit code:");
  });
});
