import { CommanderError } from "commander";
import { type Fault, Problem } from "../errors.ts";

/** What every command ends with. */
export const EXIT = {
  done: 0,
  /** Asked rightly, and refused or failed. */
  refused: 1,
  /** Could not be tried: arguments, settings, a folder or a database that cannot be used. */
  unusable: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** How a command failed, for people (`message`) and programs (`code`). Says nothing of a person or a credential. */
export interface Failure {
  exitCode: ExitCode;
  code: string;
  message: string;
  faults: readonly Fault[];
}

/** A command's own way to fail. */
export class CommandError extends Error {
  override name = "CommandError";
  readonly exitCode: ExitCode;
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
    this.code = code;
  }
}

const failure = (
  exitCode: ExitCode,
  code: string,
  message: string,
  faults: readonly Fault[] = [],
): Failure => ({
  exitCode,
  code,
  message,
  faults,
});

/** Errors whose words are for people, by name: to import their classes is to load the database for a `--help`. */
const UNUSABLE: Record<string, string> = {
  ConfigError: "settings_invalid",
  FolderLockedError: "folder_locked",
  KeyFolderError: "key_folder_unusable",
  EpochKeyError: "epoch_key_unusable",
  LogBrokenError: "log_broken",
  RestoreError: "copy_unusable",
  MigrationPendingError: "migration_pending",
  RoleMissingError: "role_missing",
  NotTheOwnerError: "not_the_owner",
};

/** What a command threw, as it is told. Anything unforeseen is told without its words: they may quote what was stored. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommandError) return failure(error.exitCode, error.code, error.message);
  if (error instanceof Problem) return failure(EXIT.refused, error.code, error.message, error.faults);
  if (error instanceof CommanderError) {
    return failure(EXIT.unusable, "arguments_invalid", error.message.replace(/^error: /, ""));
  }
  const code = error instanceof Error ? UNUSABLE[error.name] : undefined;
  if (error instanceof Error && code !== undefined) return failure(EXIT.unusable, code, error.message);
  return ofSystem(error) ?? failure(EXIT.refused, "internal", unforeseen(error));
}

const UNREACHABLE = new Set([
  ...[
    "ECONNREFUSED",
    "ECONNRESET",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ETIMEDOUT",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EPIPE",
  ],
  // SQLSTATE: no such database, wrong password, no such role, no connection left, starting or shutting down.
  ...["3D000", "28P01", "28000", "53300", "57P01", "57P03", "08001", "08006"],
]);
// SQLSTATE: a table, a schema or a column that is not there.
const NOT_MIGRATED = new Set(["42P01", "3F000", "42703"]);
const UNWRITABLE = new Set(["EACCES", "EPERM", "EROFS", "ENOSPC", "ENOTDIR", "EDQUOT"]);

/** What the operating system or the database said, found by its code wherever it lies in the chain of causes. */
function ofSystem(error: unknown): Failure | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, syscall, port, address, path } = cause as NodeJS.ErrnoException & {
      port?: number;
      address?: string;
    };
    if (code === undefined) continue;
    if (syscall === "listen") {
      const why =
        code === "EADDRINUSE"
          ? "is taken"
          : code === "EACCES"
            ? "is not for this user"
            : `cannot be used (${code})`;
      const message = `Port ${port} on ${address} ${why}; set PORT to another one, or to 0 for any that is free.`;
      return failure(EXIT.unusable, "port_unusable", message);
    }
    if (UNREACHABLE.has(code)) {
      const message = `The database that DATABASE_URL names cannot be used (${code}).`;
      return failure(EXIT.unusable, "database_unreachable", message);
    }
    if (NOT_MIGRATED.has(code)) {
      const message = "The database does not have this program's tables: run `motivo migrate` first.";
      return failure(EXIT.unusable, "migration_pending", message);
    }
    if (UNWRITABLE.has(code)) {
      const where = path === undefined ? "A file or folder" : path;
      return failure(EXIT.unusable, "folder_unusable", `${where} cannot be used (${code}).`);
    }
  }
  return null;
}

function unforeseen(error: unknown): string {
  const kind = error instanceof Error ? error.name : typeof error;
  return `Something failed that should not have (${kind}). MOTIVO_LOG_LEVEL=debug shows where.`;
}
