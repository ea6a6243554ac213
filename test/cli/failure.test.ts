import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { CommandError, failureOf } from "../../src/cli/failure.ts";
import { ConfigError } from "../../src/config.ts";
import { FolderLockedError } from "../../src/db/folder-lock.ts";
import { LogBrokenError } from "../../src/db/log.ts";
import { Problem } from "../../src/errors.ts";
import { KeyFolderError } from "../../src/privacy/key-folder.ts";

const system = (members: object) => Object.assign(new Error("with words that are not to be told"), members);
const told = (error: unknown) => {
  const { exitCode, code } = failureOf(error);
  return [exitCode, code];
};

describe("failureOf", () => {
  it("gives a problem its own code, its faults, and exit code 1", () => {
    const faults = [{ pointer: "/name", code: "invalid_package", detail: "is missing" }] as const;
    expect(failureOf(new Problem("invalid_package", "One fault", { faults }))).toEqual({
      exitCode: 1,
      code: "invalid_package",
      message: "One fault",
      faults,
    });
  });

  it("gives what could not be tried exit code 2", () => {
    expect(told(new ConfigError("x"))).toEqual([2, "settings_invalid"]);
    expect(told(new FolderLockedError("x"))).toEqual([2, "folder_locked"]);
    expect(told(new KeyFolderError("x"))).toEqual([2, "key_folder_unusable"]);
    expect(told(new LogBrokenError("x"))).toEqual([2, "log_broken"]);
    expect(told(new CommanderError(1, "commander.unknownOption", "error: x"))).toEqual([
      2,
      "arguments_invalid",
    ]);
    expect(told(new CommandError(2, "token_unreadable", "x"))).toEqual([2, "token_unreadable"]);
  });

  it("finds what the system said behind what a library made of it", () => {
    const refused = system({ code: "ECONNREFUSED", syscall: "connect" });
    expect(told(new Error("Failed query: select 1", { cause: refused }))).toEqual([
      2,
      "database_unreachable",
    ]);
    expect(told(system({ code: "28P01" }))).toEqual([2, "database_unreachable"]);
    expect(told(new Error("Failed query", { cause: system({ code: "42P01" }) }))).toEqual([
      2,
      "migration_pending",
    ]);
    const taken = system({ code: "EADDRINUSE", syscall: "listen", port: 8080, address: "127.0.0.1" });
    expect(told(taken)).toEqual([2, "port_unusable"]);
    expect(failureOf(taken).message).toContain("8080");
    expect(told(system({ code: "EACCES", syscall: "mkdir", path: "/data" }))).toEqual([2, "folder_unusable"]);
  });

  it("does not repeat the words of an error that nobody foresaw", () => {
    const failure = failureOf(new TypeError("Maria da Silva, 123.456.789-00"));
    expect([failure.exitCode, failure.code]).toEqual([1, "internal"]);
    expect(failure.message).not.toContain("Maria");
    expect(failure.message).toContain("TypeError");
  });
});
