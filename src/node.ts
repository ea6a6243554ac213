import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "@hono/node-server";
import type { Logger } from "pino";
import { hourOf } from "../audit/leaf.ts";
import { keysOfSigner } from "../audit/note.ts";
import { createApp } from "./app.ts";
import { type Checkpoints, openCheckpoints } from "./checkpoints/checkpoints.ts";
import { keyChangesOf } from "./checkpoints/key-changes.ts";
import type { Config } from "./config.ts";
import { type OpenDatabase, openEmbedded, openPostgres } from "./db/client.ts";
import { foldCounts } from "./db/counts.ts";
import { lockFolder } from "./db/folder-lock.ts";
import { openLog } from "./db/log.ts";
import { auditLog } from "./db/log-audit.ts";
import { couldTamper } from "./db/roles.ts";
import type { Deps } from "./decisions/deps.ts";
import { openFollowUps } from "./decisions/follow-up.ts";
import { forgetExpiredKeys } from "./decisions/idempotency.ts";
import { Problem } from "./errors.ts";
import { type DevIssuer, openDevIssuer } from "./http/dev-issuer.ts";
import { configuredSignIn } from "./http/issuer-sign-in.ts";
import { RiskGauges } from "./http/risk.ts";
import { serviceLog } from "./http/service-log.ts";
import { openSessions } from "./http/sessions.ts";
import { issuerVerifier, type Scope, type TokenVerifier } from "./http/tokens.ts";
import { findPackageFolders, readPackageFolder } from "./models/package.ts";
import { openPredictor } from "./models/predictor.ts";
import { publish } from "./models/publish.ts";
import { ModelRegistry } from "./models/registry.ts";
import { folderAssets } from "./pages/assets-folder.ts";
import { EpochRing } from "./privacy/epoch-ring.ts";
import { type KeyProvider, keyFolder } from "./privacy/key-folder.ts";
import { configuredEpochKeys } from "./privacy/keys/configured.ts";
import { type ChangeableSigner, openSigner } from "./privacy/log-signer.ts";
import { closeEpochWhenDue } from "./subjects/close-epoch.ts";
import { closeErasureInterval } from "./subjects/close-interval.ts";
import { mailCodes } from "./subjects/codes/channel.ts";
import { forgetCodes } from "./subjects/codes/codes.ts";
import { forgetCopies, makeCopies } from "./subjects/copies/make-copies.ts";
import { forgetHolds } from "./subjects/holds.ts";
import { refuseOlderThan } from "./subjects/kept-log.ts";
import { forgetMandates } from "./subjects/mandates/record-mandate.ts";
import { performPending } from "./subjects/opendsr/perform.ts";
import { configuredOpenDsr, type OpenDsr } from "./subjects/opendsr/settings.ts";
import { deliverNotices } from "./subjects/outbox/deliver.ts";
import { type Mailer, smtpMailer } from "./subjects/outbox/mail.ts";
import { PUBLIC_ONLY } from "./subjects/outbox/public-address.ts";
import { finishRemovals } from "./subjects/removal.ts";
import { endRetention } from "./subjects/remove-records.ts";
import { forgetRequests } from "./subjects/requests/forget.ts";
import { resumeRequests } from "./subjects/requests/perform.ts";
import { rightsSettings } from "./subjects/requests/settings.ts";
import { endRetentionPeriods } from "./subjects/retention.ts";

/** How often the age of the running epoch is looked at; it is counted in days. */
const EPOCH_CHECK_MS = 3_600_000;

export const DEV_FILE = "dev.json";
const DEMO_PACKAGES = fileURLToPath(new URL("../packages", import.meta.url));

/** What `dev.json` holds: enough to try every audience on one's own machine. */
export interface DevFile {
  url: string;
  vkey: string;
  tokens: Record<Scope, string>;
}

export interface Service {
  url: string;
  vkey: string;
  database: OpenDatabase["kind"];
  /** Only in development. */
  dev: DevFile | null;
  deps: Deps & { checkpoints: Checkpoints };
  /** Takes nothing more, finishes what was taken, and lets the data folder go. */
  close(): Promise<void>;
}

