import type { Hono } from "hono";
import type { Logger } from "pino";
import type { Checkpoints } from "./checkpoints/checkpoints.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/client.ts";
import type { LogReader } from "./db/log.ts";
import type { Deps } from "./decisions/deps.ts";
import { Api, type Env } from "./http/api.ts";
import { auditorRoutes } from "./http/auditor.ts";
import { batchRoutes } from "./http/batch.ts";
import { checkpointRoutes } from "./http/checkpoints.ts";
import { copyRoutes } from "./http/copies.ts";
import { counterfactualRoutes } from "./http/counterfactuals.ts";
import { openDryRuns } from "./http/dry-run.ts";
import { erasureRoutes } from "./http/erasures.ts";
import { incidentRoutes } from "./http/incidents.ts";
import type { IssuerSignIn } from "./http/issuer-sign-in.ts";
import { logRoutes } from "./http/log.ts";
import { mandateRoutes, mandateUse } from "./http/mandates.ts";
import { modelReadRoutes } from "./http/models.ts";
import { openDsrRoutes } from "./http/opendsr.ts";
import { operatorRoutes } from "./http/operator.ts";
import { processingRoutes } from "./http/processing.ts";
import { productRoutes } from "./http/product.ts";
import { modelWriteRoutes } from "./http/publishing.ts";
import { requestDeskRoutes } from "./http/request-desk.ts";
import { requestRoutes } from "./http/requests.ts";
import { reviewRoutes, standingRoutes } from "./http/reviews.ts";
import { RiskGauges, riskRoutes } from "./http/risk.ts";
import type { Sessions } from "./http/sessions.ts";
import { shell } from "./http/shell.ts";
import { subjectRoutes } from "./http/subject.ts";
import { documentationRoutes, healthRoutes } from "./http/system.ts";
import type { TokenVerifier } from "./http/tokens.ts";
import type { ModelRegistry } from "./models/registry.ts";
import type { Assets } from "./pages/assets.ts";
import { logVerbs } from "./pages/audit/log-verbs.ts";
import { modelVerbs } from "./pages/audit/model-verbs.ts";
import { copyVerbs } from "./pages/customer/copy-verbs.ts";
import { mandateVerbs } from "./pages/customer/mandate-verbs.ts";
import { requestVerbs } from "./pages/customer/request-verbs.ts";
import type { PagesDeps } from "./pages/deps.ts";
import { officeVerbs } from "./pages/operator/verbs.ts";
import { productVerbs } from "./pages/product-verbs.ts";
import { publicVerbs } from "./pages/public-verbs.ts";
import { pages } from "./pages/routes.ts";
import { signInParts } from "./pages/sign-in-parts.ts";
import { personalVerbs } from "./pages/verbs.ts";
import { showProblem } from "./pages/visit.ts";
import type { CodeChannel } from "./subjects/codes/channel.ts";
import type { OpenDsr } from "./subjects/opendsr/settings.ts";
import { rightsSettings } from "./subjects/requests/settings.ts";
import { VERSION } from "./version.ts";

/** What the application takes beside what its verbs work on. The edge has a list of its own (`edge.ts`). */
export interface ReadDeps {
  config: Config;
  logger: Logger;
  db: Database;
  log: LogReader;
  models: ModelRegistry;
  assets: Assets;
  sessions: Sessions;
  verify: TokenVerifier;
  /** Sign-in by the issuer's own page; null or absent where none is configured. */
  issuer?: IssuerSignIn | null;
  /** Who may drive the service by OpenDSR; null or absent: nobody. */
  openDsr?: OpenDsr | null;
  /** On which one-time codes go; null or absent: none do. */
  codeChannel?: CodeChannel | null;
  /** Measured by whoever starts the service; absent: nothing is measured, and nothing is shown. */
  riskGauges?: RiskGauges;
  now: () => Date;
  randomId: () => string;
  ready: () => Promise<boolean>;
  /** What else is fit for development only. */
  warnings?: readonly string[];
}

/** The whole service, every audience on one line. */
export function createApp(deps: ReadDeps & Deps & { checkpoints: Checkpoints }): {
  app: Hono<Env>;
  api: Api;
} {
  const who = {
    controller: deps.config.MOTIVO_CONTROLLER,
    dataProtectionOfficer: deps.config.MOTIVO_DPO,
  };
  const dryRuns = openDryRuns(deps, deps.config.MOTIVO_DRY_RUNS_PER_HOUR);
  const rights = { ...deps, rights: rightsSettings(deps.config) };
  const api = new Api(deps.verify, mandateUse(rights));
  productRoutes(api, { ...deps, dryRuns });
  batchRoutes(api, deps);
  counterfactualRoutes(api, deps);
  standingRoutes(api, deps);
  subjectRoutes(api, rights, who);
  requestRoutes(api, rights);
  copyRoutes(api, rights);
  requestDeskRoutes(api, rights);
  mandateRoutes(api, rights);
  openDsrRoutes(api, rights, deps.openDsr ?? null, who);
  reviewRoutes(api, rights);
  auditorRoutes(api, deps);
  operatorRoutes(api, deps);
  erasureRoutes(api, deps);
  incidentRoutes(api, rights);
  checkpointRoutes(api, deps);
  processingRoutes(api, deps, who);
  riskRoutes(api, deps, deps.riskGauges ?? new RiskGauges());
  modelReadRoutes(api, deps.models);
  modelWriteRoutes(api, deps);
  logRoutes(api, deps);
  healthRoutes(api, deps.ready, [deps.epoch.provider.warning ?? [], deps.warnings ?? []].flat());

  const pagesDeps: PagesDeps = {
    ...who,
    development: deps.config.development,
    assets: deps.assets,
    sessions: deps.sessions,
    verify: deps.verify,
    now: deps.now,
    ...signInParts(rights, deps.config, {
      issuer: deps.issuer ?? null,
      channel: deps.codeChannel ?? null,
    }),
    ...publicVerbs(deps.db, deps.log, deps.models),
    ...personalVerbs(rights, who),
    copies: copyVerbs(rights),
    requests: requestVerbs(rights),
    mandates: mandateVerbs(rights),
    actUnder: mandateUse(rights),
    ...productVerbs(deps, dryRuns),
    ...officeVerbs(rights),
    overseer: { ...logVerbs(deps), ...modelVerbs(deps) },
    dryRunsPerHour: deps.config.MOTIVO_DRY_RUNS_PER_HOUR,
  };
  const app = shell(deps, api, (c, problem) => showProblem(pagesDeps, c, problem));
  app.route("/", api.hono);
  app.route("/", documentationRoutes(api, VERSION));
  app.route("/", pages(pagesDeps));
  return { app, api };
}
