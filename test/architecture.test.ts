import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

interface Import {
  /** Path from the repository's root, or the name of a package or built-in module. */
  to: string;
  /** Gone when the types are: it says something about shapes and nothing about what runs. */
  typeOnly: boolean;
}

const STATEMENT = /^(?:import|export)\s+(type\s)?(?:[^;"']*?\sfrom\s+)?"([^"]+)"/gm;
const EXPRESSION = /\bimport\(\s*"([^"]+)"/g;

function importsIn(source: string, file: string): Import[] {
  const resolved = (specifier: string) =>
    specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier;
  return [
    ...[...source.matchAll(STATEMENT)].map(([, type, specifier]) => ({
      to: resolved(specifier!),
      typeOnly: type !== undefined,
    })),
    ...[...source.matchAll(EXPRESSION)].map(([, specifier]) => ({
      to: resolved(specifier!),
      typeOnly: false,
    })),
  ];
}

function sourcesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"))
    .map((path) => join(folder, path));
}

const FILES = [...sourcesUnder("src"), ...sourcesUnder("audit")];
const GRAPH = new Map(FILES.map((file) => [file, importsIn(readFileSync(file, "utf8"), file)]));

/** The floors of the house, from the top. A room may use its own floor's rooms only where `NEIGHBOURS` says so. */
const FLOORS = [
  ["node", "worker", "cli", "demo"],
  ["app", "edge"],
  ["http", "pages"],
  ["decisions", "subjects", "processing", "library"],
  ["models", "explain", "privacy", "checkpoints", "db"],
  ["errors", "config", "version"],
  ["audit"],
];

/** Who may use whom on the same floor; `types`: its shapes alone. */
const NEIGHBOURS: Record<string, Record<string, "all" | "types">> = {
  cli: { node: "all", demo: "all" },
  demo: { node: "all" },
  pages: { http: "all" },
  subjects: { decisions: "all" },
  privacy: { db: "all", models: "types", explain: "types" },
  models: { db: "all", explain: "all" },
  checkpoints: { db: "all", privacy: "all" },
};

/** `src/http/api.ts` and `src/app.ts` are in the rooms `http` and `app`; all of `audit/` is one room. */
function roomOf(file: string): string {
  const [top, second] = file.split("/");
  return top === "src" ? basename(second!, ".ts") : top!;
}

const floorOf = (room: string) => FLOORS.findIndex((rooms) => rooms.includes(room));
const isOurs = (to: string) => GRAPH.has(to);

function mayUse(from: string, { to, typeOnly }: Import): boolean {
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === other) return true;
  if (floorOf(other) !== floorOf(room)) return floorOf(other) > floorOf(room);
  const allowed = NEIGHBOURS[room]?.[other];
  return allowed === "all" || (allowed === "types" && typeOnly);
}

function cycles(graph: ReadonlyMap<string, readonly Import[]>): string[] {
  const found: string[] = [];
  const state = new Map<string, "open" | "done">();
  const walk = (file: string, path: readonly string[]): void => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      found.push([...path.slice(path.indexOf(file)), file].join(" → "));
      return;
    }
    state.set(file, "open");
    for (const { to } of graph.get(file)!) if (graph.has(to)) walk(to, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

describe("how imports are read", () => {
  it("sees statements, types, re-exports, side effects and expressions", () => {
    const source = [
      'import { a,\n  b } from "./near.ts";',
      'import type { C } from "../far/c.ts";',
      'import { type D, d } from "./d.ts";',
      'export * from "./again.ts";',
      'import "./effect.ts";',
      '  const { e } = await import("node:fs");',
    ].join("\n");
    expect(importsIn(source, "src/room/file.ts")).toEqual([
      { to: "src/room/near.ts", typeOnly: false },
      { to: "src/far/c.ts", typeOnly: true },
      { to: "src/room/d.ts", typeOnly: false },
      { to: "src/room/again.ts", typeOnly: false },
      { to: "src/room/effect.ts", typeOnly: false },
      { to: "node:fs", typeOnly: false },
    ]);
  });

  it("refuses an arrow that points up, and one between neighbours that is not agreed", () => {
    const up = { to: "src/http/api.ts", typeOnly: false };
    expect(mayUse("src/decisions/decide.ts", up)).toBe(false);
    expect(mayUse("src/pages/visit.ts", up)).toBe(true);
    expect(mayUse("src/privacy/a.ts", { to: "src/models/contract.ts", typeOnly: false })).toBe(false);
    expect(mayUse("src/privacy/a.ts", { to: "src/models/contract.ts", typeOnly: true })).toBe(true);
  });

  it("finds a way that comes back to where it began", () => {
    const to = (...names: string[]) => names.map((name) => ({ to: name, typeOnly: false }));
    const ring = new Map([
      ["a", to("b", "zod")],
      ["b", to("c", "d")],
      ["c", to("a")],
      ["d", to()],
    ]);
    expect(cycles(ring)).toEqual(["a → b → c → a"]);
  });
});

describe("the house", () => {
  it("has a floor for every room", () => {
    expect(FILES.filter((file) => floorOf(roomOf(file)) === -1)).toEqual([]);
    expect(FILES.length).toBeGreaterThan(100);
  });

  it("has arrows that point down only", () => {
    const wrong = [...GRAPH].flatMap(([file, imports]) =>
      imports
        .filter((one) => isOurs(one.to) && !mayUse(file, one))
        .map(({ to, typeOnly }) => `${file} → ${to}${typeOnly ? " (types)" : ""}`),
    );
    expect(wrong).toEqual([]);
  });

  it("imports no file of ours that is not there", () => {
    const missing = [...GRAPH].flatMap(([file, imports]) =>
      imports
        .filter(({ to }) => /^(src|audit)\/.*\.ts$/.test(to) && !isOurs(to))
        .map(({ to }) => `${file} → ${to}`),
    );
    expect(missing).toEqual([]);
  });

  it("has no import that comes back to where it began", () => {
    expect(cycles(GRAPH)).toEqual([]);
  });

  it("keeps the explanation engine pure: it imports nothing but itself", () => {
    const outside = FILES.filter((file) => file.startsWith("src/explain/")).flatMap((file) =>
      GRAPH.get(file)!
        .filter(({ to }) => !to.startsWith("src/explain/"))
        .map(({ to }) => `${file} → ${to}`),
    );
    expect(outside).toEqual([]);
  });

  it("keeps the verifier on its own: audit/ imports nothing but itself and Node", () => {
    const outside = FILES.filter((file) => file.startsWith("audit/")).flatMap((file) =>
      GRAPH.get(file)!
        .filter(({ to }) => !to.startsWith("audit/") && !to.startsWith("node:"))
        .map(({ to }) => `${file} → ${to}`),
    );
    expect(outside).toEqual([]);
  });

  it("speaks HTTP in http/ and pages/ alone, and SQL nowhere above them", () => {
    const using = (prefix: string) =>
      [...GRAPH]
        .filter(([, imports]) => imports.some(({ to, typeOnly }) => !typeOnly && to.startsWith(prefix)))
        .map(([file]) => roomOf(file));
    expect([...new Set(using("hono"))].filter((room) => !["http", "pages"].includes(room))).toEqual([]);
    expect([...new Set(using("drizzle-orm"))].filter((room) => floorOf(room) < floorOf("http"))).toEqual([]);
  });

  it("has no file whose name says nothing", () => {
    const vague = /^(utils?|helpers?|managers?|data|common|misc|shared|types|index)\.ts$/;
    expect([...FILES, ...sourcesUnder("test")].filter((file) => vague.test(basename(file)))).toEqual([]);
  });
});