/** Opens the database that the configuration names; the embedded one only for a single process. */
export async function openConfigured(config: Config, onLockLost: () => void): Promise<OpenDatabase> {
  if (config.DATABASE_URL) return openPostgres(config.DATABASE_URL);
  const unlock = await lockFolder(config.MOTIVO_DATA, onLockLost);
  try {
    const opened = await openEmbedded(join(config.MOTIVO_DATA, "pglite"));
    return {
      ...opened,
      async close() {
        await opened.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Builds everything a decision needs on an open database, and runs the migrations first. */
export async function openDeps(
  config: Config,
  database: OpenDatabase,
  keys: KeyProvider = keyFolder(config.MOTIVO_KEYS),
  now: () => Date = () => new Date(),
): Promise<Deps & { checkpoints: Checkpoints }> {
  await database.migrate();
  const provider = await configuredEpochKeys(config, keys, now);
  const epoch = await EpochRing.open(database.db, provider, keys, now());
  const { db } = database;
  let signer: ChangeableSigner | undefined;
  const log = await openLog(db, {
    arrays: database.arrays,
    channel: database.channel,
    signer: async (state) => {
      signer = await openSigner(config.MOTIVO_ORIGIN, keys, state, { changes: await keyChangesOf(db), now });
      return signer;
    },
    limits: { size: config.MOTIVO_BATCH_SIZE, waitMs: config.MOTIVO_BATCH_MS, queue: config.MOTIVO_QUEUE },
    now,
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    takeUpEpoch: () => epoch.refresh(),
  });
  const threads = config.MOTIVO_WORKERS || Math.max(1, availableParallelism() - 1);
  const models = new ModelRegistry(db, (source) => openPredictor(source, { threads, inline: true }));
  if (!signer) throw new Error("The log was opened without a signer");
  const checkpoints = await openCheckpoints(config, { db, log, signer, keys, now, randomId: randomUUID });
  return { db, log, attested: checkpoints.attested, epoch, models, now, randomId: randomUUID, checkpoints };
}

/** Publishes the packages that come with the project where none is published. */
async function publishDemoPackages(deps: Deps): Promise<void> {
  if ((await deps.models.names()).length > 0) return;
  for (const folder of await findPackageFolders(DEMO_PACKAGES)) {
    try {
      await publish(deps, await readPackageFolder(folder));
    } catch (error) {
      // Another replica that starts at the same moment has published it.
      if (!(error instanceof Problem && error.code === "duplicate_version")) throw error;
    }
  }
}

async function devTokens(issuer: DevIssuer, deps: Deps): Promise<Record<Scope, string>> {
  const [model] = await deps.models.names();
  if (model === undefined) throw new Error("No model is published");
  const { contract } = await deps.models.published(model, await deps.models.champion(model));
  return {
    product: await issuer.issue("product", { subject: "demo-product", client: "demo-product" }),
    subject: await issuer.issue("subject", { subject: contract.example.subject, proof: 3 }),
    auditor: await issuer.issue("auditor", { subject: "demo-auditor" }),
    operator: await issuer.issue("operator", { subject: "demo-operator" }),
    reviewer: await issuer.issue("reviewer", { subject: "demo-reviewer" }),
  };
}

/** No issuer, no development: every protected route refuses. */
const refuseEverybody: TokenVerifier = async () => {
  throw new Problem("invalid_token", "No issuer is configured");
};

/** By which people and callers are told of their requests; null where none is configured. */
interface WaysOut {
  openDsr: OpenDsr | null;
  mail: Mailer | null;
}

/**
 * What happens by itself: erasure entries, expired idempotency keys, and the check of the log. A failure is said and
 * tried again at the next turn.
 */
function schedule(
  deps: Deps & { checkpoints: Checkpoints },
  config: Config,
  ways: WaysOut,
  logger: Logger,
  measureRisk: () => Promise<void>,
): () => void {
  const run = (name: string, work: Promise<unknown>) => {
    work.catch((error: unknown) => logger.error({ err: error }, name));
  };
  const timers = [
    setInterval(() => {
      run("removals", finishRemovals(deps));
      run("retained records", endRetention(deps));
      run("holds", forgetHolds(deps));
      run(
        "erasure interval",
        closeErasureInterval(deps).then((closed) => (closed ? measureRisk() : undefined)),
      );
      run("expired idempotency keys", forgetExpiredKeys(deps));
      run("counts", foldCounts(deps.db));
    }, config.MOTIVO_ERASURE_INTERVAL_S * 1000),
    setInterval(
      () => run("retention", endRetentionPeriods(deps, config.MOTIVO_RETENTION_FLOOR_MONTHS)),
      config.MOTIVO_RETENTION_INTERVAL_S * 1000,
    ),
    setInterval(() => run("epochs", closeEpochWhenDue(deps, config.MOTIVO_EPOCH_DAYS)), EPOCH_CHECK_MS),
    setInterval(
      () => run("checkpoints", publishCheckpoints(deps.checkpoints, logger)),
      config.MOTIVO_CHECKPOINT_INTERVAL_S * 1000,
    ),
    setInterval(() => run("check of the log", checkLog(deps, logger)), config.MOTIVO_CHECK_INTERVAL_S * 1000),
  ];
  // A verifier believes a pending erasure for a day: what an earlier process left must not wait for a whole interval more.
  run("erasure interval", closeErasureInterval(deps, { pendingBeforeHour: hourOf(deps.now()) }));
  // What an erasure of an earlier process has left.
  run("removals", finishRemovals(deps));
  // A process that is started anew every day would otherwise never get to it.
  run("retention", endRetentionPeriods(deps, config.MOTIVO_RETENTION_FLOOR_MONTHS));
  // What an earlier process began to close, or a provider was to delete by now.
  run("epochs", closeEpochWhenDue(deps, config.MOTIVO_EPOCH_DAYS));
  run("checkpoints", publishCheckpoints(deps.checkpoints, logger));
  const stopRights = scheduleRights(deps, config, ways, logger);
  return () => {
    for (const timer of timers) clearInterval(timer);
    stopRights();
  };
}

/**
 * Measures how easily people are found among the records, now, on schedule, and whenever `measure` is called, which an
 * interval's erasures do; a turn that takes long is not joined by another.
 */
function scheduleRisk(
  deps: Deps,
  gauges: RiskGauges,
  config: Config,
  logger: Logger,
): { measure: () => Promise<void>; stop: () => void } {
  if (config.MOTIVO_RISK_INTERVAL_S === 0) return { measure: async () => {}, stop: () => {} };
  let busy = false;
  const turn = async () => {
    if (busy) return;
    busy = true;
    try {
      await gauges.measure(deps);
    } catch (error) {
      logger.error({ err: error }, "risk of the records");
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => void turn(), config.MOTIVO_RISK_INTERVAL_S * 1000);
  void turn();
  return { measure: turn, stop: () => clearInterval(timer) };
}

/** What happens by itself with requests: notices go out, answers that a crash cut short are given, old ones forgotten. */
function scheduleRights(deps: Deps, config: Config, { openDsr, mail }: WaysOut, logger: Logger): () => void {
  const rights = { ...deps, rights: rightsSettings(config) };
  let busy = false;
  const turn = async () => {
    if (busy) return;
    busy = true;
    try {
      const { failed } = await deliverNotices(rights, { network: PUBLIC_ONLY, mail, openDsr });
      if (failed > 0) logger.error({ failed }, "notices could not be delivered; GET /v1/notices has them");
      try {
        if (openDsr) await performPending({ ...rights, openDsr });
      } finally {
        await resumeRequests(rights);
      }
    } finally {
      busy = false;
    }
  };
  const said = (name: string) => (error: unknown) => logger.error({ err: error }, name);
  const timers = [
    setInterval(() => void turn().catch(said("notices")), config.MOTIVO_OUTBOX_INTERVAL_S * 1000),
    // What a process began and did not end, or what failed a moment ago.
    setInterval(() => void makeCopies(rights).catch(said("copies")), config.MOTIVO_OUTBOX_INTERVAL_S * 1000),
    setInterval(() => {
      void forgetRequests(rights).catch(said("requests to forget"));
      void forgetCopies(rights).catch(said("copies to forget"));
      void forgetCodes(rights).catch(said("codes to forget"));
      void forgetMandates(rights).catch(said("mandates to forget"));
    }, config.MOTIVO_ERASURE_INTERVAL_S * 1000),
  ];
  return () => {
    for (const timer of timers) clearInterval(timer);
  };
}

async function publishCheckpoints(checkpoints: Checkpoints, logger: Logger): Promise<void> {
  const { alarm, faults } = await checkpoints.turn();
  if (alarm !== null) logger.fatal({ code: alarm }, "the log has raised an alarm and signs nothing");
  for (const { at, code } of faults) logger.error({ at, code }, "a checkpoint was not published everywhere");
}

async function checkLog(deps: Deps, logger: Logger): Promise<void> {
  // A replica that ended between commit and signature left its last batch unsigned; reading the head signs it.
  await deps.log.head();
  const { ok, entries, finding } = await auditLog(deps.db, keysOfSigner(deps.log.context.signer), {
    now: deps.now(),
  });
  if (ok) logger.info({ entries }, "the log holds");
  else logger.fatal({ entries, code: finding?.code, entry: finding?.entry }, "the log was touched");
}

/**
 * Starts the service: database, keys, log, models, routes.
 * @throws ConfigError, FolderLockedError, KeyFolderError, LogBrokenError, or the error of a port that is taken
 */
export async function startService(config: Config, options: { logger?: Logger } = {}): Promise<Service> {
  const logger = options.logger ?? serviceLog(config.MOTIVO_LOG_LEVEL);
  const database = await openConfigured(config, () => {
    logger.fatal("the lock on the data folder was lost");
    process.exit(1);
  });
  let open = false;
  const closers: (() => unknown)[] = [() => database.close()];
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step();
  };
  try {
    // The runtime takes a tenth of a second to load: now, when nobody is waiting yet.
    await import("./models/inline-model.ts");
    const deps = await openDeps(config, database);
    closers.push(
      () => deps.models.close(),
      () => deps.log.close(),
      () => deps.epoch.close(),
    );
    if (config.MOTIVO_KEPT_LOG) await refuseOlderThan(deps.log, config.MOTIVO_KEPT_LOG);
    const warnings = await roleWarnings(database);
    for (const warning of warnings) logger.warn(warning);
    await deps.epoch.watch((error) => logger.error({ err: error }, "epochs"));
    const keys = keyFolder(config.MOTIVO_KEYS);
    const issuer = config.development ? await openDevIssuer(config, keys, deps.now) : null;
    if (issuer) await publishDemoPackages(deps);
    const followUps = openFollowUps(deps, (error) => logger.error({ err: error }, "counterfactuals"));
    deps.decided = followUps.decided;
    closers.push(() => followUps.close());
    const openDsr = await configuredOpenDsr(config, deps.now());
    const mail = config.MOTIVO_SMTP_URL ? smtpMailer(config.MOTIVO_SMTP_URL, config.MOTIVO_MAIL_FROM) : null;
    closers.push(() => mail?.close());
    const riskGauges = new RiskGauges();
    const risk = scheduleRisk(deps, riskGauges, config, logger);
    closers.push(risk.stop);
    closers.push(schedule(deps, config, { openDsr, mail }, logger, risk.measure));

    const sessionKey = await keys.create("session");
    const { app } = createApp({
      ...deps,
      config,
      logger,
      assets: folderAssets(),
      sessions: openSessions(sessionKey, {
        secure: !config.development,
        randomId: randomUUID,
      }),
      issuer: configuredSignIn(config, sessionKey),
      openDsr,
      riskGauges,
      codeChannel: mail && mailCodes(mail),
      verify: issuer?.verify ?? configuredVerifier(config),
      warnings,
      ready: async () =>
        open &&
        (await deps.log.head().then(
          () => true,
          () => false,
        )),
    });
    const address = await listen(app.fetch, config, closers);
    const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
    const url = `http://${host}:${address.port}`;
    const { vkey } = deps.log.context.signer;
    const dev = issuer ? { url, vkey, tokens: await devTokens(issuer, deps) } : null;
    if (dev) {
      await mkdir(config.MOTIVO_DATA, { recursive: true, mode: 0o700 });
      const file = join(config.MOTIVO_DATA, DEV_FILE);
      // A mode given to writeFile counts for a new file only.
      await rm(file, { force: true });
      await writeFile(file, `${JSON.stringify(dev, null, 2)}\n`, { mode: 0o600 });
    }
    // Whoever waits for readiness reads dev.json next.
    open = true;
    return { url, vkey, database: database.kind, dev, deps, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What the database would let this process do to the log. The embedded one has one role, which may do anything. */
async function roleWarnings({ kind, db }: OpenDatabase): Promise<string[]> {
  if (kind === "embedded" || !(await couldTamper(db))) return [];
  return [
    "The database role of this service could rewrite the log: connect as one that `motivo migrate` gave its rights (MOTIVO_SERVICE_ROLE).",
  ];
}

function configuredVerifier(config: Config): TokenVerifier {
  const { MOTIVO_ISSUER, MOTIVO_JWKS_URL } = config;
  if (!MOTIVO_ISSUER || !MOTIVO_JWKS_URL) return refuseEverybody;
  return issuerVerifier({ ...config, MOTIVO_ISSUER, MOTIVO_JWKS_URL });
}

/** How long requests that are on their way at the end still arrive. */
const DRAIN_MS = 100;

function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  config: Config,
  closers: (() => unknown)[],
): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port: config.PORT, hostname: config.MOTIVO_HOST }, resolve);
    server.on("error", reject);
    closers.push(
      () =>
        new Promise<void>((done) => {
          // A client that never pauses would hold its connection, and with it the process, for ever.
          server.prependListener("request", (_request, response: ServerResponse) => {
            response.setHeader("connection", "close");
          });
          // What a client has sent and this process has not read yet would be cut off: to Node such a connection is idle.
          setTimeout(() => {
            server.close(() => done());
            // Keep-alive connections that nobody is using would hold the process for minutes.
            if ("closeIdleConnections" in server) server.closeIdleConnections();
          }, DRAIN_MS);
        }),
    );
  });
}
