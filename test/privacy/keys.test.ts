import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { epochOf } from "../../src/privacy/epoch.ts";
import { KeyFolderError, keyFolder } from "../../src/privacy/key-folder.ts";
import { SealError, seal, unseal } from "../../src/privacy/sealing.ts";
import { keyFor, keysOf } from "../../src/privacy/subject-keys.ts";
import { freshPostgres } from "../support/databases.ts";
import { memoryKeys, openRing } from "../support/keys.ts";

describe("the key folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), "motivo-keys-")), "keys");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("makes a key once, for its owner's eyes only", async () => {
    const keys = keyFolder(folder);
    expect(await keys.exists("epoch-1")).toBe(false);
    const [one, two] = await Promise.all([keys.create("epoch-1"), keys.create("epoch-1")]);
    expect(one).toEqual(two);
    expect(one).toHaveLength(32);
    expect(await keys.read("epoch-1")).toEqual(one);
    expect((await stat(join(folder, "epoch-1.key"))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readFile(join(folder, "epoch-1.key"), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it("refuses a key that is missing, torn, or open to others", async () => {
    const keys = keyFolder(folder);
    await expect(keys.read("log")).rejects.toThrow(KeyFolderError);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "log.key"), "", { mode: 0o600 });
    await expect(keys.read("log")).rejects.toThrow("64 hex digits");
    await writeFile(join(folder, "log.key"), `${"ab".repeat(32)}\n`);
    await chmod(join(folder, "log.key"), 0o644);
    await expect(keys.read("log")).rejects.toThrow("0600");
  });
});

describe("an epoch", () => {
  it("is opened again with its key, and with no other", async () => {
    const database = await freshPostgres();
    const keys = memoryKeys();
    const first = await openRing(database.db, keys);
    const again = await openRing(database.db, keys);
    expect(Buffer.from(again.current().lookup("ana"))).toEqual(Buffer.from(first.current().lookup("ana")));
    await expect(openRing(database.db, memoryKeys())).rejects.toThrow("not in the key folder");
    const other = memoryKeys();
    await other.create("epoch-1");
    await expect(openRing(database.db, other)).rejects.toThrow("not the one");
    await database.close();
  });

  it("that others opened is taken up once by all who ask together, and nobody is left with keys written over", async () => {
    const database = await freshPostgres();
    const keys = memoryKeys();
    const read: string[] = [];
    const counted = {
      ...keys,
      async read(name: string) {
        read.push(name);
        // As long as a provider elsewhere takes: the database answers everybody meanwhile.
        await new Promise((resolve) => setTimeout(resolve, 50));
        return keys.read(name);
      },
    };
    const ring = await openRing(database.db, counted);
    const elsewhere = await openRing(database.db, keys);
    await elsewhere.openNext(new Date());
    const taken = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const changed = await ring.refresh();
        return { changed, epoch: ring.current() };
      }),
    );
    expect(taken.map(({ changed }) => changed)).toEqual(Array(5).fill(true));
    expect(new Set(taken.map(({ epoch }) => epoch)).size).toBe(1);
    expect(read.filter((name) => name === "epoch-2")).toHaveLength(1);
    expect(taken[0]!.epoch.number).toBe(2);
    expect(taken[0]!.epoch.wrapKey.every((byte) => byte === 0)).toBe(false);
    await database.close();
  });

  it("writes over the key that it was opened with", async () => {
    const key = new Uint8Array(randomBytes(32));
    const epoch = epochOf(1, key);
    expect(key).toEqual(new Uint8Array(32));
    expect(Buffer.from(epoch.lookup("ana"))).toHaveLength(32);
  });

  it("finds a person by their id and tells nobody else's apart from noise", async () => {
    const database = await freshPostgres();
    const epoch = await openRing(database.db, memoryKeys());
    const use = { purpose: "p", retention: "r" };
    const [one, two] = await Promise.all([
      keyFor(database.db, epoch, "ana", use),
      keyFor(database.db, epoch, "ana", use),
    ]);
    expect(two.id).toBe(one.id);
    expect((await keyFor(database.db, epoch, "ana", { ...use, purpose: "q" })).id).not.toBe(one.id);
    expect((await keysOf(database.db, epoch, "ana")).map(({ purpose }) => purpose)).toEqual(["p", "q"]);
    expect(await keysOf(database.db, epoch, "Ana")).toEqual([]);
    await database.close();
  });
});

describe("a seal", () => {
  const key = new Uint8Array(randomBytes(32));
  const context = new Uint8Array([1, 2, 3]);
  const text = new TextEncoder().encode("what was said");

  it("opens with its key in its place, and twice the same text looks different", () => {
    const sealed = seal(key, text, context);
    expect(Buffer.from(unseal(key, sealed, context)).toString()).toBe("what was said");
    expect(Buffer.from(seal(key, text, context)).equals(Buffer.from(sealed))).toBe(false);
  });

  it("breaks when any bit, the key or the place is another", () => {
    const sealed = seal(key, text, context);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const touched = new Uint8Array(sealed);
      touched[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => unseal(key, touched, context)).toThrow(SealError);
    }
    expect(() => unseal(new Uint8Array(randomBytes(32)), sealed, context)).toThrow(SealError);
    expect(() => unseal(key, sealed, new Uint8Array([1, 2, 4]))).toThrow(SealError);
    expect(() => unseal(key, sealed.subarray(0, 20), context)).toThrow(SealError);
  });
});
