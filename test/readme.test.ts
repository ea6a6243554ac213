import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseCheckpoint } from "../audit/checkpoint.ts";
import { parseNote } from "../audit/note.ts";
import { readConfig } from "../src/config.ts";
import { type Service, startService } from "../src/node.ts";

const README = readFileSync("README.md", "utf8");
const STORY = README.split("\n## The story by hand\n")[1]!.split("\n## ")[0]!;
const BLOCKS = [...STORY.matchAll(/```bash\n([\s\S]+?)```/g)].map(([, commands]) => commands!);
/** Printed between blocks, to tell whose output is whose. */
const MARK = "-- next block --";

let folder: string;
let service: Service;
let outputs: string[];

const file = (name: string) => readFileSync(join(folder, name), "utf8");

/** The README's blocks in one shell, in a folder that looks like a clone beside a service on a free port. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "motivo-readme-"));
  for (const name of ["audit", "node_modules", "package.json"])
    symlinkSync(resolve(name), join(folder, name));
  service = await startService(
    readConfig({ PORT: "0", MOTIVO_DATA: join(folder, "data"), MOTIVO_WORKERS: "1" }),
    { logger: pino({ level: "silent" }) },
  );
  const script = ["set -eu", ...BLOCKS].join(`\necho; echo '${MARK}'\n`);
  const { stdout } = await promisify(execFile)("bash", ["-c", script], {
    cwd: folder,
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
    maxBuffer: 16 * 1024 * 1024,
  });
  outputs = stdout.split(`${MARK}\n`).slice(1);
});
afterAll(async () => {
  await service?.close();
  rmSync(folder, { recursive: true, force: true });
});

const [PREPARE, DECIDE, AGAIN, AUDIT, CHECK, ACCESS, ERASE] = [0, 1, 2, 3, 4, 5, 6];
/** The JSON documents that commands of one block printed one after the other. */
const documents = (output: string): Record<string, unknown>[] =>
  output
    .trim()
    .replaceAll(/\}(?=\{|VERIFIED)/g, "}\n")
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));

describe("the README's story", () => {
  it("has its seven blocks, the contract's own example, and ends without a failing command", async () => {
    expect(BLOCKS).toHaveLength(7);
    expect(outputs[PREPARE!]!.trim()).toBe("");
    const sent = JSON.parse(/-d '([^']+)'/.exec(BLOCKS[DECIDE!]!)![1]!);
    const { contract } = await service.deps.models.published("german-credit", 1);
    expect({ subject: sent.subject, inputs: sent.inputs }).toEqual(contract.example);
  });

  it("makes a decision with a reason and a receipt, and gets it back to the byte", () => {
    const decision = JSON.parse(file("decision.json"));
    expect(decision.outcome).toBe("refused");
    expect(Object.keys(decision.attributions)).toHaveLength(20);
    expect(decision.reasons.length).toBeGreaterThan(0);
    expect(outputs[DECIDE!]!.trim()).toBe(file("decision.json"));
    expect(outputs[AGAIN!]!.trim()).toBe(file("decision.json"));
  });

  it("shows what it prints: score, base, first reason and place in the log are those of a real run", () => {
    const decision = JSON.parse(file("decision.json"));
    // Another processor may round the last digits otherwise.
    const told = (name: string) => Number(new RegExp(`"${name}": (-?\\d+\\.\\d+)`).exec(STORY)![1]);
    expect(told("score")).toBeCloseTo(decision.score, 6);
    expect(told("base")).toBeCloseTo(decision.base, 6);
    expect(STORY).toContain(decision.reasons[0].text);
    expect(STORY).toContain(`"receipt": { "logIndex": ${decision.receipt.logIndex}`);
  });

  it("lists and opens the decision for the auditor, without the actual amount", () => {
    const { id } = JSON.parse(file("decision.json"));
    const [list, opened] = documents(outputs[AUDIT!]!);
    expect((list!.items as { record: { id: string } }[]).map(({ record }) => record.id)).toEqual([id]);
    expect(opened).toMatchObject({ state: "kept", record: { id } });
    expect(outputs[AUDIT!]).not.toContain("4280");
  });

  it("verifies the log and the evidence offline", () => {
    const output = outputs[CHECK!]!;
    expect(output.match(/^VERIFIED\./gm)).toHaveLength(2);
    const checkpoint = parseCheckpoint(
      parseNote(`${output.split("\n\n")[0]}\n\n${output.split("\n\n")[1]!.split("\n")[0]}\n`).text,
    );
    expect(checkpoint.origin).toBe("motivo.localhost/log");
    expect(output).toContain("c2sp.org/tlog-proof@v1\nindex 4\n");
  });

  it("gives the customer everything, the actual amount and the auditor's reading included", () => {
    const access = JSON.parse(file("access.json"));
    expect(access).toMatchObject({ held: true, purposes: [{ model: "german-credit" }] });
    expect(access.purposes[0].decisions[0].inputs.amount_dm).toBe(4280);
    expect(access.purposes[0].opened.map(({ role }: { role: string }) => role)).toContain("auditor");
    expect(documents(outputs[ACCESS!]!)[0]!.decisions).toHaveLength(1);
  });

  it("erases the customer, tells them and the auditor so, and the log still verifies", () => {
    const [erased, access, opened] = documents(outputs[ERASE!]!);
    expect(erased).toMatchObject({ erased: [{ model: "german-credit" }], refused: [] });
    expect(access).toMatchObject({ held: false, purposes: [] });
    expect(opened).toMatchObject({ state: "erased-pending", record: null });
    expect(outputs[ERASE!]!.match(/VERIFIED\./g)).toHaveLength(1);
  });
});
