import { extname, join } from "node:path";
import type { Config } from "../config.ts";
import { DEV_FILE, type DevFile, type Service } from "../node.ts";
import { VERSION } from "../version.ts";

/** What the embedded database does not promise; said at every start. */
const EMBEDDED_LIMITS = [
  "The embedded database (PGlite) does not sync to the disk: a power cut may lose decisions that were",
  "acknowledged. It serves one process. PostgreSQL (DATABASE_URL) is for production.",
];

/** In a checkout the command is an npm script; the npm package, in plain JavaScript, has it as a program. */
const MOTIVO = extname(import.meta.url) === ".ts" ? "npm run motivo --" : "motivo";

type Shown = Pick<Service, "url" | "vkey" | "database" | "dev" | "deps">;

/** What `motivo serve` says once it listens. With development tokens it is as secret as they are. */
export async function banner(config: Config, service: Shown): Promise<string> {
  const { url, vkey, database, dev } = service;
  const places = [
    `  start     ${url}/`,
    `  log key   ${vkey}`,
    database === "embedded" ? `  data      ${config.MOTIVO_DATA}` : "  data      PostgreSQL (DATABASE_URL)",
    `  keys      ${config.MOTIVO_KEYS}`,
    ...(dev ? [`  tokens    ${join(config.MOTIVO_DATA, DEV_FILE)}`] : []),
    `  API       ${url}/docs`,
  ];
  const parts = [
    [`Motivo ${VERSION} listens on ${url}`],
    places,
    dev ? await audiences(service, dev) : withoutTokens(config),
    ...(database === "embedded" ? [EMBEDDED_LIMITS] : []),
    ...(service.deps.epoch.provider.warning ? [[service.deps.epoch.provider.warning]] : []),
    ["Ctrl-C closes it."],
  ];
  return `\n${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

async function audiences({ url, deps }: Shown, { tokens }: DevFile): Promise<string[]> {
  const enter = (token: string) => `${url}/enter?token=${token}`;
  return [
    "Customer: my decisions, my data, erase me",
    `  link   ${enter(tokens.subject)}`,
    `  token  ${tokens.subject}`,
    "",
    "Auditor: every decision on the record, and its proof",
    `  link   ${enter(tokens.auditor)}`,
    `  token  ${tokens.auditor}`,
    "",
    "Product: a decision with its reasons",
    ...(await exampleCall(url, deps, tokens.product)).map((line) => `  ${line}`),
    `  link   ${enter(tokens.product)}`,
    `  token  ${tokens.product}`,
    "",
    "Operator: requests by deadline, models, keys, the state of the log",
    `  ${MOTIVO} publish <folder>`,
    `  link   ${enter(tokens.operator)}`,
    `  token  ${tokens.operator}`,
    "",
    "Reviewer: contested decisions",
    `  link   ${enter(tokens.reviewer)}`,
    `  token  ${tokens.reviewer}`,
  ];
}

/** The example of the first model's contract, as a shell takes it. */
async function exampleCall(url: string, { models }: Shown["deps"], token: string): Promise<string[]> {
  const [model] = await models.names();
  if (model === undefined) return [];
  const { contract } = await models.published(model, await models.champion(model));
  const body = JSON.stringify({ ...contract.example, language: contract.languages[0] });
  return [
    `curl -s ${url}/v1/models/${model}/decisions \\`,
    `  -H 'content-type: application/json' -H 'authorization: Bearer ${token}' \\`,
    `  -d '${body.replaceAll("'", "'\\''")}'`,
  ];
}

function withoutTokens({ MOTIVO_ISSUER, DATABASE_URL }: Config): string[] {
  if (MOTIVO_ISSUER) return [`Tokens are those of ${MOTIVO_ISSUER}. There are none for development.`];
  const why = DATABASE_URL
    ? "For development on loopback, set MOTIVO_DEV=1."
    : "Development tokens are for loopback only (MOTIVO_HOST).";
  return [
    "No issuer is configured, so every protected route refuses: set MOTIVO_ISSUER and MOTIVO_JWKS_URL.",
    why,
  ];
}
