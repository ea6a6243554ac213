import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { canonicalize, type JsonObject, parseCanonical } from "../../audit/canonical.ts";
import type { Code } from "../../audit/refusal.ts";
import type { State } from "../../audit/verify.ts";
import { EXAMPLE_RECORDS } from "./example-records.ts";
import { HonestLog, honestPerson, testSigner, testWitness } from "./honest-log.ts";

type TestWitness = ReturnType<typeof testWitness>;

// Writes test/audit/vectors: run `node test/audit/make-vectors.ts` after a change of format. Every name says what is
// special about the file; expected.json says what the verifier answers on 2026-09-01.

/** `beside` names the files in `vectors/` that are given with it: keys, a kept checkpoint, a policy, receipts, leaves. */
export type Expected = {
  state: State;
  code: Code | null;
  entry: number | null;
  beside?: { key?: string; checkpoint?: string; policy?: string; leaves?: string; receipt?: string };
};
export type Vectors = {
  vkey: string;
  kept: string;
  /** What verdicts are asked with, by name under `vectors/beside/`. */
  beside: { [name: string]: string | Uint8Array };
  files: { [name: string]: string };
  expected: { [name: string]: Expected };
};

/** One entry of every interesting sort: kept, erased and covered, pending; then a bundle issued for each. */
function exampleLog(): HonestLog {
  const log = new HonestLog("vectors");
  log.append("publish", { version: "1" });
  log.append("decision", { outcome: "granted", score: 0.75 });
  log.append("decision", { outcome: "refused", score: 0.25 });
  log.append("decision", { outcome: "refused", score: 0.125 });
  return log;
}

