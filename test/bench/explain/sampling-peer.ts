import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Cell } from "../../../src/explain/game.ts";

interface Asked {
  model: string;
  columns: readonly string[];
  background: readonly (readonly Cell[])[];
  rows: readonly (readonly Cell[])[];
  permutations: number;
}

export interface Peer {
  ask(asked: Asked): Promise<{ values: number[][]; modelRows: number }>;
  close(): void;
}

/** `peers/sampling.py`, asked one thing at a time. */
export function openPeer(python: string, folder: string): Peer {
  const script = fileURLToPath(new URL("peers/sampling.py", import.meta.url));
  const child = spawn(python, [script, folder], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(asked) {
      child.stdin.write(`${JSON.stringify(asked)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("the Python peer ended");
      return JSON.parse(value) as { values: number[][]; modelRows: number };
    },
    close: () => child.stdin.end(),
  };
}
