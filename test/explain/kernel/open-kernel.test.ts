import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { compileKernel as compileSource, kernelModule } from "../../../scripts/build-kernel.ts";
import type { CompiledKernel } from "../../../src/explain/kernel/open-kernel.ts";

/** A copy of its own, since what was compiled once is kept. */
async function freshly() {
  vi.resetModules();
  return await import("../../../src/explain/kernel/open-kernel.ts");
}

const real = (globalThis as unknown as { WebAssembly: Record<string, unknown> }).WebAssembly;
const provide = (changes: Record<string, unknown>) =>
  vi.stubGlobal("WebAssembly", {
    Module: real.Module,
    Memory: real.Memory,
    Instance: real.Instance,
    compile: real.compile,
    ...changes,
  });
class Refused {
  constructor() {
    throw new EvalError("refused by a policy");
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("the source compiles to the bytes that are committed", async () => {
  const committed = readFileSync(
    new URL("../../../src/explain/kernel/tree-kernel-bytes.ts", import.meta.url),
    "utf8",
  );
  expect(kernelModule(await compileSource())).toBe(committed);
});

describe("where the kernel is opened", () => {
  test("at once, where that is allowed", async () => {
    const { compileKernel, openKernel } = await freshly();
    expect(compileKernel()).not.toBeNull();
    expect(openKernel(4096).kind).toBe("webassembly");
  });

  test("after waiting, where compiling at once is refused", async () => {
    provide({ Module: Refused });
    const { awaitKernel, openKernel } = await freshly();
    expect(openKernel(4096).kind).toBe("javascript");
    expect(await awaitKernel()).not.toBeNull();
    expect(openKernel(4096).kind).toBe("webassembly");
  });

  test("in JavaScript, where nothing may be compiled", async () => {
    provide({ Module: Refused, compile: async () => new Refused() });
    const { awaitKernel, openKernel } = await freshly();
    expect(await awaitKernel()).toBeNull();
    expect(openKernel(4096).kind).toBe("javascript");
  });

  test("in JavaScript, where there is no WebAssembly", async () => {
    vi.stubGlobal("WebAssembly", undefined);
    const { awaitKernel, openKernel } = await freshly();
    expect(await awaitKernel()).toBeNull();
    expect(openKernel(4096).kind).toBe("javascript");
  });

  test("in JavaScript, where so much memory is refused", async () => {
    provide({ Memory: Refused });
    const { openKernel } = await freshly();
    expect(openKernel(4096).kind).toBe("javascript");
  });

  test("a memory is at least as large as was asked for, and zero", async () => {
    const { compileKernel, openKernel } = await freshly();
    for (const compiled of [compileKernel() as CompiledKernel, null]) {
      const { buffer } = openKernel(100_000, compiled);
      expect(buffer.byteLength).toBeGreaterThanOrEqual(100_000);
      expect(new Uint8Array(buffer).every((byte) => byte === 0)).toBe(true);
    }
  });
});
