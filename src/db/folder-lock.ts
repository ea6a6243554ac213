import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import lockfile from "proper-lockfile";

/** The data folder is in use. PGlite does not lock its files: a second process would lose rows in silence. */
export class FolderLockedError extends Error {
  override name = "FolderLockedError";
}

const STALE_MS = 5_000;

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/**
 * Takes the data folder for this process alone.
 * A process that was killed leaves a lock that nobody refreshes; it is taken over after five seconds. When the
 * process that it names is still alive, the refusal comes at once.
 * @param onLost called when the lock is lost while running (the machine slept longer than the lock lives):
 * another process may own the files now, so the only safe thing is to stop.
 * @throws FolderLockedError
 */
export async function lockFolder(folder: string, onLost: () => void): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const pidFile = join(folder, "motivo.pid");
  const owner = Number(await readFile(pidFile, "utf8").catch(() => ""));
  const retries = isAlive(owner) ? 0 : Math.ceil(STALE_MS / 500) + 4;
  let release: () => Promise<void>;
  try {
    release = await lockfile.lock(folder, {
      lockfilePath: join(folder, "motivo.lock"),
      stale: STALE_MS,
      update: STALE_MS / 5,
      retries: { retries, minTimeout: 500, maxTimeout: 500 },
      onCompromised: onLost,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    throw new FolderLockedError(
      `The data folder ${folder} is in use by another Motivo process${isAlive(owner) ? ` (process ${owner})` : ""}. ` +
        "The embedded database takes one process; stop that one, or set MOTIVO_DATA to another folder.",
    );
  }
  await writeFile(pidFile, String(process.pid), { mode: 0o600 });
  return async () => {
    await rm(pidFile, { force: true });
    await release();
  };
}

/** Whether a running process holds the folder, for commands that would rather speak to its API. */
export async function isFolderLocked(folder: string): Promise<boolean> {
  try {
    return await lockfile.check(folder, { lockfilePath: join(folder, "motivo.lock"), stale: STALE_MS });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
