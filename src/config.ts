import { join, resolve } from "node:path";
import { z } from "zod";

const NAME = /^[^\s+]{1,100}$/;
const flag = z
  .enum(["0", "1", ""])
  .default("0")
  .transform((value) => value === "1");
const count = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const text = z.string().min(1).optional();

/** Every setting, its unit and its default. `docs/` and the README list each one; a test compares them. */
const settings = z.object({
  PORT: count(8080, 0, 65_535).describe("Port that the service listens on; 0 takes a free one"),
  DATABASE_URL: text.describe("PostgreSQL to use; without it the embedded PGlite in MOTIVO_DATA"),
  MOTIVO_SERVICE_ROLE: text.describe(
    "PostgreSQL role that the service connects as: `motivo migrate` gives it the right to write, and none to rewrite",
  ),
  MOTIVO_AUDITOR_ROLE: text.describe(
    "PostgreSQL role that `motivo migrate` lets read what auditors read, and nothing of the vault",
  ),
  MOTIVO_HOST: z.string().default("127.0.0.1").describe("Address that the service binds to"),
  MOTIVO_DATA: z.string().default("./data").describe("Folder of the embedded database and of dev.json"),
  MOTIVO_KEYS: text.describe(
    "Folder of epoch, log and session keys, mode 0600, outside the database and its backups; default <MOTIVO_DATA>-keys",
  ),
  MOTIVO_KEY_PROVIDER: z
    .enum(["folder", "aws-kms", "vault-transit", "environment"])
    .default("folder")
    .describe(
      "What holds or wraps epoch keys: folder (MOTIVO_KEYS), aws-kms, vault-transit, or environment (development only)",
    ),
  MOTIVO_EPOCH_DAYS: count(90, 0, 3_650).describe(
    "Days after which an epoch is closed: survivors are re-wrapped, the old key destroyed; 0: only by hand",
  ),
  MOTIVO_KMS_DELETION_DAYS: count(7, 7, 30).describe(
    "Days that AWS KMS waits before it deletes the key of a closed epoch",
  ),
  MOTIVO_VAULT_ADDR: z.url().optional().describe("Address of HashiCorp Vault or OpenBao"),
  MOTIVO_VAULT_TOKEN_FILE: text.describe("File with the Vault token, read at each call"),
  MOTIVO_VAULT_MOUNT: z
    .string()
    .min(1)
    .default("transit")
    .describe("Where Vault's transit engine is mounted"),
  MOTIVO_VAULT_KEY: z.string().min(1).default("motivo").describe("Name of the transit key"),
  MOTIVO_VAULT_NAMESPACE: text.describe("Vault namespace"),
  MOTIVO_EPOCH_KEY: text.describe(
    "64 hex digits, for MOTIVO_KEY_PROVIDER=environment: for development, since it cannot be destroyed",
  ),
  MOTIVO_DEV: flag.describe(
    "1: development tokens and demo packages although DATABASE_URL is set (loopback only)",
  ),
  MOTIVO_ORIGIN: z
    .string()
    .regex(NAME)
    .default("motivo.localhost/log")
    .describe("Name of the log and of its key: no space, no +, the same for ever"),
  MOTIVO_CONTROLLER: z
    .string()
    .max(200)
    .default("Banco Aurora")
    .describe("Who is responsible for the decisions (controller), as people read it"),
  MOTIVO_DPO: z
    .string()
    .max(200)
    .default("encarregada@aurora.example")
    .describe("How to reach the data-protection officer (encarregado)"),
  MOTIVO_ISSUER: text.describe("Issuer (iss) whose tokens are accepted; switches development tokens off"),
  MOTIVO_JWKS_URL: z.url().optional().describe("Where the issuer publishes its keys (JWKS)"),
  MOTIVO_AUDIENCE: z.string().default("motivo").describe("Audience (aud) that tokens must carry"),
  MOTIVO_SUBJECT_CLAIM: z.string().default("sub").describe("Claim that holds the subject's id"),
  MOTIVO_CLIENT_CLAIM: z
    .string()
    .default("client_id")
    .describe("Claim that names the client of a product token"),
  MOTIVO_SCOPE_CLAIM: z
    .string()
    .default("scope")
    .describe("Claim that lists the scopes, separated by spaces"),
  MOTIVO_PROOF_CLAIM: z
    .string()
    .default("motivo_proof")
    .describe("Claim with the proof level of a subject, 1 to 3; 3 opens full access and erasure"),
  MOTIVO_PROOF_MAP: z
    .string()
    .regex(/^(acr|amr):[^,\s]+=[123](,(acr|amr):[^,\s]+=[123])*$/)
    .optional()
    .describe(
      "Proof levels of the issuer's authentication contexts and methods, beside that claim: acr:urn:example:high=3,amr:otp=2",
    ),
  MOTIVO_PUBLIC_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Address under which people and programs reach the service; sign-in and OpenDSR need it"),
  MOTIVO_OIDC_CLIENT_ID: text.describe(
    "Client of the issuer (OpenID Connect, code and PKCE) through which people sign in to the pages",
  ),
  MOTIVO_OIDC_CLIENT_SECRET_FILE: text.describe("File with that client's secret; without it a public client"),
  MOTIVO_OIDC_SCOPE: z
    .string()
    .default("openid")
    .describe("Scopes that sign-in asks the issuer for, separated by spaces"),
  MOTIVO_OIDC_ROLE_CLAIM: z
    .string()
    .default("motivo_role")
    .describe("Claim with the roles of staff who sign in; whoever has none is a data subject"),
  MOTIVO_BATCH_SIZE: count(256, 1, 1024).describe("Most entries that share one transaction"),
  MOTIVO_BATCH_MS: count(0, 0, 1000).describe(
    "Longest wait for others to share a transaction, in milliseconds; under load batches fill without it",
  ),
  MOTIVO_QUEUE: count(4096, 1, 1_000_000).describe("Most entries waiting; beyond it 503 with Retry-After"),
  MOTIVO_WORKERS: count(0, 0, 64).describe("Inference threads a model version; 0: cores minus one"),
  MOTIVO_DRY_RUNS_PER_HOUR: count(60, 0, 1_000_000).describe(
    "Dry runs that a client may make in an hour, counted by each process; beyond them 429 with Retry-After",
  ),
  MOTIVO_ERASURE_INTERVAL_S: count(3600, 1, 86_400).describe(
    "Seconds between erasure entries; each justifies the erasures of its interval",
  ),
  MOTIVO_RETENTION_INTERVAL_S: count(86_400, 60, 604_800).describe(
    "Seconds between retention runs, which take away what has been kept as long as its package says",
  ),
  MOTIVO_RETENTION_FLOOR_MONTHS: count(6, 0, 600).describe(
    "Months below which no retention run takes anything away, whatever a package says (AI Act 19 and 26(6): six)",
  ),
  MOTIVO_REGIMES: z
    .string()
    .default("lgpd,gdpr")
    .describe(
      "Laws whose clocks run: gdpr, lgpd or lgpd_small_agent, cadastro_positivo; separated by commas",
    ),
  MOTIVO_PLACE: z
    .string()
    .default("BR")
    .describe("The controller's place, for public holidays: ISO 3166-1 or 3166-2, as BR-SP or DE-BE"),
  MOTIVO_TIME_ZONE: z
    .string()
    .default("America/Sao_Paulo")
    .describe("The controller's time zone (IANA): a request counts from its local day"),
  MOTIVO_HOLIDAYS: text.describe(
    "Days that the calendar of the place lacks, separated by commas; with a hyphen before it, a day that it should not have",
  ),
  MOTIVO_TARGET_DAYS: count(15, 1, 3650).describe(
    "Days in which the controller means to answer where the law sets no period; shown as its own aim, never as law",
  ),
  MOTIVO_REQUEST_DAYS: count(365, 1, 3650).describe(
    "Days that closed requests and notices are kept under keys of their own, after an erasure too",
  ),
  MOTIVO_COPY_DAYS: count(7, 1, 90).describe(
    "Days that a copy of a person's data lies ready for them; then it is deleted, as it is by an erasure",
  ),
  MOTIVO_RECIPIENTS: text.describe(
    'Who is told of corrections and erasures, and the only addresses that are ever called: JSON, [{"name", "url", "secret": "whsec_…", "models"?}]',
  ),
  MOTIVO_SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe(
      "SMTP server for e-mails to people about their requests; without it they see them on their page",
    ),
  MOTIVO_MAIL_FROM: z
    .string()
    .max(320)
    .default("rights@motivo.localhost")
    .describe("Sender of those e-mails"),
  MOTIVO_CODE_PROOF: count(2, 0, 3).describe(
    "Proof level that a one-time code to the e-mail address on file amounts to, where MOTIVO_SMTP_URL is set; 0: no codes",
  ),
  MOTIVO_OUTBOX_INTERVAL_S: count(10, 1, 3600).describe(
    "Seconds between looks for notices that are to be sent",
  ),
  MOTIVO_OPENDSR_CALLERS: text.describe(
    "File with the callers of OpenDSR, their certificates or keys, and what each may ask (docs/opendsr.md)",
  ),
  MOTIVO_OPENDSR_CERTIFICATE: text.describe(
    "PEM file of the certificate for opendsr.pem in the key folder; in development both are made by themselves",
  ),
  MOTIVO_OPENDSR_CA: text.describe(
    "PEM file of the authorities that callers' certificates must lead to; without it each is trusted as registered",
  ),
  MOTIVO_OPENDSR_IDENTITY: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,63}$/)
    .default("controller_customer_id")
    .describe("OpenDSR identity type whose raw value is the subject's id"),
  MOTIVO_OPENDSR_PENDING_S: count(3600, 0, 604_800).describe(
    "Seconds that a request by OpenDSR stays pending, and may be cancelled, before it is begun",
  ),
  MOTIVO_CHECK_INTERVAL_S: count(86_400, 60, 604_800).describe(
    "Seconds between checks of the whole log by the service; what does not fit is an error in its own log",
  ),
  MOTIVO_RISK_INTERVAL_S: count(86_400, 0, 604_800).describe(
    "Seconds between measurements of how easily people are found among the records, for /metrics; 0: none",
  ),
  MOTIVO_CHECKPOINT_INTERVAL_S: count(10, 1, 86_400).describe(
    "Seconds between publications of the log's checkpoint to witnesses and places",
  ),
  MOTIVO_WITNESS_POLICY: text.describe(
    "File of a C2SP tlog-policy with the witnesses' addresses; a checkpoint is served once its quorum cosigned it",
  ),
  MOTIVO_CHECKPOINT_PLACES: text.describe(
    "Folders and http(s) addresses outside the operator's hands that keep every published checkpoint, separated by commas",
  ),
  MOTIVO_TIMESTAMP_URL: z
    .url()
    .optional()
    .describe("Time-stamp authority (RFC 3161) that stamps published checkpoints"),
  MOTIVO_TIMESTAMP_CA: text.describe("PEM file of the certificates that the authority's must lead to"),
  MOTIVO_TIMESTAMP_INTERVAL_S: count(86_400, 60, 31_536_000).describe("Seconds between time stamps"),
  MOTIVO_KEPT_LOG: text.describe(
    "File with a checkpoint or an export of the log, kept elsewhere: the service refuses a database that is older",
  ),
  MOTIVO_LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "silent"])
    .default("info")
    .describe("Least severe line that the service's own log holds"),
  MOTIVO_UPSTREAM: z
    .url()
    .optional()
    .describe("Edge Worker only: the Node service that appends are passed on to"),
});

