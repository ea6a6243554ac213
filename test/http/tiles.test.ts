import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { rootOf } from "../../audit/frontier.ts";
import { hashLeaf } from "../../audit/merkle.ts";
import { parseVkey } from "../../audit/note.ts";
import { tilePath } from "../../audit/tile.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { freshPostgres } from "../support/databases.ts";
import { type TestService, testService } from "../support/service.ts";

const SIZE = 256 + 44;

describe("the log's tiles", () => {
  let database: OpenDatabase;
  let service: TestService;
  beforeAll(async () => {
    database = await freshPostgres();
    service = await testService(database, { packages: [] });
    await Promise.all(
      Array.from({ length: SIZE }, () =>
        service.deps.log.append({
          leaf: { kind: "access" },
          hour: 490_000,
          body: { kind: "access", hour: 490_000 },
          columns: { id: randomUUID() },
        }),
      ),
    );
  });
  afterAll(async () => {
    await service.close();
    await database.close();
  });

  const bytes = async (path: string) => {
    const response = await service.call("GET", `/log/${path}`, null);
    expect([path, response.status]).toEqual([path, 200]);
    expect(response.headers.get("cache-control")).toContain("immutable");
    return new Uint8Array(await response.arrayBuffer());
  };
  const entriesOf = (bundle: Uint8Array) => {
    const entries: Uint8Array[] = [];
    for (let at = 0; at < bundle.length; ) {
      const length = bundle[at]! * 256 + bundle[at + 1]!;
      entries.push(bundle.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
    return entries;
  };

  it("hold entries and hashes that lead to the signed root, and nothing else", async () => {
    const entries = [
      ...entriesOf(await bytes("tile/entries/000")),
      ...entriesOf(await bytes("tile/entries/001.p/44")),
    ];
    expect(entries).toHaveLength(SIZE);
    const hashes = Buffer.concat([await bytes("tile/0/000"), await bytes("tile/0/001.p/44")]);
    const leaves = entries.map((entry) => hashLeaf(nodeCrypto, entry));
    expect(hashes.equals(Buffer.concat(leaves))).toBe(true);
    const note = await (await service.call("GET", "/log/checkpoint", null)).text();
    const signed = await openCheckpoint(
      nodeCrypto,
      note,
      parseVkey(nodeCrypto, await service.deps.log.vkey()),
    );
    expect(signed.size).toBe(SIZE);
    expect(Buffer.from(signed.root).equals(rootOf(nodeCrypto, leaves))).toBe(true);
    expect(Buffer.from(await bytes("tile/1/000.p/1")).equals(rootOf(nodeCrypto, leaves.slice(0, 256)))).toBe(
      true,
    );
  });

  it("are served in every width up to what they now hold, for ever", async () => {
    const full = await bytes("tile/0/000");
    for (const width of [1, 2, 44, 45, 128, 255]) {
      expect(await bytes(tilePath({ level: 0, index: 0, width }))).toEqual(full.slice(0, 32 * width));
      expect(entriesOf(await bytes(tilePath({ level: "entries", index: 0, width })))).toHaveLength(width);
    }
    for (const width of [1, 43, 44])
      expect(await bytes(tilePath({ level: 0, index: 1, width }))).toHaveLength(32 * width);
  });

  it.each([
    "tile/0/001",
    "tile/0/001.p/45",
    "tile/0/002.p/1",
    "tile/1/000",
    "tile/1/000.p/2",
    "tile/2/000.p/1",
    "tile/63/000.p/1",
    "tile/64/000.p/1",
    "tile/00/000",
    "tile/0/0",
    "tile/0/0000",
    "tile/0/000.p/0",
    "tile/0/000.p/256",
    "tile/0/000.p/01",
    "tile/0/x000/000",
    "tile/0/-01",
    "tile/entries/001",
    "tile/entries/x1/000",
    "tile/0/000/",
    "tile/0//000",
    "tile/0",
    "tile/0/%30%30%30%30",
    "tile/0/x999/x999/x999/x999/x999/999",
    "tile/data/000",
  ])("answer %s with 404", async (path) => {
    expect((await service.call("GET", `/log/${path}`, null)).status).toBe(404);
  });
});
