/**
 * `npm pack` runs this first: Node strips no types under node_modules, so the package carries plain JavaScript. The tree
 * in dist/ is the repository's own, so that whatever finds a file by its relative address finds it there too.
 */
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

/** Folders whose TypeScript is stripped and whose other files go along. */
const SOURCES = ["src", "audit"];
/** What the code reads at run time, beside itself. */
const READ_AT_RUN_TIME = ["migrations", "packages", "training/german-credit.csv", "docs/data-map.md"];
const COMMAND = "src/cli.js";
/** What others import by name, and therefore has its types beside it. */
const LIBRARY = "src/library/explain.ts";

/**
 * A module's relative address ending in .ts, wherever a module can be named: after `from`, `import`, `import(`, and
 * `new URL(`. Addresses put together at run time must look at their own ending.
 */
const MODULE_ADDRESS = /(\b(?:from|import)\s*\(?\s*|\bnew URL\(\s*)(["'])(\.{1,2}\/[^"'\n]+)\.ts\2/g;

/** One module as plain JavaScript. Positions stay: what is stripped becomes white space. */
export function stripModule(source: string): string {
  return stripTypeScriptTypes(source, { mode: "strip" }).replaceAll(MODULE_ADDRESS, "$1$2$3.js$2");
}

/** The relative addresses of modules that a stripped module names. */
export function moduleAddresses(code: string): string[] {
  const named = /(?:\b(?:from|import)\s*\(?\s*|\bnew URL\(\s*)(["'])(\.{1,2}\/[^"'\n]+\.(?:js|ts))\1/g;
  return [...code.matchAll(named)].map(([, , address]) => address!);
}

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield join(entry.parentPath, entry.name);
  }
}

/**
 * Writes the package's tree. What was there before is gone.
 * @param root the repository @param dist where to
 * @throws Error naming a module that would not be found
 */
export async function buildDist(root: string, dist: string): Promise<void> {
  await rm(dist, { recursive: true, force: true });
  const modules: string[] = [];
  for (const folder of SOURCES) {
    for await (const file of filesBelow(join(root, folder))) {
      const target = join(dist, relative(root, file));
      await mkdir(dirname(target), { recursive: true });
      if (extname(file) !== ".ts") {
        await cp(file, target);
        continue;
      }
      const module = target.replace(/\.ts$/, ".js");
      await writeFile(module, stripModule(await readFile(file, "utf8")));
      modules.push(module);
    }
  }
  for (const path of READ_AT_RUN_TIME) await cp(join(root, path), join(dist, path), { recursive: true });
  const { name, version, type, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  await writeFile(
    join(dist, "package.json"),
    `${JSON.stringify({ name, version, type, license }, null, 2)}\n`,
  );
  await expectModules(modules);
  await declareTypes(root, dist);
  await chmod(join(dist, COMMAND), 0o755);
}

async function expectModules(modules: readonly string[]): Promise<void> {
  for (const module of modules) {
    for (const address of moduleAddresses(await readFile(module, "utf8"))) {
      await stat(resolve(dirname(module), address)).catch(() => {
        throw new Error(`${module} names ${address}, which is not in the package`);
      });
    }
  }
}

/** Declarations of the library and of whatever its own words name, as the compiler derives them from the sources. */
async function declareTypes(root: string, dist: string): Promise<void> {
  const derived = await mkdtemp(join(tmpdir(), "motivo-types-"));
  try {
    const require = createRequire(import.meta.url);
    const compiler = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
    const project = ["-p", join(root, "tsconfig.library.json"), "--outDir", derived];
    await promisify(execFile)(process.execPath, [compiler, ...project]);
    const waiting = [LIBRARY];
    const declared = new Set(waiting);
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const name = file.replace(/\.ts$/, ".d.ts");
      const text = (await readFile(join(derived, name), "utf8")).replaceAll(MODULE_ADDRESS, "$1$2$3.js$2");
      await writeFile(join(dist, name), text);
      for (const address of moduleAddresses(text)) {
        const next = relative(root, resolve(root, dirname(file), address)).replace(/\.js$/, ".ts");
        if (!declared.has(next)) waiting.push(next);
        declared.add(next);
      }
    }
  } finally {
    await rm(derived, { recursive: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await buildDist(root, join(root, "dist"));
}
