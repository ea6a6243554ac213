import type { Kernel } from "./memory.ts";
import { PlainKernel } from "./plain.ts";
import { KERNEL_BYTES } from "./tree-kernel-bytes.ts";

/** What is used of WebAssembly: the language's own library does not know it, since not every engine has it. */
interface Compiler {
  Module: new (bytes: Uint8Array) => CompiledKernel;
  compile(bytes: Uint8Array): Promise<CompiledKernel>;
  Memory: new (size: { initial: number; maximum: number }) => { buffer: ArrayBuffer };
  Instance: new (
    module: CompiledKernel,
    imports: { env: { memory: { buffer: ArrayBuffer } } },
  ) => { exports: { attribute(rows: number): void } };
}

/** A compiled module. It holds nothing: any number of kernels is made of one. */
export interface CompiledKernel {
  readonly [Symbol.toStringTag]?: string;
}

const PAGE = 2 ** 16;

function compiler(): Compiler | undefined {
  return (globalThis as { WebAssembly?: Compiler }).WebAssembly;
}

function kernelBytes(): Uint8Array {
  return Uint8Array.from(atob(KERNEL_BYTES), (byte) => byte.charCodeAt(0));
}

let known: CompiledKernel | null | undefined;

/** Compiled at once; null where that is refused: no WebAssembly, no SIMD, a policy, or a browser's main thread. */
export function compileKernel(): CompiledKernel | null {
  if (known !== undefined) return known;
  const webAssembly = compiler();
  try {
    known = webAssembly === undefined ? null : new webAssembly.Module(kernelBytes());
  } catch {
    known = null;
  }
  return known;
}

/** As `compileKernel`, and where only waiting is allowed, waits. */
export async function awaitKernel(): Promise<CompiledKernel | null> {
  const compiled = compileKernel();
  if (compiled !== null) return compiled;
  try {
    known = (await compiler()?.compile(kernelBytes())) ?? null;
  } catch {
    known = null;
  }
  return known;
}

/** A kernel with so much memory. Without a compiled one, or where its memory is refused, the one in JavaScript. */
export function openKernel(bytes: number, compiled: CompiledKernel | null = compileKernel()): Kernel {
  const webAssembly = compiler();
  if (compiled === null || webAssembly === undefined) return new PlainKernel(bytes);
  const pages = Math.ceil(bytes / PAGE);
  try {
    const memory = new webAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new webAssembly.Instance(compiled, { env: { memory } });
    return { kind: "webassembly", buffer: memory.buffer, attribute: exports.attribute };
  } catch {
    return new PlainKernel(bytes);
  }
}
