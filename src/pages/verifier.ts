import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import nodeModule from "node:module";

/** The offline verifier as a browser loads it: its modules under one address that changes with any of them. */
export interface Verifier {
  /** The module that has `verifyDocument`. */
  entry: string;
  /** The page's own script, which shows what the verifier says. */
  script: { src: string; integrity: string };
  /** @param file the last segment of an address below `/verifier/{build}/` */
  find(build: string, file: string): Uint8Array<ArrayBuffer> | undefined;
}

/** Names of the modules that a module imports from its own folder. */
const IMPORTED = /\b(?:from|import)\s*\(?\s*"\.\/([a-z0-9-]+\.(?:ts|js))"/g;

/** In the repository modules are TypeScript; the npm package holds them stripped already. */
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";
const ENTRY = `browser.${ENDING}`;
const SCRIPT = "verify-file.js";

let read: Verifier | undefined;

/** Read, and its types stripped, when somebody first asks for it. */
export function verifier(): Verifier {
  read ??= readVerifier();
  return read;
}

function readVerifier(): Verifier {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const waiting = [ENTRY];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (files.has(name)) continue;
    const source = readFileSync(new URL(`../../audit/${name}`, import.meta.url), "utf8");
    const code = ENDING === "ts" ? nodeModule.stripTypeScriptTypes(source) : source;
    files.set(name, new TextEncoder().encode(code));
    waiting.push(...[...code.matchAll(IMPORTED)].map(([, imported]) => imported!));
  }
  const script = new Uint8Array(readFileSync(new URL(`component/${SCRIPT}`, import.meta.url)));
  files.set(SCRIPT, script);
  const hash = createHash("sha256");
  for (const [name, bytes] of [...files].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(bytes);
  const build = hash.digest("hex").slice(0, 16);
  return {
    entry: `/verifier/${build}/${ENTRY}`,
    script: {
      src: `/verifier/${build}/${SCRIPT}`,
      integrity: `sha384-${createHash("sha384").update(script).digest("base64")}`,
    },
    find: (asked, file) => (asked === build ? files.get(file) : undefined),
  };
}
