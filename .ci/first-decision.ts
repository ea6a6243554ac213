/**
 * The first thing a user does: reads a token out of dev.json, sends the contract's example, and keeps the log.
 * node .ci/first-decision.ts <dev.json> <where the export goes> <where the key goes>
 */
import { readFile, writeFile } from "node:fs/promises";

const [devFile, exportFile, keyFile] = process.argv.slice(2) as [string, string, string];
const { url, vkey, tokens } = JSON.parse(await readFile(devFile, "utf8"));

async function call(path: string, token: string, body?: unknown): Promise<string> {
  const response = await fetch(url + path, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`);
  return text;
}

const { example } = JSON.parse(await call("/v1/models/german-credit", tokens.product));
const decision = JSON.parse(await call("/v1/models/german-credit/decisions", tokens.product, example));
const missing = Object.keys(example.inputs).filter((feature) => !(feature in decision.attributions));
if (missing.length > 0) throw new Error(`No attribution for ${missing.join(", ")}`);
await writeFile(exportFile, await call("/v1/audit/export", tokens.auditor));
await writeFile(keyFile, `${vkey}\n`);
console.log(`decided ${decision.outcome}, entry ${decision.receipt.logIndex}`);
