import { randomBytes } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { syncFolder } from "../key-folder.ts";
import { EpochKeyError } from "./provider.ts";

/**
 * What a remote provider needs to open an epoch key, as a file of the key folder: `epoch-<n>.wrapped.json`, mode 0600.
 * The wrapped key is kept here and not in the database, so that a dump has no part of it.
 */
const wrappedKey = z.strictObject({
  format: z.literal("motivo-wrapped-epoch-key/v1"),
  provider: z.enum(["aws-kms", "vault-transit"]),
  /** The provider's own name of the key that unwraps it. */
  key: z.string().min(1).max(2048),
  /** Base64 or the provider's own text; null once the epoch's destruction began. */
  wrapped: z.string().min(1).max(20_000).nullable(),
  /** From when on the provider's key is gone (RFC 3339); null while nothing is scheduled. */
  goneFrom: z.iso.datetime().nullable(),
});

export type WrappedKey = z.infer<typeof wrappedKey>;

const pathOf = (folder: string, epoch: number) => join(folder, `epoch-${epoch}.wrapped.json`);

/** @returns null when there is no file for this epoch. @throws EpochKeyError when it is not one of ours, or open to others */
export async function readWrapped(folder: string, epoch: number): Promise<WrappedKey | null> {
  const path = pathOf(folder, epoch);
  let text: string;
  try {
    const { mode } = await stat(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new EpochKeyError(
        `The wrapped key of epoch ${epoch} is readable by others; it must have mode 0600`,
      );
    }
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const parsed = wrappedKey.safeParse(jsonOf(text));
  if (!parsed.success) throw new EpochKeyError(`The wrapped key of epoch ${epoch} cannot be read`);
  return parsed.data;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Writes the file whole or not at all. A crash in between leaves a temporary file that nobody reads.
 * @param mode "new" keeps a file that another replica wrote first; "replace" takes the place of the one there
 * @returns what is in the place afterwards
 */
export async function writeWrapped(
  folder: string,
  epoch: number,
  content: WrappedKey,
  mode: "new" | "replace",
): Promise<WrappedKey> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (process.platform !== "win32") await chmod(folder, 0o700);
  const path = pathOf(folder, epoch);
  const temporary = `${path}.${randomBytes(6).toString("hex")}`;
  const file = await open(temporary, "wx", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(content)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    if (mode === "replace") await rename(temporary, path);
    else await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  const there = await readWrapped(folder, epoch);
  if (!there)
    throw new EpochKeyError(`The wrapped key of epoch ${epoch} was taken away while it was written`);
  return there;
}

/** The files of one provider, for whom a file of another is not there to be used. */
export function wrappedBy(folder: string, provider: WrappedKey["provider"]) {
  /** @throws EpochKeyError when there is none, or another provider's */
  async function known(epoch: number): Promise<WrappedKey> {
    const file = await readWrapped(folder, epoch);
    if (!file) throw new EpochKeyError(`The wrapped key of epoch ${epoch} is not in the key folder`);
    if (file.provider !== provider) throw new EpochKeyError(`Epoch ${epoch} was wrapped by another provider`);
    return file;
  }
  return {
    known,
    /** @throws EpochKeyError as `known`, and when the epoch's destruction began */
    async usable(epoch: number): Promise<{ key: string; wrapped: string }> {
      const { key, wrapped } = await known(epoch);
      if (wrapped === null) throw new EpochKeyError(`The key of epoch ${epoch} was destroyed`);
      return { key, wrapped };
    },
    async exists(epoch: number): Promise<boolean> {
      const file = await readWrapped(folder, epoch);
      return file !== null && file.wrapped !== null;
    },
  };
}
