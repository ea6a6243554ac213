import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, readConfig } from "../config.ts";
import { type DevIssuer, openDevIssuer } from "../http/dev-issuer.ts";
import { serviceLog } from "../http/service-log.ts";
import { startService } from "../node.ts";
import { keyFolder } from "../privacy/key-folder.ts";

/** A service of the story's own, and what its audiences hold. */
export interface Stage {
  url: string;
  vkey: string;
  /** For the files of the story; gone with everything else at the end. */
  folder: string;
  tokenFor: DevIssuer["issue"];
  /** Everything that the service has written to its own log. */
  serviceLogText(): string;
  close(): Promise<void>;
}

/**
 * Starts a service on a folder and a free port of its own. The environment's settings stay out of it: the story must
 * never write to a database that is in use.
 */
export async function openStage(): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "motivo-demo-"));
  const onSignal = () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const remove = async () => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const config: Config = readConfig({ PORT: "0", MOTIVO_DATA: join(folder, "data") });
    const lines: string[] = [];
    const logger = serviceLog("debug", { write: (line: string) => void lines.push(line) });
    const service = await startService(config, { logger });
    const issuer = await openDevIssuer(config, keyFolder(config.MOTIVO_KEYS), () => new Date());
    return {
      url: service.url,
      vkey: service.vkey,
      folder,
      tokenFor: issuer.issue,
      serviceLogText: () => lines.join(""),
      async close() {
        await service.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
