import type { Command } from "commander";
import { readConfig } from "../config.ts";
import { EXIT } from "./failure.ts";

/** `motivo serve`, which `npm start` is. */
export function declareServe(program: Command): void {
  program
    .command("serve")
    .description("start the service; Ctrl-C closes it")
    .action(async () => {
      const config = readConfig(process.env);
      const asked = closeSignal();
      const [{ startService }, { banner }] = await Promise.all([import("../node.ts"), import("./banner.ts")]);
      const service = await startService(config);
      process.stdout.write(await banner(config, service));
      await asked;
      process.stdout.write("\nMotivo finishes what it has taken, and closes.\n");
      await service.close();
      process.exit(EXIT.done);
    });
}

/** A terminal and npm each pass on the same Ctrl-C: a second signal this soon is not a second wish. */
const SAME_WISH_MS = 500;

/**
 * Resolves at the first SIGINT or SIGTERM, which may come before the service is up: it then starts and closes at once,
 * since a start that is cut off leaves a lock that the next one has to wait for. The second ends the process at once;
 * every acknowledged decision is committed by then, and what was not is not acknowledged.
 */
function closeSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (signal: NodeJS.Signals) => {
      if (first === undefined) {
        first = performance.now();
        resolve();
      } else if (performance.now() - first > SAME_WISH_MS) {
        process.exit(signal === "SIGINT" ? 130 : 143);
      }
    };
    process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  });
}
