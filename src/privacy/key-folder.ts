import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/** A key that should be there is not, or lies open to others: the service must not start on a new one. */
export class KeyFolderError extends Error {
  override name = "KeyFolderError";
}

/** Where keys live that must never be in the database or in a dump of it. Later: KMS, Vault transit. */
export interface KeyProvider {
  /** @returns 32 bytes. @throws KeyFolderError when the key is missing, malformed or readable by others. */
  read(name: string): Promise<Uint8Array>;
  exists(name: string): Promise<boolean>;
  /** Makes a key of 32 random bytes that is on the disk when this returns. Keeps one that is already there. */
  create(name: string): Promise<Uint8Array>;
}

const KEY_BYTES = 32;

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

  async function create(name: string): Promise<Uint8Array> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (process.platform !== "win32") await chmod(folder, 0o700);
    const key = randomBytes(KEY_BYTES);
    try {
      // A crash between open and sync leaves an empty file, which `read` refuses: nothing was wrapped by it yet.
      const file = await open(path(name), "wx", 0o600);
      try {
        await file.writeFile(`${key.toString("hex")}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      // Another replica on the same folder was first: its key is the key.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    return read(name);
  }

  return { read, exists, create };
}
