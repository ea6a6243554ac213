/**
 * Compiles src/explain/kernel/tree-kernel.as and writes it beside itself as a module, so that it goes wherever the other
 * modules go. A test compares what is written with what the source compiles to.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { main } from "assemblyscript/asc";

const FOLDER = new URL("../src/explain/kernel/", import.meta.url);
/** The compiler takes .ts alone, and our own one would take offence at AssemblyScript under that name. */
const COMPILED_AS = "tree-kernel.ts";
const OPTIONS = ["--runtime", "stub", "--importMemory", "--noAssert", "--enable", "simd"];

/** The compiled kernel. @throws Error with what the compiler said */
export async function compileKernel(): Promise<Uint8Array> {
  const source = await readFile(new URL("tree-kernel.as", FOLDER), "utf8");
  let compiled: Uint8Array | undefined;
  const { error, stderr } = await main(
    [COMPILED_AS, ...OPTIONS, "-O3", "--converge", "--outFile", "tree-kernel.wasm"],
    {
      readFile: (name) => (name === COMPILED_AS ? source : null),
      writeFile: (_, contents) => {
        if (contents instanceof Uint8Array) compiled = contents;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || compiled === undefined) throw new Error(`${error?.message}\n${stderr.toString()}`);
  return compiled;
}

/** The module that holds the bytes. */
export function kernelModule(bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(/.{1,100}/g)!;
  const text = lines.map((line) => `  "${line}"`).join(" +\n");
  return `/** tree-kernel.as, compiled by scripts/build-kernel.ts: WebAssembly in base64. */\nexport const KERNEL_BYTES =\n${text};\n`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  await writeFile(
    fileURLToPath(new URL("tree-kernel-bytes.ts", FOLDER)),
    kernelModule(await compileKernel()),
  );
