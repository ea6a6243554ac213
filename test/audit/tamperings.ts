import { fromBase64, toBase64 } from "../../audit/bytes.ts";
import { HonestLog, honestPerson, randomLog, type Seeded, testSigner } from "./honest-log.ts";
import { verified } from "./verified.ts";

// What can be done to what the log publishes, as functions of an honest log: the tests try a few of each, the script
// `tamper.ts` thousands.

export type Case = {
  log: HonestLog;
  random: Seeded;
  /** The honest export, its lines without newlines, and those of an export from before any erasure. */
  text: string;
  lines: string[];
  earlier: string[];
  /** The lines of the export as they were before any coarsening at the end. */
  finest: string[];
};

/** What is handed to the verifier in place of the honest export; null when this log offers no such tampering. */
export type Tampered = { text: string | Uint8Array; vkey?: string; kept?: string } | null;

const joined = (lines: string[]): Tampered => ({ text: lines.map((line) => `${line}\n`).join("") });
const withLine = (lines: string[], at: number, line: string) => joined(lines.with(at, line));

/** A random line among the entries' that satisfies `which`, or −1. Line i+1 is entry i. */
function entryLine({ lines, random }: Case, which: (line: string) => boolean = () => true): number {
  const fitting = lines.flatMap((line, i) => (i > 0 && i < lines.length - 1 && which(line) ? [i] : []));
  return fitting.length === 0 ? -1 : fitting[random.below(fitting.length)]!;
}

const keepsRecord = (line: string) => line.includes('"record":');
const isErased = (line: string) => line.includes('"erased":{"by"');
const isErasure = (line: string) => line.includes('"kind":"erasure"') && line.includes('"items":[');
const isCoarsened = (line: string) => line.includes('"coarsened":{"by"');
const isCoarsening = (line: string) => line.includes('"kind":"coarsening"');

/** The line of a kept record with something else where the record was. */
const withoutRecord = (line: string, erased: string) =>
  line.replace("{", `{"erased":${erased},`).replace(/,"record":[\s\S]*$/, "}");

/** Nothing signed bears on the hour since which an erasure is pending; FORMAT.md names that residual. */
const sinceAside = (text: string) => text.replaceAll(/"since":[0-9]+/g, "");

