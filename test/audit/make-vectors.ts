import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { canonicalize, type JsonObject, parseCanonical } from "../../audit/canonical.ts";
import type { Code } from "../../audit/refusal.ts";
import type { State } from "../../audit/verify.ts";
import { HonestLog, testSigner } from "./honest-log.ts";

// Writes test/audit/vectors: run `node test/audit/make-vectors.ts` after a change of format. Every name says what is
// special about the file; expected.json says what the verifier answers on 2026-09-01.

export type Expected = { state: State; code: Code | null; entry: number | null };
export type Vectors = {
  vkey: string;
  kept: string;
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
  const add = (name: string, content: string, state: State, code: Code | null, entry: number | null) => {
    files[name] = content;
    expected[name] = { state, code, entry };
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
  return { vkey: log.vkey, kept, files, expected };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { vkey, kept, files, expected } = makeVectors();
  const folder = new URL("vectors/", import.meta.url);
  for (const part of ["valid/", "invalid/"]) mkdirSync(new URL(part, folder), { recursive: true });
  writeFileSync(new URL("vkey.txt", folder), `${vkey}\n`);
  writeFileSync(new URL("kept.checkpoint", folder), kept);
  writeFileSync(new URL("expected.json", folder), `${JSON.stringify(expected, null, 2)}\n`);
  for (const [name, content] of Object.entries(files)) writeFileSync(new URL(name, folder), content);
}
