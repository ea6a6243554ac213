import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const folder = new URL("../../audit/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".ts"));
const importsOf = (name: string) => {
  const source = readFileSync(new URL(name, folder), "utf8");
  const found = source.matchAll(/\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\(\s*"([^"]+)"/gm);
  return [...found].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic!);
};

/** What needs Node; all else runs in a browser. */
const NODE_ONLY = ["cli.ts", "command.ts", "crypto-node.ts"];

describe("audit/", () => {
  it("imports nothing but its own files and Node's modules", () => {
    const all = files.flatMap(importsOf);
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((specifier) => !/^(node:[a-z/]+|\.\/[a-z0-9-]+\.ts)$/.test(specifier))).toEqual([]);
  });

  it("keeps Node out of everything that a browser runs", () => {
    const core = files.filter((name) => !NODE_ONLY.includes(name));
    for (const name of core) {
      const forbidden = importsOf(name).filter(
        (path) => path.startsWith("node:") || NODE_ONLY.includes(path.slice(2)),
      );
      expect([name, ...forbidden]).toEqual([name]);
      expect(readFileSync(new URL(name, folder), "utf8")).not.toMatch(/\b(Buffer|process|require)\b[.(]/);
    }
  });
});
