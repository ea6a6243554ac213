import { describe, expect, it } from "vitest";
import { motivo } from "../../src/cli/program.ts";
import { VERSION } from "../../src/version.ts";
import { json, run } from "./command.ts";

const COMMANDS = [
  "serve",
  "migrate",
  "publish",
  "token",
  "verify",
  "audit",
  "access",
  "log",
  "demo",
  "keys",
  "restore",
  "retention",
  "mask",
  "deadline",
  "risk",
  "processing",
  "explain",
  "importance",
];

describe("motivo", () => {
  it("has these commands, each with a description", () => {
    const declared = motivo().commands;
    expect(declared.map((command) => command.name())).toEqual(COMMANDS);
    for (const command of declared) expect(command.description()).not.toBe("");
  });

  it("lists every command in its help, and the exit codes", async () => {
    const { code, stdout } = await run(["--help"]);
    expect(code).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, "m"));
    expect(stdout).toContain("0 done; 1 refused or failed; 2 not usable");
  });

  it("says its version", async () => {
    expect(await run(["--version"])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  it("shows the help and ends with 2 without a command", async () => {
    const { code, stdout, stderr } = await run([]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("Usage: motivo");
  });

  it("ends with 2 and one line for an unknown command or option", async () => {
    for (const args of [["nothing"], ["migrate", "--nothing"], ["publish"]]) {
      const { code, stdout, stderr } = await run(args);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^motivo: [^\n]+ \(arguments_invalid\)\n$/);
    }
  });

  it("tells a failure as one JSON object on stdout with --json", async () => {
    const ended = await run(["migrate", "--json", "--nothing"]);
    expect([ended.code, ended.stderr]).toEqual([2, ""]);
    expect(json(ended)).toMatchObject({ ok: false, code: "arguments_invalid", faults: [] });
  });

  it("names a setting that cannot be used, without its value", async () => {
    const ended = await run(["migrate"], { PORT: "seventy-thousand" });
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toContain("PORT");
    expect(ended.stderr).toContain("settings_invalid");
    expect(ended.stderr).not.toContain("seventy");
  });
});