export const TAMPERINGS: { [name: string]: (honest: Case) => Tampered } = {
  "one bit flipped anywhere": ({ text, random }) => {
    const bytes = new TextEncoder().encode(text);
    const at = random.below(bytes.length);
    const flipped = bytes.with(at, bytes[at]! ^ (1 << random.below(8)));
    return sinceAside(new TextDecoder().decode(flipped)) === sinceAside(text) ? null : { text: flipped };
  },
  "one byte removed": ({ text, random }) => {
    const bytes = new TextEncoder().encode(text);
    const at = random.below(bytes.length);
    const cut = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    return sinceAside(cut.toString()) === sinceAside(text) ? null : { text: cut };
  },
  "cut short anywhere": ({ text, random }) => ({
    text: new TextEncoder().encode(text).subarray(0, random.below(new TextEncoder().encode(text).length)),
  }),
  "a line left out": ({ lines, random }) => joined(lines.toSpliced(random.below(lines.length), 1)),
  "a line twice": ({ lines, random }) => {
    const at = random.below(lines.length);
    return joined(lines.toSpliced(at, 0, lines[at]!));
  },
  "two lines swapped": ({ lines, random }) => {
    const [i, j] = [random.below(lines.length), random.below(lines.length)];
    return i === j ? null : joined(lines.with(i, lines[j]!).with(j, lines[i]!));
  },
  "two entries swapped with their indexes put right": (honest) => {
    const [i, j] = [entryLine(honest), entryLine(honest)];
    if (i === j) return null;
    const as = (line: string, index: number) => line.replace(/"index":[0-9]+/, `"index":${index}`);
    const { lines } = honest;
    return joined(lines.with(i, as(lines[j]!, i - 1)).with(j, as(lines[i]!, j - 1)));
  },
  "the entries in reverse": ({ lines }) =>
    lines.length < 4 ? null : joined([lines[0]!, ...lines.slice(1, -1).reverse(), lines.at(-1)!]),
  "the last entries dropped and the end put right": ({ lines, random }) => {
    const entries = lines.length - 2;
    const left = random.below(entries);
    return joined([...lines.slice(0, left + 1), `{"end":${left}}`]);
  },
  "a line after the end": ({ lines, random }) => joined([...lines, lines[random.below(lines.length)]!]),
  "an entry appended": ({ lines }) => {
    const entries = lines.length - 2;
    const copy = lines[entries]!.replace(/"index":[0-9]+/, `"index":${entries}`);
    return joined([...lines.slice(0, -1), copy, `{"end":${entries + 1}}`]);
  },
  "a record changed": (honest) => {
    const at = entryLine(honest, (line) => line.includes('"outcome":"'));
    if (at < 0) return null;
    const line = honest.lines[at]!;
    const other = line.includes('"granted"')
      ? line.replace("granted", "refused")
      : line.replace("refused", "granted");
    return other === line ? null : withLine(honest.lines, at, other);
  },
  "a member added to a record": (honest) => {
    const at = entryLine(honest, keepsRecord);
    return at < 0
      ? null
      : withLine(honest.lines, at, honest.lines[at]!.replace('"record":{', '"record":{"a":1,'));
  },
  "a member added to a line": (honest) => {
    const at = entryLine(honest);
    return withLine(honest.lines, at, honest.lines[at]!.replace("{", '{"a":1,'));
  },
  "a record said to be gone, with nothing to say why": (honest) => {
    const at = entryLine(honest, keepsRecord);
    return at < 0 ? null : withLine(honest.lines, at, honest.lines[at]!.replace(/,"record":[\s\S]*$/, "}"));
  },
  "a record's salt left out": (honest) => {
    const at = entryLine(honest, keepsRecord);
    return at < 0 ? null : withLine(honest.lines, at, honest.lines[at]!.replace(/,"salt":"[^"]*"\}$/, "}"));
  },
  "a forged erasure by an entry that does not list it": (honest) => {
    const at = entryLine(honest, keepsRecord);
    if (at < 0) return null;
    const by = honest.random.below(honest.lines.length);
    const salt = toBase64(honest.random.bytes(16));
    return withLine(honest.lines, at, withoutRecord(honest.lines[at]!, `{"by":${by},"salt":"${salt}"}`));
  },
  "an erasure pending for longer than an interval": (honest) => {
    const at = entryLine(honest, keepsRecord);
    const since = honest.log.hour - 200;
    return at < 0 ? null : withLine(honest.lines, at, withoutRecord(honest.lines[at]!, `{"since":${since}}`));
  },
  "an erasure pending from the future": (honest) => {
    const at = entryLine(honest, keepsRecord);
    const since = honest.log.hour + 1 + honest.random.below(100);
    return at < 0 ? null : withLine(honest.lines, at, withoutRecord(honest.lines[at]!, `{"since":${since}}`));
  },
  "an erased record put back": (honest) => {
    const at = entryLine(honest, isErased);
    return at < 0 ? null : withLine(honest.lines, at, honest.earlier[at]!);
  },
  "an erasure called pending": (honest) => {
    const at = entryLine(honest, isErased);
    if (at < 0) return null;
    const pending = honest.lines[at]!.replace(/"erased":\{[^}]*\}/, `"erased":{"since":${honest.log.hour}}`);
    return withLine(honest.lines, at, pending);
  },
  "an erasure's items left out, swapped or exchanged": (honest) => {
    const { lines, random } = honest;
    const at = entryLine(honest, isErasure);
    if (at < 0) return null;
    const items = /"items":\[(.*?)\]/.exec(lines[at]!)![1]!.split(/(?<=\}),/);
    const changed = [
      items.slice(1),
      items.toReversed(),
      [...items, items[0]!],
      items.with(0, items[0]!.replace(/[0-9]+/, String(random.below(lines.length)))),
    ][random.below(4)]!;
    if (changed.join() === items.join()) return null;
    return withLine(lines, at, lines[at]!.replace(items.join(), changed.join()));
  },
  "a finer record put back": (honest) => {
    const at = entryLine(honest, isCoarsened);
    return at < 0 ? null : withLine(honest.lines, at, honest.finest[at]!);
  },
  "a coarsened record changed": (honest) => {
    const at = entryLine(honest, isCoarsened);
    if (at < 0) return null;
    return withLine(honest.lines, at, honest.lines[at]!.replace('"outcome":"', '"outcome":"not '));
  },
  "a record replaced, and said to be coarsened": (honest) => {
    const { lines, random } = honest;
    const at = entryLine(honest, (line) => keepsRecord(line) && line.includes('"kind":"decision"'));
    if (at < 0) return null;
    const coarsenings = lines.flatMap((line, i) => (isCoarsening(line) ? [i - 1] : []));
    const by = coarsenings.length > 0 ? coarsenings[random.below(coarsenings.length)]! : lines.length - 3;
    const plain = lines[at]!.replace(/"coarsened":\{[^}]*\},/, "").replace('"outcome":"', '"outcome":"not ');
    return withLine(lines, at, plain.replace("{", `{"coarsened":{"by":${by}},`));
  },
  "a coarsening not told": (honest) => {
    const at = entryLine(honest, isCoarsened);
    if (at < 0) return null;
    return withLine(honest.lines, at, honest.lines[at]!.replace(/"coarsened":\{[^}]*\},/, ""));
  },
  "a coarsening's items left out, swapped or exchanged": (honest) => {
    const { lines, random } = honest;
    const at = entryLine(honest, isCoarsening);
    if (at < 0) return null;
    const items = /"items":\[(.*?)\]/.exec(lines[at]!)![1]!.split(/(?<=\}),/);
    const changed = [
      items.slice(1),
      items.toReversed(),
      [...items, items[0]!],
      items.with(0, items[0]!.replace(/[0-9]+/, String(random.below(lines.length)))),
    ][random.below(4)]!;
    if (changed.join() === items.join()) return null;
    return withLine(lines, at, lines[at]!.replace(items.join(), changed.join()));
  },
  "a leaf rewritten to fit a rewritten record": (honest) => {
    const other = randomLog(`${honest.log.vkey}/other`, honest.lines.length).export().split("\n");
    const at = entryLine(honest);
    const line = other[at];
    return line === undefined || !line.includes('"leaf"') ? null : withLine(honest.lines, at, line);
  },
  "a bit of a leaf flipped": (honest) => {
    const at = entryLine(honest);
    const encoded = /"leaf":"([^"]*)"/.exec(honest.lines[at]!)![1]!;
    const leaf = fromBase64(encoded);
    const place = honest.random.below(leaf.length);
    const flipped = toBase64(leaf.with(place, leaf[place]! ^ (1 << honest.random.below(8))));
    return withLine(honest.lines, at, honest.lines[at]!.replace(encoded, flipped));
  },
  "the checkpoint of another size": (honest) => {
    const size = honest.random.below(honest.log.entries.length);
    const header = JSON.stringify({ checkpoint: honest.log.checkpoint(size), format: "motivo-export/v1" });
    return withLine(honest.lines, 0, header);
  },
  "another key": ({ text, random }) => ({
    text,
    vkey: testSigner("log.example/motivo", `other ${random.below(2 ** 31)}`).vkey,
  }),
  "everything signed again with another key": ({ log, random }) => ({
    text: log.export(testSigner("log.example/motivo", `thief ${random.below(2 ** 31)}`)),
  }),
  "rolled back to before a kept checkpoint": (honest) => {
    honest.log.append("hold");
    const kept = honest.log.checkpoint();
    honest.log.entries.pop();
    return { text: honest.text, kept };
  },
  "a fork from a kept checkpoint that the log itself signed": ({ log, text, random }) => {
    const at = random.below(log.entries.length);
    const original = log.entries[at]!;
    log.entries[at] = { ...original, leaf: original.leaf.with(80, original.leaf[80]! ^ 1) };
    const kept = log.checkpoint(at + 1 + random.below(log.entries.length - at));
    log.entries[at] = original;
    return { text, kept };
  },
};

