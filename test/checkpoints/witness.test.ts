import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { cosignaturesOn } from "../../audit/cosignature.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parseNote } from "../../audit/note.ts";
import { clearAlarm, standingAlarm } from "../../src/checkpoints/alarm.ts";
import { published, servedCheckpoint } from "../../src/checkpoints/published.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { testWitness } from "../audit/honest-log.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { policyOver, type SmallLog, smallLog } from "./small-log.ts";
import { SmallWitness } from "./small-witness.ts";

let database: OpenDatabase;
let small: SmallLog;
let witnesses: SmallWitness[] = [];

beforeAll(async () => {
  database = await freshEmbedded();
  small = await smallLog(database, memoryKeys());
});
afterAll(() => database.close());

async function withWitnesses<T>(
  count: number,
  use: (...witnesses: [SmallWitness, SmallWitness, SmallWitness]) => Promise<T>,
): Promise<T> {
  const vkey = small.signer.vkey;
  const names = ["one", "two", "three"].slice(0, count);
  witnesses = await Promise.all(
    names.map((name) => new SmallWitness(`${name}-${Math.floor(performance.now())}`, vkey).listen()),
  );
  try {
    return await use(...(witnesses as [SmallWitness, SmallWitness, SmallWitness]));
  } finally {
    await Promise.all(witnesses.map((witness) => witness.close()));
  }
}

const cosigners = async (note: string) =>
  (
    await cosignaturesOn(
      nodeCrypto,
      parseNote(note),
      witnesses.map(({ identity }) => identity.key),
    )
  ).length;

