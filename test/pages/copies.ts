import { Problem } from "../../src/errors.ts";
import type { CopyVerbs } from "../../src/pages/customer/copy-deps.ts";
import type { ToldCopy } from "../../src/subjects/copies/copy.ts";

export const COPY_ID = "0d6d1f0e-5b7a-4f5c-9a3e-7c1f2b3d4e5f";

const FILES: Record<ToldCopy["kind"], [name: string, bytes: number][]> = {
  access: [
    ["access.pdf", 48_211],
    ["access.json", 31_904],
    ["access.schema.json", 21_488],
    ["decisions.csv", 2_114],
    ["inputs.csv", 6_530],
    ["opened.csv", 871],
    ["requests.csv", 310],
    ["mandates.csv", 120],
    ["access-proof.ndjson", 27_002],
  ],
  portability: [
    ["portability.json", 4_120],
    ["portability.csv", 1_870],
    ["portability.schema.json", 4_032],
  ],
};

/** Copies that are made as often as the page is looked at: a third of the way, two thirds, ready. */
export function copiesOfBank(calls: { verb: string; with: unknown }[]): CopyVerbs {
  let made: { kind: ToldCopy["kind"]; looks: number } | null = null;
  const told = ({ kind, looks }: NonNullable<typeof made>): ToldCopy => ({
    id: COPY_ID,
    kind,
    language: "en",
    state: looks >= 3 ? "ready" : "making",
    done: Math.min(looks, 3) * 4,
    total: 12,
    startedAt: "2026-08-20T12:00:00.000Z",
    readyAt: null,
    expiresAt: "2026-08-27T12:00:00.000Z",
    files:
      looks < 3
        ? []
        : FILES[kind].map(([name, bytes]) => ({ name, bytes, mediaType: "text/plain", sha256: "" })),
  });
  return {
    async mine() {
      if (made) made.looks += 1;
      return made ? [told(made)] : [];
    },
    async ask(_actor, kind) {
      calls.push({ verb: "askCopy", with: kind });
      made = { kind, looks: 0 };
    },
    async handOver(_actor, _id, name) {
      calls.push({ verb: "handOverCopy", with: name });
      return {
        name,
        mediaType: "application/octet-stream",
        bytes: 3,
        async *parts() {
          yield new TextEncoder().encode("abc");
        },
      };
    },
    async remove(_actor, id) {
      if (id !== COPY_ID) throw new Problem("unknown_copy");
      calls.push({ verb: "removeCopy", with: null });
      made = null;
    },
  };
}
