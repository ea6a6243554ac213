import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

interface Metafile {
  outputs: Record<string, { inputs: Record<string, unknown>; imports: { path: string }[] }>;
}

let folder: string;
let code: string;
let inputs: string[];
let externals: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "motivo-bundle-"));
  await promisify(execFile)(
    process.execPath,
    ["node_modules/wrangler/bin/wrangler.js", "deploy", "--dry-run", "--outdir", folder, "--metafile"],
    { env: { ...process.env, HOME: folder, WRANGLER_SEND_METRICS: "false" } },
  );
  code = await readFile(join(folder, "worker.js"), "utf8");
  const { outputs } = JSON.parse(await readFile(join(folder, "bundle-meta.json"), "utf8")) as Metafile;
  const bundles = Object.values(outputs);
  inputs = bundles.flatMap((bundle) => Object.keys(bundle.inputs));
  externals = bundles.flatMap((bundle) => bundle.imports.map(({ path }) => path));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("what wrangler makes of src/worker.ts", () => {
  it("is our own code for public reads", () => {
    const own = inputs.filter((path) => /^(src|audit)\//.test(path));
    expect(own).toContain("src/edge.ts");
    expect(own).toContain("src/db/log.ts");
  });

  it("has no code that opens the vault, signs, decides or erases", () => {
    const kept = inputs.filter((path) => /^src\/(privacy|decisions|subjects|explain)\//.test(path));
    expect(kept).toEqual([]);
    for (const file of ["src/db/log-append.ts", "src/models/publish.ts", "src/http/dev-issuer.ts"])
      expect(inputs).not.toContain(file);
    expect(code).not.toContain("aes-256-gcm");
    expect(code).not.toContain("signCheckpoint(");
  });

  it("has neither inference nor the embedded database nor threads", () => {
    for (const name of ["onnxruntime", "pglite", "@faker-js", "protobufjs"])
      expect(inputs.filter((path) => path.includes(name))).toEqual([]);
    expect(externals.filter((path) => /worker_threads|child_process/.test(path))).toEqual([]);
  });
});

describe("wrangler.toml", () => {
  it("names no key and asks for a Hyperdrive without a cache", async () => {
    const text = await readFile("wrangler.toml", "utf8");
    const settings = text.split("\n").filter((line) => !line.startsWith("#"));
    expect(settings.filter((line) => /KEYS|SECRET|TOKEN|PRIVATE/.test(line))).toEqual([]);
    expect(text).toContain("--caching-disabled");
  });
});
