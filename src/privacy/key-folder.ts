import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** A key that should be there is not, or lies open to others: the service must not start on a new one. */
export class KeyFolderError extends Error {
  override name = "KeyFolderError";
}

/** Where keys live that must never be in the database or in a dump of it. */
export interface KeyProvider {
  /** @returns 32 bytes. @throws KeyFolderError when the key is missing, malformed or readable by others. */
  read(name: string): Promise<Uint8Array>;
  exists(name: string): Promise<boolean>;
  /** Makes a key of 32 random bytes that is on the disk when this returns. Keeps one that is already there. */
  create(name: string): Promise<Uint8Array>;
  /** Keeps these 32 bytes under this name, unless a key is there. @returns the key that is there afterwards */
  keep(name: string, key: Uint8Array): Promise<Uint8Array>;
  /** Takes a key away for good. Nothing happens when it is not there. */
  destroy(name: string): Promise<void>;
}

const KEY_BYTES = 32;

/** Makes what was written to, renamed in or removed from a folder survive a power cut. Windows has no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A folder (mode 0700) of one file a key (mode 0600, 64 hex digits and a newline), shared by replicas or
 * copied to them, and kept out of the backups of the database: destroying a file here is what makes every
 * copy of what it wrapped unreadable.
 */
export function keyFolder(folder: string): KeyProvider {
  const path = (name: string) => join(folder, `${name}.key`);

  async function exists(name: string): Promise<boolean> {
    try {
      await stat(path(name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  async function read(name: string): Promise<Uint8Array> {
    let text: string;
    try {
      const { mode } = await stat(path(name));
      if (process.platform !== "win32" && (mode & 0o077) !== 0) {
        throw new KeyFolderError(
          `The key "${name}" in the key folder is readable by others; it must have mode 0600`,
        );
      }
      text = await readFile(path(name), "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      throw new KeyFolderError(`The key "${name}" is not in the key folder`);
    }
    if (!/^[0-9a-f]{64}\n?$/.test(text)) throw new KeyFolderError(`The key "${name}" is not 64 hex digits`);
    return new Uint8Array(Buffer.from(text.trim(), "hex"));
  }

  async function keep(name: string, key: Uint8Array): Promise<Uint8Array> {
    if (key.length !== KEY_BYTES) throw new KeyFolderError(`The key "${name}" has not 32 bytes`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (process.platform !== "win32") await chmod(folder, 0o700);
    try {
      // A crash between open and sync leaves an empty file, which `read` refuses: nothing was wrapped by it yet.
      const file = await open(path(name), "wx", 0o600);
      try {
        await file.writeFile(`${Buffer.from(key).toString("hex")}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await syncFolder(folder);
    } catch (error) {
      // Another replica on the same folder was first: its key is the key.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return read(name);
  }

  /**
   * Writes noise over the file, then removes it. On flash and on copy-on-write file systems the old block may live on
   * until the device reuses it: such a folder belongs on an encrypted volume.
   */
  async function destroy(name: string): Promise<void> {
    try {
      const file = await open(path(name), "r+");
      try {
        await file.write(`${randomBytes(KEY_BYTES).toString("hex")}\n`, 0);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    await rm(path(name), { force: true });
    await syncFolder(folder);
  }

  return { read, exists, keep, create: (name) => keep(name, randomBytes(KEY_BYTES)), destroy };
}