/** An honest log with an earlier export of all its records, as a thief of old backups would have it. */
export function honestCase(seed: string, size: number): Case {
  const log = randomLog(seed, size);
  // A last decision that is erased and covered, so that every log has something to tamper with.
  const erased = [log.decision(), log.decision()];
  const coarsened = [log.decision(), log.decision(), log.decision()];
  const finest = log.export().split("\n");
  log.coarsen(...coarsened);
  log.append("access");
  const before = log.export().split("\n");
  log.erase(...erased);
  log.coverErasures();
  const text = log.export();
  const lines = text.trimEnd().split("\n");
  const earlier = lines.map((line, i) => (before[i]?.includes('"record"') ? before[i] : line));
  return { log, random: log.random, text, lines, earlier, finest };
}

/** Verdicts on honest logs of random size, in chunks of any length. Throws at the first false alarm. */
export async function honestLogs(
  count: number,
): Promise<{ VERIFIED: number; COARSENED: number; ERASED: number; PENDING: number }> {
  const seen = { VERIFIED: 0, COARSENED: 0, ERASED: 0, PENDING: 0 };
  for (let i = 0; i < count; i++) {
    const log = randomLog(`honest ${i}`, 1 + (i % 60));
    if (log.entries.length === 0) continue;
    const first = log.vkey;
    const kept = log.checkpoint(i % (log.entries.length + 1));
    const chunkBytes = 1 + ((i * 37) % 5000);
    const verdict = await verified(log.export(), first, { keptCheckpoint: kept, chunkBytes });
    if (!verdict.ok || verdict.entries !== log.entries.length) {
      throw new Error(`a false alarm over honest log ${i}: ${verdict.code}`);
    }
    for (const state of ["VERIFIED", "COARSENED", "ERASED", "PENDING"] as const)
      seen[state] += verdict.states[state];
  }
  return seen;
}

