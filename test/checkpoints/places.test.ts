import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCheckpoint } from "../../audit/checkpoint.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { clearAlarm } from "../../src/checkpoints/alarm.ts";
import { folderPlace, httpPlace, placesOf } from "../../src/checkpoints/places.ts";
import { published } from "../../src/checkpoints/published.ts";
import type { OpenDatabase } from "../../src/db/client.ts";
import { HonestLog } from "../audit/honest-log.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { type SmallLog, smallLog } from "./small-log.ts";

let database: OpenDatabase;
let small: SmallLog;
let folder: string;

beforeAll(async () => {
  database = await freshEmbedded();
  small = await smallLog(database, memoryKeys());
  folder = await mkdtemp(join(tmpdir(), "motivo-places-"));
});
afterAll(async () => {
  await small.log.close();
  await database.close();
  await rm(folder, { recursive: true });
});

const name = (size: number) => `${String(size).padStart(16, "0")}.checkpoint`;

describe("a place outside", () => {
  it("is a folder or an address, and is named without credentials", () => {
    const places = placesOf(" /mnt/worm , https://user:secret@keep.example/log/,");
    expect(places.map((place) => place.name)).toEqual(["/mnt/worm", "https://keep.example/log/"]);
  });

  it("that is a folder holds every published checkpoint under its size, an empty log's too", async () => {
    const publisher = small.publisher({ places: [folderPlace(join(folder, "kept"))] });
    expect(await publisher.turn()).toEqual({ size: 0, alarm: null, faults: [] });
    await small.append(2);
    expect(await publisher.turn()).toEqual({ size: 2, alarm: null, faults: [] });
    expect((await readdir(join(folder, "kept"))).sort()).toEqual([name(0), name(2)]);
    for (const size of [0, 2]) {
      const note = await readFile(join(folder, "kept", name(size)), "utf8");
      expect(await openCheckpoint(nodeCrypto, note, small.signer.key)).toMatchObject({ size });
    }
    // A replica that starts anew finds its own there, and is content.
    expect((await small.publisher({ places: [folderPlace(join(folder, "kept"))] }).turn()).faults).toEqual(
      [],
    );
  });

  it("that cannot be written is a fault that passes, and the checkpoint is published all the same", async () => {
    const blocked = join(folder, "a-file");
    await writeFile(blocked, "");
    const publisher = small.publisher({ places: [folderPlace(blocked)] });
    await small.append();
    const { size } = await small.log.head();
    expect(await publisher.turn()).toEqual({
      size,
      alarm: null,
      faults: [{ at: blocked, code: "place_failed" }],
    });
    await rm(blocked);
    expect((await publisher.turn()).faults).toEqual([]);
  });

  it("that holds more than we have, or another root, raises the alarm", async () => {
    const ahead = join(folder, "ahead");
    const head = await small.log.head();
    const { note } = (await published(database.db))!;
    const place = folderPlace(ahead);
    await place.put({ origin: "", size: head.size, root: head.root }, note, small.signer.keys);
    await writeFile(join(ahead, name(head.size + 5)), note);
    await small.append();
    expect(await small.publisher({ places: [place] }).turn()).toMatchObject({ alarm: "log_behind" });
    await clearAlarm(small.deps);

    const now = await small.log.head();
    const forked = join(folder, "forked");
    const other = { origin: small.signer.key.name, size: now.size, root: new Uint8Array(32) };
    const { signCheckpoint } = await import("../../audit/checkpoint.ts");
    await folderPlace(forked).put(other, signCheckpoint(other, small.signer), small.signer.keys);
    expect(await small.publisher({ places: [folderPlace(forked)] }).turn()).toMatchObject({
      alarm: "log_forked",
    });
    await clearAlarm(small.deps);
    // What somebody else put there says nothing about this log.
    const foreign = join(folder, "foreign");
    await folderPlace(foreign).put(now as never, new HonestLog("x").checkpoint(), small.signer.keys);
    expect(await small.publisher({ places: [folderPlace(foreign)] }).turn()).toMatchObject({
      alarm: null,
      faults: [{ code: "place_failed" }],
    });
  });

  it("that is an address takes each checkpoint once, and what lies there is compared", async () => {
    const kept = new Map<string, string>();
    const seen: string[] = [];
    let status: number | null = null;
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const part of request) body += String(part);
      seen.push(`${request.method} ${request.headers.authorization ?? ""}`);
      const path = request.url!;
      if (status !== null) response.writeHead(status).end();
      else if (request.method === "GET") response.writeHead(kept.has(path) ? 200 : 404).end(kept.get(path));
      else if (kept.has(path) && request.headers["if-none-match"] === "*") response.writeHead(412).end();
      else {
        kept.set(path, body);
        response.writeHead(201).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const place = httpPlace(`http://user:secret@127.0.0.1:${port}/log`);
    const { size } = await small.log.head();
    expect((await small.publisher({ places: [place] }).turn()).faults).toEqual([]);
    expect([...kept.keys()]).toEqual([`/log/${name(size)}`]);
    expect(seen).toEqual([`PUT Basic ${Buffer.from("user:secret").toString("base64")}`]);
    expect((await small.publisher({ places: [place] }).turn()).faults).toEqual([]);
    expect(seen.slice(1).map((line) => line.split(" ")[0])).toEqual(["PUT", "GET"]);
    for (status of [500, 302, 404]) {
      await small.append();
      const turn = await small.publisher({ places: [place] }).turn();
      expect(turn).toMatchObject({ alarm: null, faults: [{ at: place.name, code: "place_failed" }] });
    }
    server.closeAllConnections();
    server.close();
  });
});
