import { randomBytes, randomUUID } from "node:crypto";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { parsePolicy } from "../../audit/policy.ts";
import { keyChangesOf } from "../../src/checkpoints/key-changes.ts";
import { Publisher, type PublisherDeps } from "../../src/checkpoints/publisher.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { type Log, openLog } from "../../src/db/log.ts";
import type { KeyProvider } from "../../src/privacy/key-folder.ts";
import { type ChangeableSigner, openSigner } from "../../src/privacy/log-signer.ts";

export const ORIGIN = "checkpoints.example/log";

/** A log with nothing above it, and what publishes its checkpoints. */
export interface SmallLog {
  log: Log;
  signer: ChangeableSigner;
  clock: { now: Date };
  deps: {
    db: OpenDatabase["db"];
    log: Log;
    signer: ChangeableSigner;
    now: () => Date;
    randomId: () => string;
  };
  append(count?: number): Promise<void>;
  publisher(more?: Partial<PublisherDeps>): Publisher;
}

export async function smallLog(
  database: OpenDatabase,
  keys: KeyProvider,
  now = new Date(),
): Promise<SmallLog> {
  const { db } = database;
  const clock = { now };
  const random = (length: number) => new Uint8Array(randomBytes(length));
  let signer!: ChangeableSigner;
  const log = await openLog(db, {
    arrays: database.arrays,
    channel: database.channel,
    signer: async (state) => {
      signer = await openSigner(ORIGIN, keys, state, {
        changes: await keyChangesOf(db),
        now: () => clock.now,
      });
      return signer;
    },
    limits: { size: 64, waitMs: 0, queue: 1000 },
    now: () => clock.now,
    randomBytes: random,
  });
  const deps = { db, log, signer, now: () => clock.now, randomId: randomUUID };
  return {
    log,
    signer,
    clock,
    deps,
    async append(count = 1) {
      for (let i = 0; i < count; i++) {
        await log.append({
          leaf: { kind: "hold" },
          hour: 500_000,
          body: { kind: "hold", hour: 500_000, what: "placed" },
          columns: { id: randomUUID() },
        });
      }
    },
    publisher: (more = {}) =>
      new Publisher({ ...deps, policy: null, places: [], authority: null, randomBytes: random, ...more }),
  };
}

/** A policy that asks `threshold` of these witnesses. */
export const policyOver = (
  threshold: number | "all",
  ...witnesses: { url: string; identity: { vkey: string } }[]
) =>
  parsePolicy(
    nodeCrypto,
    [
      ...witnesses.map(({ url, identity }, i) => `witness w${i + 1} ${identity.vkey} ${url}`),
      `group most ${threshold} ${witnesses.map((_, i) => `w${i + 1}`).join(" ")}`,
      "quorum most\n",
    ].join("\n"),
  );
