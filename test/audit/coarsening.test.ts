import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { toHex } from "../../audit/bytes.ts";
import {
  CoarsenedRecords,
  coarseningItemHash,
  coarseningTree,
  verifyCoarseningItem,
} from "../../audit/coarsening.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { HonestLog, Seeded } from "./honest-log.ts";
import { verified } from "./verified.ts";

const random = new Seeded("coarsening");
const items = Array.from({ length: 7 }, (_, i) => ({ index: i * 3, record: random.bytes(32) }));
const head = { hour: 1, tag: random.bytes(16), record: random.bytes(32), vault: random.bytes(32) };

describe("the items of a coarsening leaf", () => {
  it("are hashed as a leaf over index and commitment", () => {
    const written = Buffer.concat([Buffer.from("000000000000000003", "hex"), items[1]!.record]);
    expect(toHex(coarseningItemHash(nodeCrypto, items[1]!))).toBe(hash("sha256", written));
    expect(() => coarseningItemHash(nodeCrypto, { index: 1, record: random.bytes(16) })).toThrow(RangeError);
  });

  it("are each proved under the root without the others, and no other record in their place", () => {
    const tree = coarseningTree(nodeCrypto, items);
    for (const [position, item] of items.entries()) {
      const path = tree.path(position);
      expect(verifyCoarseningItem(nodeCrypto, item, position, path, tree)).toBe(true);
      const other = { ...item, record: random.bytes(32) };
      expect(verifyCoarseningItem(nodeCrypto, other, position, path, tree)).toBe(false);
    }
    expect(() => coarseningTree(nodeCrypto, [])).toThrow(RangeError);
  });

  it("name no entry twice, and none behind them", () => {
    const justify = (given: typeof items, entry: number) => {
      const { count, itemsRoot } = coarseningTree(nodeCrypto, given);
      const leaf = { kind: "coarsening" as const, ...head, count, itemsRoot };
      return new CoarsenedRecords(nodeCrypto).justify(entry, leaf, given, () => false);
    };
    expect(justify(items, 100)).toBe(0);
    expect(() => justify([...items, items[0]!], 100)).toThrow("coarsening_items_mismatch");
    expect(() => justify(items, 18)).toThrow("coarsening_items_mismatch");
  });
});

describe("an export with coarsened records", () => {
  it("counts them apart, however often each was replaced, and not what was erased afterwards", async () => {
    const log = new HonestLog("coarsened");
    const [a, b, c, d] = [log.decision(), log.decision(), log.decision(), log.decision()];
    log.coarsen(a, b, c);
    log.coarsen(b);
    log.coarsen(b, c);
    log.erase(a);
    log.coverErasures();
    log.erase(d);
    const verdict = await verified(log.export(), log.vkey);
    expect(verdict).toMatchObject({ ok: true, states: { VERIFIED: 4, COARSENED: 2, ERASED: 1, PENDING: 1 } });
  });
});