export function makeVectors(): Vectors {
  const small = exampleLog();
  const kept = small.checkpoint();

  const log = exampleLog();
  const early = log.export();
  log.hour += 2;
  log.erase(1);
  log.coverErasures();
  log.erase(3);
  log.hour += 1;
  const issueKept = log.issue(2, "2099-12-31");
  const issueErased = log.issue(1, "2099-12-31");
  const issuePending = log.issue(3, "2099-12-31");
  const issueShort = log.issue(2, "2020-01-01");
  const text = log.export();
  const lines = text.trimEnd().split("\n");
  const earlyLines = early.split("\n");
  const of = (changed: string[]) => changed.map((line) => `${line}\n`).join("");
  const at = (entry: number, change: (line: string) => string) =>
    of(lines.with(entry + 1, change(lines[entry + 1]!)));
  const evidence = log.evidence(2, issueKept);
  const inEvidence = (change: (document: JsonObject) => void) => {
    const document = parseCanonical(evidence.trimEnd()) as JsonObject;
    change(document);
    return `${canonicalize(document)}\n`;
  };
  const gone = (line: string, erased: string) =>
    line.replace("{", `{"erased":${erased},`).replace(/,"record":.*$/, "}");
  const thief = testSigner(log.signer.key.name, "thief");

  const files: Vectors["files"] = {};
  const expected: Vectors["expected"] = {};
  const add: Add = (name, content, state, code, entry, beside) => {
    files[name] = content;
    expected[name] = { state, code, entry, ...(beside && Object.keys(beside).length > 0 && { beside }) };
  };
  const valid = (name: string, content: string, state: State = "VERIFIED", entry: number | null = null) =>
    add(`valid/${name}`, content, state, null, entry);
  const invalid = (name: string, content: string, state: State, code: Code, entry: number | null = null) =>
    add(`invalid/${name}`, content, state, code, entry);

  valid("empty.ndjson", new HonestLog("vectors").export());
  valid("no-erasure.ndjson", small.export());
  valid("erased-and-pending.ndjson", text);
  valid("decision.evidence.json", evidence, "VERIFIED", 2);
  valid("erased.evidence.json", log.evidence(1, issueErased), "ERASED", 1);
  valid("pending.evidence.json", log.evidence(3, issuePending), "PENDING", 3);

  invalid("duplicate-index.ndjson", of(lines.toSpliced(3, 0, lines[2]!)), "REFUSED", "index_unexpected", 2);
  invalid("left-out-entry.ndjson", of(lines.toSpliced(3, 1)), "REFUSED", "index_unexpected", 2);
  invalid("no-end.ndjson", of(lines.slice(0, -1)), "MISSING", "end_missing", 9);
  invalid("early-end.ndjson", of([...lines.slice(0, 5), '{"end":4}']), "MISSING", "size_mismatch", 4);
  invalid("line-after-end.ndjson", `${text}{"end":9}\n`, "REFUSED", "lines_after_end");
  invalid("last-line-unterminated.ndjson", text.slice(0, -1), "REFUSED", "line_unterminated");
  invalid(
    "space-in-line.ndjson",
    at(2, (l) => l.replace('":', '": ')),
    "REFUSED",
    "line_not_canonical",
    2,
  );
  invalid(
    "repeated-name.ndjson",
    at(2, (l) => l.replace('"score":', '"score":1,"score":')),
    "REFUSED",
    "line_not_canonical",
    2,
  );
  invalid(
    "stray-base64-bits.ndjson",
    at(2, (l) => l.replace(/.="\}$/, '/="}')),
    "REFUSED",
    "base64_invalid",
    2,
  );
  invalid(
    "unknown-field.ndjson",
    at(2, (l) => l.replace("{", '{"__proto__":{},')),
    "REFUSED",
    "field_unknown",
    2,
  );
  invalid(
    "hostile-nesting.ndjson",
    at(2, () => "[".repeat(5000)),
    "REFUSED",
    "json_too_deep",
    2,
  );
  invalid(
    "record-altered.ndjson",
    at(2, (l) => l.replace("0.25", "0.75")),
    "ALTERED",
    "record_altered",
    2,
  );
  invalid(
    "record-missing.ndjson",
    at(2, (l) => l.replace(/,"record":.*$/, "}")),
    "MISSING",
    "record_missing",
    2,
  );
  invalid(
    "erased-record-put-back.ndjson",
    at(1, () => earlyLines[2]!),
    "ALTERED",
    "record_kept_after_erasure",
    1,
  );
  invalid(
    "erasure-forged.ndjson",
    at(2, (l) => gone(l, '{"by":4,"salt":"AAAAAAAAAAAAAAAAAAAAAA=="}')),
    "MISSING",
    "erasure_not_justified",
    2,
  );
  invalid(
    "erasure-by-earlier-entry.ndjson",
    at(2, (l) => gone(l, '{"by":0,"salt":"AAAAAAAAAAAAAAAAAAAAAA=="}')),
    "MISSING",
    "erasure_not_justified",
    2,
  );
  invalid(
    "erasure-items-altered.ndjson",
    at(4, (l) => l.replace('"items":[{"index":1', '"items":[{"index":2')),
    "ALTERED",
    "erasure_items_mismatch",
    4,
  );
  invalid(
    "pending-too-long.ndjson",
    at(0, (l) => gone(l, `{"since":${log.hour - 25}}`)),
    "MISSING",
    "pending_invalid",
    0,
  );
  invalid(
    "pending-from-the-future.ndjson",
    at(2, (l) => gone(l, `{"since":${log.hour + 1}}`)),
    "MISSING",
    "pending_invalid",
    2,
  );
  invalid(
    "leaf-altered.ndjson",
    at(4, (l) => l.replace('"leaf":"AQcAB5GC', '"leaf":"AQcAB5GB')),
    "ALTERED",
    "record_leaf_mismatch",
    4,
  );
  invalid(
    "leaf-tag-altered.ndjson",
    at(0, (l) => l.replace(/("leaf":"[A-Za-z0-9+/]{8})A/, "$1B")),
    "ALTERED",
    "root_mismatch",
  );
  invalid("checkpoint-by-another-key.ndjson", log.export(thief), "REFUSED", "signature_missing");
  invalid(
    "checkpoint-altered.ndjson",
    of(lines.with(0, lines[0]!.replace("\\n9\\n", "\\n8\\n"))),
    "REFUSED",
    "signature_invalid",
  );
  invalid("neither-format.txt", "no log\n", "UNUSABLE", "format_unknown");

  invalid("expired.evidence.json", log.evidence(2, issueShort), "EXPIRED", "evidence_expired", 2);
  invalid(
    "issued-for-another-entry.evidence.json",
    log.evidence(2, issueErased),
    "REFUSED",
    "issue_invalid",
    issueErased,
  );
  invalid("not-issued.evidence.json", log.evidence(2, 0), "REFUSED", "issue_invalid", 0);
  invalid("not-a-decision.evidence.json", log.evidence(0, issueKept), "REFUSED", "entry_not_decision", 0);
  invalid(
    "record-altered.evidence.json",
    evidence.replace('"score":0.25', '"score":0.75'),
    "ALTERED",
    "record_altered",
    2,
  );
  invalid("two-lines.evidence.json", `${evidence}${evidence}`, "REFUSED", "lines_after_end");
  invalid(
    "proof-too-short.evidence.json",
    inEvidence((document) => ((document.entry as JsonObject).proof as string[]).pop()),
    "ALTERED",
    "inclusion_invalid",
    2,
  );
  return { vkey: log.vkey, kept, beside: addPersonal(add), files, expected };
}

/** A log in which records were replaced by coarser ones, one of them twice, and one of them erased afterwards. */
function addCoarsened(add: Add): void {
  const log = exampleLog();
  const fine = log.export().split("\n");
  const first = log.coarsen(1, 2, 3);
  const middle = log.export().split("\n");
  const last = log.coarsen(2);
  log.hour += 1;
  log.erase(3);
  log.coverErasures();
  const issue = log.issue(1, "2099-12-31");
  const text = log.export();
  const evidence = log.evidence(1, issue);
  const lines = text.trimEnd().split("\n");
  const at = (entry: number, change: (line: string) => string) =>
    lines
      .with(entry + 1, change(lines[entry + 1]!))
      .map((line) => `${line}\n`)
      .join("");
  const invalid = (name: string, content: string, state: State, code: Code, entry: number | null) =>
    add(`invalid/${name}`, content, state, code, entry);

  add("valid/coarsened.ndjson", text, "VERIFIED", null, null);
  add("valid/coarsened.evidence.json", evidence, "COARSENED", null, 1);
  const altered = (line: string) => line.replace('"granted"', '"refused"');
  invalid("coarsened-record-altered.ndjson", at(1, altered), "ALTERED", "record_altered", 1);
  invalid(
    "coarsened-record-altered.evidence.json",
    altered(evidence),
    "ALTERED",
    "coarsening_not_justified",
    1,
  );
  const finePut = at(1, () => fine[2]!);
  invalid("finer-record-put-back.ndjson", finePut, "ALTERED", "record_kept_after_coarsening", 1);
  const earlierPut = at(2, () => middle[3]!);
  invalid("earlier-coarsening-put-back.ndjson", earlierPut, "ALTERED", "record_kept_after_coarsening", 2);
  const unlisted = at(1, (line) => line.replace(`"by":${first}`, `"by":${last}`));
  invalid("coarsening-of-another-entry.ndjson", unlisted, "ALTERED", "coarsening_not_justified", 1);
  const forged = at(1, (line) => line.replace(`"by":${first}`, '"by":0'));
  invalid("coarsened-by-earlier-entry.ndjson", forged, "ALTERED", "coarsening_not_justified", 1);
  const notOne = at(1, (line) => line.replace(`"by":${first}`, `"by":${issue}`));
  invalid("coarsened-by-another-kind.ndjson", notOne, "ALTERED", "coarsening_not_justified", 1);
  const published = at(0, (line) => line.replace("{", `{"coarsened":{"by":${first}},`));
  invalid("coarsened-publication.ndjson", published, "ALTERED", "coarsening_not_justified", 0);
  const items = at(first, (line) => line.replace(/("items":\[\{"index":)[0-9]/, "$10"));
  invalid("coarsening-items-altered.ndjson", items, "ALTERED", "coarsening_items_mismatch", first);
  const later = (entry: number, since: number) => {
    const changed = fine[entry + 1]!.replace("{", `{"coarsened":{"since":${since}},`);
    return fine.with(entry + 1, changed.replace(/,"record":.*$/, "}")).join("\n");
  };
  const { hour } = exampleLog();
  add("valid/replaced-since.ndjson", later(1, hour), "VERIFIED", null, null);
  invalid("replaced-in-the-future.ndjson", later(1, hour + 1), "MISSING", "pending_invalid", 1);
  invalid("publication-replaced-since.ndjson", later(0, hour), "ALTERED", "coarsening_not_justified", 0);
  const both = at(1, (line) => line.replace('"index"', '"erased":{"since":496000},"index"'));
  invalid("coarsened-and-erased.ndjson", both, "REFUSED", "field_unknown", 1);
}

type Add = (
  name: string,
  content: string,
  state: State,
  code: Code | null,
  entry: number | null,
  beside?: Expected["beside"],
) => void;

const policyOf = (quorum: string, ...witnesses: { vkey: string }[]) =>
  [
    "# Who must have seen a checkpoint",
    ...witnesses.map(({ vkey }, i) => `witness w${i + 1} ${vkey}`),
    `group most 2 ${witnesses.map((_, i) => `w${i + 1}`).join(" ")}`,
    `quorum ${quorum}\n`,
  ].join("\n");

/** A log with one person's entries, an erasure, a destroyed key and a change of the log's key, under witnesses. */
function addPersonal(add: Add): Vectors["beside"] {
  const log = new HonestLog("vectors");
  const me = honestPerson("me");
  const other = honestPerson("other");
  log.append("publish", { version: "1" });
  log.personal("decision", me, '{"inputs":{"age":33},"kind":"decision"}');
  const kept = log.checkpoint();
  log.personal("decision", other, '{"inputs":{"age":41},"kind":"decision"}');
  log.personal("access", me, '{"kind":"access"}');
  const access = log.access(me);
  const lines = access.trimEnd().split("\n");
  const of = (changed: string[]) => changed.map((line) => `${line}\n`).join("");
  const receipt = log.receipt(1);
  const receiptElsewhere = log.receipt(2);
  const leaves = log.leaves();
  const shorter = { ...me, entries: me.entries.slice(0, 1) };
  const access1 = "access-proof.ndjson";
  const invalid = (
    name: string,
    content: string,
    state: State,
    code: Code,
    entry: number | null = null,
    beside = {},
  ) => add(`invalid/${name}`, content, state, code, entry, beside);

  add(`valid/${access1}`, access, "VERIFIED", null, null);
  add("valid/complete.access-proof.ndjson", access, "VERIFIED", null, null, {
    leaves: "leaves.bin",
    receipt: "receipt.json",
  });
  add("valid/nothing-held.access-proof.ndjson", log.access(), "VERIFIED", null, null);
  invalid("omitted.access-proof.ndjson", log.access(shorter), "MISSING", "access_incomplete", 3, {
    leaves: "leaves.bin",
  });
  invalid("receipt-elsewhere.access-proof.ndjson", access, "MISSING", "access_incomplete", 2, {
    receipt: "receipt-elsewhere.json",
  });
  invalid("no-receipt.access-proof.ndjson", access, "UNUSABLE", "receipt_invalid", null, {
    receipt: "kept.checkpoint",
  });
  invalid("leaves-altered.access-proof.ndjson", access, "ALTERED", "root_mismatch", null, {
    leaves: "leaves-altered.bin",
  });
  invalid(
    "number-left-out.access-proof.ndjson",
    of(lines.toSpliced(1, 1)),
    "MISSING",
    "access_incomplete",
    3,
  );
  invalid("cut.access-proof.ndjson", of([...lines.slice(0, 2), '{"end":1}']), "MISSING", "access_incomplete");
  invalid("payload-altered.access-proof.ndjson", access.replace("33", "34"), "ALTERED", "payload_altered", 1);
  invalid(
    "tag-key-altered.access-proof.ndjson",
    access.replace(/"tagKey":"./, '"tagKey":"A'),
    "ALTERED",
    "tag_mismatch",
    1,
  );

  add("valid/later.consistency.json", log.consistency(2), "VERIFIED", null, null, {
    checkpoint: "kept.checkpoint",
  });
  invalid("nothing-kept.consistency.json", log.consistency(2), "UNUSABLE", "kept_checkpoint_needed");
  invalid(
    "from-elsewhere.consistency.json",
    log.consistency(1),
    "UNUSABLE",
    "checkpoint_not_comparable",
    null,
    { checkpoint: "kept.checkpoint" },
  );
  invalid("fork.consistency.json", log.consistency(2), "ALTERED", "checkpoint_inconsistent", null, {
    checkpoint: "fork.checkpoint",
  });
  invalid(
    "proof-altered.consistency.json",
    log.consistency(2).replace(/"proof":\["./, '"proof":["B'),
    "ALTERED",
    "checkpoint_inconsistent",
    null,
    { checkpoint: "kept.checkpoint" },
  );

  const fork = new HonestLog("vectors");
  fork.append("publish", { version: "2" });
  fork.append("hold");

  const [w1, w2, w3] = ["one", "two", "three"].map((name) => testWitness(`${name}.example`, name)) as [
    TestWitness,
    TestWitness,
    TestWitness,
  ];
  const cosigned = w1.cosign(w2.cosign(log.checkpoint()));
  const once = w1.cosign(log.checkpoint());
  const forged = testWitness("two.example", "two");
  const wrong = forged.cosign(log.checkpoint(2)).split("\n").at(-2)!;
  const under = (note: string) => log.consistency(2, note);
  const most = { checkpoint: "kept.checkpoint", policy: "two-of-three.policy" };
  add("valid/cosigned.consistency.json", under(cosigned), "VERIFIED", null, null, most);
  invalid("one-witness.consistency.json", under(once), "REFUSED", "quorum_missing", null, most);
  invalid(
    "cosignature-of-another-checkpoint.consistency.json",
    under(`${once}${wrong}\n`),
    "REFUSED",
    "quorum_missing",
    null,
    most,
  );
  invalid(
    "same-witness-twice.consistency.json",
    under(w1.cosign(once, 1_785_600_001)),
    "REFUSED",
    "quorum_missing",
    null,
    most,
  );

  log.hour += 1;
  log.erase(1, 3);
  const pending = log.certificate([1, 3]);
  log.coverErasures();
  const erased = log.certificate([1, 3]);
  const destroyed = log.append("configuration", { what: "epoch-key-destroyed", epoch: 1 });
  const unrelated = log.append("configuration", { what: "policy" });
  const closed = log.certificate([1, 3], destroyed);
  add("valid/covered.erasure.ndjson", erased, "ERASED", null, null);
  add("valid/no-copy-opens.erasure.ndjson", closed, "ERASED", null, null);
  invalid("pending-long-ago.erasure.ndjson", pending, "MISSING", "pending_invalid", 1);
  invalid(
    "not-destroyed.erasure.ndjson",
    log.certificate([1, 3], unrelated),
    "REFUSED",
    "destruction_invalid",
    unrelated,
  );
  invalid(
    "item-salt-altered.erasure.ndjson",
    erased.replace(/("position":[01],"proof":\[[^\]]*\],"salt":").(?=[^\n]*\n\{"end)/, "$1A"),
    "MISSING",
    "erasure_not_justified",
    3,
  );
  invalid(
    "another-entry.erasure.ndjson",
    erased.replace('"index":1,', '"index":2,'),
    "ALTERED",
    "inclusion_invalid",
    2,
  );
  invalid("nobody.erasure.ndjson", of([erased.split("\n")[0]!, '{"end":0}']), "MISSING", "size_mismatch");

  const changed = log.changeKey();
  const change = log.keyChange(changed);
  const [oldKey, newKey] = [log.vkey, log.next.vkey];
  add("valid/overlap.key-change.json", change, "VERIFIED", null, null);
  add("valid/overlap-seen-by-old-key.ndjson", log.export(), "VERIFIED", null, null);
  add("valid/overlap-seen-by-new-key.ndjson", log.export(), "VERIFIED", null, null, { key: "new.vkey" });
  invalid("unknown-predecessor.key-change.json", change, "REFUSED", "key_change_invalid", changed, {
    key: "new.vkey",
  });
  invalid(
    "signature-altered.key-change.json",
    change.replace(/"signature":"./, '"signature":"A'),
    "ALTERED",
    "record_altered",
    changed,
  );
  log.endOverlap();
  log.append("hold");
  invalid("after-overlap-seen-by-old-key.ndjson", log.export(), "REFUSED", "signature_missing");
  add("valid/after-overlap-seen-by-new-key.ndjson", log.export(), "VERIFIED", null, null, {
    key: "new.vkey",
  });
  add("valid/after-overlap-seen-by-both-keys.ndjson", log.export(), "VERIFIED", null, null, {
    key: "both.vkey",
    checkpoint: "kept.checkpoint",
  });

  const every = new HonestLog("vectors");
  for (const [kind, members] of Object.entries(EXAMPLE_RECORDS))
    every.append(kind as keyof typeof EXAMPLE_RECORDS, members);
  every.coarsen(0);
  every.erase(0);
  every.coverErasures();
  addCoarsened(add);
  add("valid/every-kind.ndjson", every.export(), "VERIFIED", null, null, { key: "every-kind.vkey" });

  return {
    "kept.checkpoint": kept,
    "fork.checkpoint": fork.checkpoint(),
    "two-of-three.policy": policyOf("most", w1, w2, w3),
    "leaves.bin": leaves,
    "leaves-altered.bin": leaves.with(10, leaves[10]! ^ 1),
    "receipt.json": receipt,
    "receipt-elsewhere.json": receiptElsewhere,
    "new.vkey": `${newKey}\n`,
    "both.vkey": `${oldKey}\n${newKey}\n`,
    "every-kind.vkey": `${every.vkey}\n`,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { vkey, kept, beside, files, expected } = makeVectors();
  const folder = new URL("vectors/", import.meta.url);
  for (const part of ["valid/", "invalid/", "beside/"]) mkdirSync(new URL(part, folder), { recursive: true });
  writeFileSync(new URL("vkey.txt", folder), `${vkey}\n`);
  writeFileSync(new URL("kept.checkpoint", folder), kept);
  writeFileSync(new URL("expected.json", folder), `${JSON.stringify(expected, null, 2)}\n`);
  for (const [name, content] of Object.entries(beside))
    writeFileSync(new URL(`beside/${name}`, folder), content);
  for (const [name, content] of Object.entries(files)) writeFileSync(new URL(name, folder), content);
}