describe("witnesses", () => {
  it("cosign the log as it grows, each from the size that it knows, and the served checkpoint has their lines", () =>
    withWitnesses(3, async (one, two, three) => {
      const publisher = small.publisher({ policy: policyOver(2, one, two, three) });
      expect(await publisher.turn()).toEqual({ size: 0, alarm: null, faults: [] });
      for (let i = 1; i <= 4; i++) {
        await small.append(i);
        const turn = await publisher.turn();
        expect(turn).toMatchObject({ alarm: null, faults: [] });
        const { size, checkpoint } = await servedCheckpoint(database.db, small.log);
        expect(size).toBe((await small.log.head()).size);
        expect(await cosigners(checkpoint)).toBe(3);
        expect(await openCheckpoint(nodeCrypto, checkpoint, small.signer.key)).toMatchObject({ size });
      }
      expect([one.size, two.size, three.size]).toEqual([10, 10, 10]);
      expect(one.requests.every((request) => Buffer.byteLength(request) < 10_240)).toBe(true);
    }));

  it("that are away leave the last cosigned checkpoint in its place, and decisions unhindered", () =>
    withWitnesses(3, async (one, two, three) => {
      const publisher = small.publisher({ policy: policyOver(2, one, two, three) });
      expect((await publisher.turn()).faults).toEqual([]);
      const before = (await servedCheckpoint(database.db, small.log)).size;
      two.misbehave = () => ({ status: 503 });
      three.misbehave = () => ({ status: 500, body: "stack trace" });
      await small.append();
      const turn = await publisher.turn();
      expect(turn.alarm).toBeNull();
      expect(turn.faults.map(({ code }) => code)).toEqual([
        "witness_unavailable",
        "witness_unavailable",
        "quorum_missing",
      ]);
      expect((await servedCheckpoint(database.db, small.log)).size).toBe(before);
      // The next turn asks only those whose line is missing for this size, and needs one of them.
      two.misbehave = null;
      const asked = one.requests.length;
      expect((await publisher.turn()).faults.map(({ code }) => code)).toEqual(["witness_unavailable"]);
      expect(one.requests).toHaveLength(asked);
      expect((await servedCheckpoint(database.db, small.log)).size).toBe(before + 1);
      await two.close();
      await small.append();
      expect((await publisher.turn()).faults.map(({ code }) => code)).toContain("witness_unreachable");
    }));

  it("put their lines under the head that a document leaves with, and stop none by being away", () =>
    withWitnesses(1, async (one) => {
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await publisher.turn();
      await small.append();
      const { size } = await small.log.head();
      const attested = await publisher.attested(size);
      expect(attested).toMatchObject({ size, root: (await small.log.head()).root });
      expect(await cosigners(attested.checkpoint)).toBe(1);
      const asked = one.requests.length;
      expect(await publisher.attested(size)).toEqual(attested);
      expect(one.requests).toHaveLength(asked);
      one.misbehave = () => ({ status: 503 });
      await small.append();
      expect(await publisher.attested(size + 1)).toEqual(await small.log.head());
      // The larger one is asked for by nobody who needs the smaller alone.
      expect(await publisher.attested(size)).toEqual(attested);
    }));

  it("that already know a smaller size get a proof from there", () =>
    withWitnesses(1, async (one) => {
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await publisher.turn();
      const known = one.size;
      await small.append(3);
      // Our own memory of it is lost: the witness says where it stands.
      const forgetful = small.publisher({ policy: policyOver(1, one) });
      await database.db.execute("DELETE FROM witness_state");
      expect((await forgetful.turn()).faults).toEqual([]);
      expect(one.requests.at(-2)).toMatch(/^old 0\n\n/);
      expect(one.requests.at(-1)!.startsWith(`old ${known}\n`)).toBe(true);
      expect(one.size).toBe(known + 3);
    }));

  it.each<[string, string, NonNullable<SmallWitness["misbehave"]>]>([
    [
      "a 409 without a size",
      "witness_answer_unusable",
      () => ({ status: 409, body: "busy", type: "text/plain" }),
    ],
    [
      "a 409 with a size that is none",
      "witness_answer_unusable",
      () => ({ status: 409, body: "007\n", type: "text/x.tlog.size" }),
    ],
    [
      "a 409 with the size that was sent",
      "witness_answer_unusable",
      (request) => ({ status: 409, body: `${/^old (\d+)/.exec(request)![1]}\n`, type: "text/x.tlog.size" }),
    ],
    ["a 200 of nothing", "witness_answer_unusable", () => ({ status: 200, body: "" })],
    [
      "a 200 of noise",
      "witness_answer_unusable",
      () => ({ status: 200, body: Buffer.from([0xff, 0xfe, 0x0a]) }),
    ],
    [
      "a line by another key",
      "witness_answer_unusable",
      (request) => ({ status: 200, body: lineBy(testWitness("other.example", "other"), request) }),
    ],
    ["an endless answer", "witness_unreachable", () => ({ status: 200, body: "— x y\n".repeat(5000) })],
    ["a redirect", "witness_unreachable", () => ({ status: 302 })],
    ["a refusal of our key", "witness_refuses", () => ({ status: 403 })],
    ["no such log", "witness_refuses", () => ({ status: 404 })],
  ])("that answer with %s are asked again later, without an alarm", (_, code, misbehave) =>
    withWitnesses(1, async (one) => {
      one.misbehave = misbehave;
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await small.append();
      const turn = await publisher.turn();
      expect(turn.alarm).toBeNull();
      expect(turn.faults.map((fault) => fault.code)).toEqual([code, "quorum_missing"]);
      one.misbehave = null;
      expect((await publisher.turn()).faults).toEqual([]);
    }),
  );

  it("whose lines are kept only where they verify: what else was sent goes nowhere", () =>
    withWitnesses(1, async (one) => {
      const impostor = testWitness("impostor.example", "impostor");
      one.misbehave = async (request, honest) => {
        const { body = "" } = await honest();
        return {
          status: 200,
          body: `${lineBy(impostor, request)}${String(body)}${lineBy(impostor, request)}`,
        };
      };
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await small.append();
      expect((await publisher.turn()).faults).toEqual([]);
      const { note } = (await published(database.db))!;
      expect(parseNote(note).signatures.map(({ name }) => name)).toEqual([
        small.signer.key.name,
        one.identity.key.name,
      ]);
    }));

  it.each<[string, string, (witness: SmallWitness) => void]>([
    [
      "has seen more than we have",
      "log_behind",
      (witness) => {
        witness.size = 1_000_000;
      },
    ],
    [
      "finds that our proof does not hold",
      "log_forked",
      (witness) => {
        witness.root = new Uint8Array(32);
      },
    ],
    [
      "answers 422",
      "log_forked",
      (witness) => {
        witness.misbehave = () => ({ status: 422 });
      },
    ],
  ])("one that %s raises an alarm, and nothing is signed until an operator has looked", (_, code, breakIt) =>
    withWitnesses(1, async (one) => {
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await publisher.turn();
      await small.append();
      const { size } = await small.log.head();
      const honest = { size: one.size, root: one.root };
      breakIt(one);
      expect(await publisher.turn()).toMatchObject({ alarm: code });
      await expect(small.append()).rejects.toMatchObject({ code: "log_halted", status: 503 });
      expect((await small.log.head()).size).toBe(size);
      // Another process of the same log learns it from the database, and so does this one after a restart.
      expect((await standingAlarm(database.db))?.code).toBe(code);
      const asked = one.requests.length;
      expect(await publisher.turn()).toMatchObject({ alarm: code });
      expect(one.requests).toHaveLength(asked);
      Object.assign(one, honest, { misbehave: null });
      expect(await clearAlarm(small.deps)).toBe(1);
      await small.append();
      expect(await publisher.turn()).toMatchObject({ alarm: null, faults: [] });
    }),
  );

  it("one that holds another root for our very size raises the alarm", () =>
    withWitnesses(1, async (one) => {
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await publisher.turn();
      one.root = new Uint8Array(32);
      expect(await small.publisher({ policy: policyOver(1, one) }).turn()).toMatchObject({
        alarm: "log_forked",
      });
      await clearAlarm(small.deps);
    }));

  it("that were shown more by another replica meanwhile raise no alarm", () =>
    withWitnesses(1, async (one) => {
      const publisher = small.publisher({ policy: policyOver(1, one) });
      await publisher.turn();
      await small.append();
      one.misbehave = async () => {
        // Between our reading of the head and this answer another replica appends and submits.
        await small.append();
        one.misbehave = null;
        return { status: 409, body: `${(await small.log.head()).size}\n`, type: "text/x.tlog.size" };
      };
      expect((await publisher.turn()).alarm).toBeNull();
      one.size = (await small.log.head()).size;
      one.root = (await small.log.head()).root;
      expect(await publisher.turn()).toMatchObject({ alarm: null, faults: [] });
    }));
});

/** A signature line on the checkpoint in a request. */
function lineBy(witness: ReturnType<typeof testWitness>, request: string): string {
  const note = request.slice(request.indexOf("\n\n") + 2);
  return `${witness.cosign(note).trimEnd().split("\n").at(-1)}\n`;
}
