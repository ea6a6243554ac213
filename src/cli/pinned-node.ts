import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";

/** What the service is written for and tested on; older ones lack parts of it that the code calls. */
const OLDEST_MAJOR = 24;

/** @param version `process.versions.node` */
export function needsPinnedNode(version: string): boolean {
  return Number(version.split(".")[0]) < OLDEST_MAJOR;
}

/**
 * Runs the same command under the Node that npm installed beside this package (its dependency `node`), so that a
 * machine with an older one is served too.
 * @param argv script and arguments
 * @returns its exit code; 2 with a sentence on stderr when that Node is not there
 */
export async function runUnderPinnedNode(argv: string[]): Promise<number> {
  const binary = pinnedNode();
  if (binary === null) return refuse();
  const child = spawn(binary, argv, { stdio: "inherit" });
  // Without these the parent would end first and leave the service behind, still writing.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => child.kill(signal));
  }
  return new Promise((resolve) => {
    child.once("error", () => resolve(refuse()));
    child.once("exit", (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

function pinnedNode(): string | null {
  try {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve("node/package.json");
    // Another one, put there by hand, would ask for the pinned one again, without end.
    if (needsPinnedNode(String(require(manifest).version))) return null;
    return join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch {
    return null;
  }
}

function refuse(): number {
  process.stderr.write(
    `motivo: Node ${OLDEST_MAJOR} or newer is needed, and the one that npm installs beside it does not run here.\n`,
  );
  return 2;
}
