import { describe, expect, it } from "vitest";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseNote, parseVkey } from "../../audit/note.ts";
import { keyChangeDocument } from "../../src/checkpoints/key-change-document.ts";
import { changeLogKey } from "../../src/checkpoints/key-changes.ts";
import { auditLog } from "../../src/db/log-audit.ts";
import { exportLines } from "../../src/db/log-export.ts";
import { KeyFolderError } from "../../src/privacy/key-folder.ts";
import { verified } from "../audit/verified.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { ORIGIN, smallLog } from "./small-log.ts";

const day = (text: string) => new Date(`${text}T12:00:00Z`);

describe("a change of the log's key", () => {
  it("is signed by the old key, overlaps, and outlives restarts; each key alone sees what it is told to", async () => {
    const database = await freshEmbedded();
    const { db } = database;
    const keys = memoryKeys();
    const small = await smallLog(database, keys, day("2026-03-01"));
    const first = small.signer.vkey;
    await small.append(3);
    const before = (await small.log.head()).checkpoint;
    const deps = { ...small.deps, keys, origin: ORIGIN };
    const change = await changeLogKey(deps, "2026-03-31");
    expect(change).toMatchObject({ entry: 3, previous: first, until: "2026-03-31" });
    await expect(changeLogKey(deps, "2026-04-30")).rejects.toMatchObject({ code: "key_change_running" });
    await expect(changeLogKey(deps, "2026-02-01")).rejects.toMatchObject({ code: "invalid_request" });

    // In the overlap, before and after a restart, both keys sign and each verifies alone.
    const [oldKey, newKey] = [first, change.vkey].map((vkey) => parseVkey(nodeCrypto, vkey)) as [
      never,
      never,
    ];
    const during = await smallLog(database, keys, day("2026-03-31"));
    expect(during.signer.vkey).toBe(first);
    for (const log of [small, during]) {
      await log.append();
      const { checkpoint, size } = await log.log.head();
      expect(parseNote(checkpoint).signatures).toHaveLength(2);
      for (const key of [oldKey, newKey]) {
        expect(await openCheckpoint(nodeCrypto, checkpoint, key)).toMatchObject({ size });
      }
      // The next log of this loop begins on what this one wrote.
      if (log === small) await log.log.close();
    }
    const exported = async (log: typeof small) => {
      let text = "";
      for await (const line of exportLines(db, await log.log.head())) text += line;
      return text;
    };
    const seen = await verified(await exported(during), first);
    expect(seen).toMatchObject({ ok: true, keyChanges: [change] });
    const document = await keyChangeDocument(db, during.log, 2);
    expect(await verified(document, first)).toMatchObject({ ok: true, keyChanges: [change] });
    await expect(keyChangeDocument(db, during.log, 3)).rejects.toMatchObject({ code: "unknown_entry" });
    await during.log.close();

    // The day after, the new key alone signs: the old one is not enough any more, both in one file are.
    const after = await smallLog(database, keys, day("2026-04-01"));
    expect(after.signer.vkey).toBe(change.vkey);
    await after.append();
    const text = await exported(after);
    expect(parseNote((await after.log.head()).checkpoint).signatures).toHaveLength(1);
    expect(await verified(text, first)).toMatchObject({ ok: false, code: "signature_missing" });
    expect(await verified(text, change.vkey)).toMatchObject({ ok: true, keyChanges: [] });
    const kept = { keptCheckpoint: before };
    expect(await verified(text, change.vkey, kept)).toMatchObject({ code: "kept_checkpoint_invalid" });
    expect(await verified(text, `${first}\n${change.vkey}`, kept)).toMatchObject({ ok: true });
    expect(await after.log.vkeys()).toEqual([first, change.vkey]);
    expect(await auditLog(db, after.signer.keys, { now: after.clock.now })).toMatchObject({ ok: true });

    // A second change is made by the second key.
    const again = await changeLogKey({ ...after.deps, keys, origin: ORIGIN }, "2026-05-01");
    expect(again.previous).toBe(change.vkey);
    const whole = await exported(after);
    expect(await verified(whole, change.vkey)).toMatchObject({ ok: true, keyChanges: [again] });
    expect(await verified(whole, `${first}\n${change.vkey}`)).toMatchObject({ keyChanges: [change, again] });
    await after.log.close();
    await database.close();
  });

  it("that names a key which is not in the key folder keeps a replica from starting", async () => {
    const database = await freshEmbedded();
    const keys = memoryKeys();
    const small = await smallLog(database, keys);
    await changeLogKey({ ...small.deps, keys, origin: ORIGIN }, "2099-01-01");
    await small.log.close();
    await keys.destroy("log-2");
    await expect(smallLog(database, keys)).rejects.toThrow(KeyFolderError);
    await keys.create("log-2");
    await expect(smallLog(database, keys)).rejects.toThrow(KeyFolderError);
    await database.close();
  });

  it("that fails leaves the old key signing alone", async () => {
    const database = await freshEmbedded();
    const keys = memoryKeys();
    const small = await smallLog(database, keys);
    await database.db.execute("ALTER TABLE log_key RENAME TO log_key_away");
    await expect(changeLogKey({ ...small.deps, keys, origin: ORIGIN }, "2099-01-01")).rejects.toThrow();
    await database.db.execute("ALTER TABLE log_key_away RENAME TO log_key");
    const { size } = await small.log.head();
    expect(size).toBe(0);
    const change = await changeLogKey({ ...small.deps, keys, origin: ORIGIN }, "2099-01-01");
    expect(change.entry).toBe(0);
    await small.log.close();
    await database.close();
  });
});