/** Tries one kind of tampering on every log, `times` each. Throws when one is not noticed. */
export async function tryTampering(name: string, cases: readonly Case[], times: number): Promise<number> {
  let refused = 0;
  for (const honest of cases) {
    for (let i = 0; i < times; i++) {
      const tampered = TAMPERINGS[name]!(honest);
      if (!tampered || (tampered.text === honest.text && !tampered.vkey && !tampered.kept)) continue;
      const { text, vkey = honest.log.vkey, kept } = tampered;
      const verdict = await verified(text, vkey, kept === undefined ? {} : { keptCheckpoint: kept });
      if (verdict.ok || verdict.code === null) throw new Error(`${name} was not noticed:\n${text}`);
      refused += 1;
    }
  }
  return refused;
}

/** The documents beside exports: each honest, and what may be brought beside it. */
export function otherDocuments(
  seed: string,
): { name: string; text: string; vkey: string; beside: NonNullable<Parameters<typeof verified>[2]> }[] {
  const log = new HonestLog(seed);
  const me = honestPerson(seed);
  log.append("publish");
  log.personal("decision", me, '{"kind":"decision","score":0.5}');
  const kept = log.checkpoint();
  for (let i = log.random.below(12); i > 0; i--) log.decision();
  log.personal("access", me, '{"kind":"access"}');
  const access = log.access(me);
  const leaves = log.leaves();
  const consistency = log.consistency(2);
  log.erase(1);
  log.coverErasures();
  const destroyed = log.append("configuration", { what: "epoch-key-destroyed", epoch: 1 });
  const certificate = log.certificate([1], destroyed);
  const evidence = log.evidence(1, log.issue(1, "2099-12-31"));
  const other = log.decision();
  log.coarsen(other, log.decision());
  const coarsened = log.evidence(other, log.issue(other, "2099-12-31"));
  return [
    { name: "an access answer", text: access, beside: { leaves } },
    { name: "a consistency proof", text: consistency, beside: { keptCheckpoint: kept } },
    { name: "an erasure certificate", text: certificate, beside: {} },
    { name: "a bundle", text: evidence, beside: {} },
    { name: "a bundle of a coarsened record", text: coarsened, beside: {} },
  ].map((document) => ({ ...document, vkey: log.vkey }));
}

/** A proof, a leaf, a payload or any other byte of a document forged; null when nothing was changed. */
export function forged(text: string, random: Seeded): string | null {
  const fields = [...text.matchAll(/"([A-Za-z0-9+/]{22,}={0,2})"/g)];
  const what = random.below(4);
  let changed = text;
  if (what < 2 && fields.length > 0) {
    const [, value] = fields[random.below(fields.length)]!;
    const bytes = fromBase64Loosely(value!);
    const at = random.below(bytes.length);
    const other =
      what === 0
        ? bytes.with(at, bytes[at]! ^ (1 << random.below(8)))
        : random.bytes(Math.min(32, bytes.length));
    changed = text.replace(value!, toBase64(other));
  } else if (what === 2)
    changed = text.replace(/\d+/g, (digits) => (random.below(12) === 0 ? String(random.below(30)) : digits));
  else {
    const at = random.below(text.length);
    changed = text.slice(0, at) + String.fromCharCode(32 + random.below(95)) + text.slice(at + 1);
  }
  return changed === text ? null : changed;
}

const fromBase64Loosely = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
