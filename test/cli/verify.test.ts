import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { json, run } from "./command.ts";

const VECTORS = "test/audit/vectors";
const key = ["--key", `${VECTORS}/vkey.txt`];

describe("motivo verify", () => {
  it("ends with 0 for what verifies, with the key in a file or as it is", async () => {
    const file = `${VECTORS}/valid/erased-and-pending.ndjson`;
    const text = await run(["verify", file, ...key]);
    expect([text.code, text.stdout.startsWith("VERIFIED")]).toEqual([0, true]);
    const vkey = (await readFile(`${VECTORS}/vkey.txt`, "utf8")).trim();
    const kept = ["--checkpoint", `${VECTORS}/kept.checkpoint`];
    const told = await run(["verify", file, "--key", vkey, ...kept, "--json"]);
    expect([told.code, json(told).ok, json(told).code]).toEqual([0, true, null]);
  });

  it("ends with 1 for what is refused, with the verifier's code", async () => {
    const told = await run(["verify", `${VECTORS}/invalid/record-altered.ndjson`, ...key, "--json"]);
    expect([told.code, json(told).ok, json(told).code]).toEqual([1, false, "record_altered"]);
  });

  it("ends with 2 for what cannot be used", async () => {
    const missing = await run(["verify", `${VECTORS}/nowhere.ndjson`, ...key, "--json"]);
    expect([missing.code, json(missing).code]).toEqual([2, "file_unreadable"]);
    const keyless = await run(["verify", `${VECTORS}/valid/empty.ndjson`, "--json"]);
    expect([keyless.code, json(keyless).code]).toEqual([2, "arguments_invalid"]);
  });
});
