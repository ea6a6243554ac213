import { execFile } from "node:child_process";
import {
  access,
  constants,
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moduleAddresses, stripModule } from "../../scripts/pack.ts";
import { needsPinnedNode, runUnderPinnedNode } from "../../src/cli/pinned-node.ts";
import { VERSION } from "../../src/version.ts";
import { LISTENING, start, temporaryFolder, urlOf } from "./command.ts";

const exec = promisify(execFile);

describe("the npm package", () => {
  let place: Awaited<ReturnType<typeof temporaryFolder>>;
  let installed: string;
  let command: string;
  beforeAll(async () => {
    place = await temporaryFolder({ migrated: true });
    const { folder } = place;
    await exec("npm", ["pack", "--silent", "--pack-destination", folder]);
    await exec("tar", ["xzf", `motivo-${VERSION}.tgz`], { cwd: folder });
    // As npm lays it out: the package inside node_modules, where Node strips no types, beside what it depends on.
    const modules = join(folder, "node_modules");
    installed = join(modules, "motivo");
    await mkdir(modules);
    await rename(join(folder, "package"), installed);
    for (const name of await readdir("node_modules")) {
      if (!name.startsWith(".")) await symlink(resolve("node_modules", name), join(modules, name));
    }
    const { bin } = JSON.parse(await readFile(join(installed, "package.json"), "utf8"));
    command = join(installed, bin.motivo);
  });
  afterAll(() => place.remove());

  it("holds plain JavaScript and what it reads, and nothing of the tests", async () => {
    const files = await readdir(installed, { recursive: true });
    expect(files.filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))).toEqual([]);
    expect(files.filter((name) => /test|node_modules/.test(name))).toEqual([]);
    const read = ["migrations/meta/_journal.json", "packages/german-credit/model.onnx", "audit/FORMAT.md"];
    expect(files).toEqual(expect.arrayContaining(read.map((name) => join("dist", name))));
    await access(command, constants.X_OK);
  });

  it("says its version", async () => {
    const ended = await start(["--version"], {}, command).ended;
    expect(ended).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: "" });
  });

  it("serves decisions from its worker threads, closes on SIGINT, and leaves nothing outside its folders", async () => {
    const elsewhere = join(place.folder, "elsewhere");
    await mkdir(elsewhere);
    const env = { ...place.env, TMPDIR: elsewhere, HOME: elsewhere, XDG_CACHE_HOME: elsewhere };
    const service = start(["serve"], env, command);
    await service.says(LISTENING);
    const { tokens } = JSON.parse(await readFile(join(place.data, "dev.json"), "utf8"));
    const headers = { authorization: `Bearer ${tokens.product}`, "content-type": "application/json" };
    const model = `${urlOf(service)}/v1/models/german-credit`;
    const { example } = (await (await fetch(model, { headers })).json()) as { example: object };
    const body = JSON.stringify(example);
    const decided = await fetch(`${model}/decisions`, { method: "POST", headers, body });
    service.child.kill("SIGINT");
    expect([decided.status, (await service.ended).code]).toEqual([201, 0]);
    // onnxruntime would leave a device identifier and session files of its telemetry here.
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it("is a library: the example explains a model, and programs in TypeScript know its types", async () => {
    const folder = join(place.folder, "program");
    await mkdir(folder);
    await symlink(join(place.folder, "node_modules"), join(folder, "node_modules"));
    await cp("examples/explain-credit.js", join(folder, "explain-credit.js"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    const example = await start([], {}, join(folder, "explain-credit.js")).ended;
    expect([example.code, example.stderr]).toEqual([0, ""]);
    expect(example.stdout).toMatch(/^bad 0\.\d{3}, good 0\.\d{3}\n/);
    expect(example.stdout).toMatch(/\nmargin: \S+, on average \S+ \(exact-tree\)\n {2}duration_months +-\d/);
    expect(example.stdout).toMatch(/\nidentity: \S+, on average \S+ \(permutation\)\n/);

    const program = `import { explain, type RowExplanation } from "motivo/explain";
      const predict = (rows: (string | number)[][]) => rows.map(([a]) => Number(a));
      const given: RowExplanation = await explain({ predict, row: [3], background: [[1]] });
      const value: number = given.attributions.x0!;
      // @ts-expect-error: there is no such method
      await explain({ predict, row: [3], background: [[1]] }, { method: "guess" });
      console.log(value);`;
    await writeFile(join(folder, "program.ts"), program);
    const compiler = resolve("node_modules/typescript/bin/tsc");
    const options = [
      "--ignoreConfig",
      "--strict",
      "--noEmit",
      "--module",
      "nodenext",
      "--target",
      "es2024",
      "--types",
      "",
    ];
    const compiled = await start([...options, join(folder, "program.ts")], {}, compiler).ended;
    expect([compiled.stdout, compiled.code]).toEqual(["", 0]);
    expect((await start([], {}, join(folder, "program.ts")).ended).stdout).toBe("2\n");
  });

  it("explains by hand, with the installed command", async () => {
    const files = ["model", "background", "rows"].flatMap((part) => [
      `--${part}`,
      `test/library/fixtures/lightgbm-multi.${part === "model" ? "onnx" : `${part}.csv`}`,
    ]);
    const ended = await start(["explain", ...files, "--json"], {}, command).ended;
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
    expect(
      ended.stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).method),
    ).toEqual(Array(3).fill("exact-enumeration"));
  });

  it("verifies, with the verifier's own command", async () => {
    const script = join(installed, "dist/audit/cli.js");
    const vectors = "test/audit/vectors";
    const args = ["verify", `${vectors}/valid/no-erasure.ndjson`, "--key", `${vectors}/vkey.txt`];
    expect((await start(args, {}, script).ended).code).toBe(0);
  });
});

describe("stripModule", () => {
  it("points to .js wherever a module is named, and leaves other text alone", () => {
    const source = [
      'import { a } from "./a.ts";',
      'import type { B } from "../b.ts";',
      'export * from "./c.ts";',
      'const d = await import("./d.ts");',
      'const e = new URL("./e.ts", import.meta.url);',
      'const f: string = "./f.ts";',
    ].join("\n");
    const code = stripModule(source);
    expect(moduleAddresses(code)).toEqual(["./a.js", "./c.js", "./d.js", "./e.js"]);
    expect(code).toContain('"./f.ts"');
    expect(code).not.toContain("string");
  });
});

describe("runUnderPinnedNode", () => {
  it("runs the script under Node 24 and passes its exit code on", async () => {
    const script = 'process.exit(process.versions.node.startsWith("24.") ? 7 : 8)';
    expect(await runUnderPinnedNode(["--eval", script])).toBe(7);
  });
});

describe("needsPinnedNode", () => {
  it("hands over to the Node beside the package where the running one is older than 24", () => {
    expect(["18.19.0", "20.20.2", "22.18.0"].map(needsPinnedNode)).toEqual([true, true, true]);
    expect(["24.0.0", "26.1.0"].map(needsPinnedNode)).toEqual([false, false]);
  });
});
