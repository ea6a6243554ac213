/**
 * npm run test:api: requests that schemathesis makes up from /openapi.json, as each audience and as a stranger, against a
 * service on PostgreSQL. What fails it: a 5xx, an undeclared status or content type, an answer that its schema does not allow.
 *
 * MOTIVO_API_PYTHON names a Python that has schemathesis-requirements.txt; without it an environment is made below the
 * system's temporary folder, for which python3.12 must be on the path. `-- 200` makes up so many cases an operation (default
 * 200) and phase; `-- 200 7` with seed 7.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../support/postgres-server.ts";
import { ended, startProcess, temporaryFolders } from "../support/process.ts";

const REQUIREMENTS = fileURLToPath(new URL("schemathesis-requirements.txt", import.meta.url));
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
].join(",");
const PEOPLE = ["customer-1", "customer-2", "customer-3"];

const [examples = "200", seed = "1"] = process.argv.slice(2);

function pythonOf(): string {
  const given = process.env.MOTIVO_API_PYTHON;
  if (given !== undefined) return given;
  const folder = join(tmpdir(), "motivo-api-python");
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  execFileSync("python3.12", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], { stdio: "inherit" });
  return python;
}

interface Summary {
  cases: number;
  ok: boolean;
}

/** Requests of every phase as one caller. @param token absent for a stranger */
async function requestsAs(url: string, name: string, token: string | undefined): Promise<Summary> {
  const folder = await mkdtemp(join(tmpdir(), "motivo-api-"));
  const events = join(folder, "events.ndjson");
  const child = spawn(
    join(dirname(pythonOf()), "schemathesis"),
    [
      "run",
      `${url}/openapi.json`,
      ...(token === undefined ? [] : ["--header", `Authorization: Bearer ${token}`]),
      ...["--checks", CHECKS, "--max-examples", examples, "--seed", seed, "--continue-on-failure"],
      ...["--report", "ndjson", "--report-ndjson-path", events, "--warnings", "off"],
      ...["--suppress-health-check", "all", "--request-timeout", "60", "--no-color"],
    ],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await ended(child);
  const lines = (await readFile(events, "utf8")).split("\n");
  await rm(folder, { recursive: true });
  const cases = lines.reduce((sum, line) => sum + (line.match(/"status_code":/g)?.length ?? 0), 0);
  if (code !== 0) console.log(said);
  console.log(`${name}: ${cases} requests, ${code === 0 ? "nothing found" : "failed"}`);
  return { cases, ok: code === 0 };
}

const server = await startPostgres();
const place = await temporaryFolders();
const service = await startProcess({
  DATABASE_URL: server.url,
  MOTIVO_DEV: "1",
  MOTIVO_DATA: place.data,
  MOTIVO_KEYS: `${place.data}-keys`,
});

// Something to ask about: ids that exist are in answers that schemathesis follows.
for (const subject of [...PEOPLE, "cliente-exemplo"]) {
  const contract = await fetch(`${service.url}/v1/models/german-credit`, {
    headers: { authorization: `Bearer ${service.tokens.product}` },
  });
  const { example } = (await contract.json()) as { example: { inputs: unknown } };
  const made = await fetch(`${service.url}/v1/models/german-credit/decisions`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.tokens.product}`, "content-type": "application/json" },
    body: JSON.stringify({ subject, inputs: example.inputs }),
  });
  if (!made.ok) throw new Error(`No decision to ask about: ${made.status} ${await made.text()}`);
}

const summaries: Summary[] = [];
const callers: [string, string | undefined][] = [["stranger", undefined], ...Object.entries(service.tokens)];
for (const [name, token] of callers) summaries.push(await requestsAs(service.url, name, token));
service.child.kill("SIGINT");
const code = await ended(service.child);
await server.stop();
await place.remove();

const cases = summaries.reduce((sum, one) => sum + one.cases, 0);
const failed = summaries.filter(({ ok }) => !ok).length + (code === 0 ? 0 : 1);
console.log(`${cases} requests in all; ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