export type Config = Omit<z.infer<typeof settings>, "MOTIVO_KEYS"> & {
  MOTIVO_KEYS: string;
  /** Development tokens and demo packages: loopback, no issuer, and no DATABASE_URL unless MOTIVO_DEV=1. */
  development: boolean;
};

export class ConfigError extends Error {
  override name = "ConfigError";
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/**
 * Reads the settings out of an environment.
 * @throws ConfigError naming each setting that cannot be used, without its value (it may be a credential).
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const known = Object.fromEntries(
    Object.keys(settings.shape).flatMap((name) => {
      const value = env[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
  const parsed = settings.safeParse(known);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new ConfigError(`These settings cannot be used:\n  ${faults.join("\n  ")}`);
  }
  const config = parsed.data;
  if (config.MOTIVO_ISSUER && !config.MOTIVO_JWKS_URL) {
    throw new ConfigError("MOTIVO_ISSUER needs MOTIVO_JWKS_URL beside it");
  }
  if (config.MOTIVO_OIDC_CLIENT_ID && !(config.MOTIVO_ISSUER && config.MOTIVO_PUBLIC_URL)) {
    throw new ConfigError("MOTIVO_OIDC_CLIENT_ID needs MOTIVO_ISSUER and MOTIVO_PUBLIC_URL beside it");
  }
  if (config.MOTIVO_OPENDSR_CALLERS && !config.MOTIVO_PUBLIC_URL) {
    throw new ConfigError("MOTIVO_OPENDSR_CALLERS needs MOTIVO_PUBLIC_URL beside it");
  }
  const MOTIVO_DATA = resolve(config.MOTIVO_DATA);
  return {
    ...config,
    MOTIVO_DATA,
    MOTIVO_KEYS: config.MOTIVO_KEYS ? resolve(config.MOTIVO_KEYS) : join(`${MOTIVO_DATA}-keys`),
    development:
      LOOPBACK.has(config.MOTIVO_HOST) &&
      !config.MOTIVO_ISSUER &&
      (!config.DATABASE_URL || config.MOTIVO_DEV),
  };
}

/** Names and descriptions of the settings, for the documentation and its test. */
export function describeSettings(): { name: string; description: string }[] {
  return Object.entries(settings.shape).map(([name, schema]) => ({
    name,
    description: schema.description ?? "",
  }));
}
