import type { Command } from "commander";
import { z } from "zod";
import { type Config, readConfig } from "../config.ts";
import type { ClosedEpoch } from "../subjects/close-epoch.ts";
import { answer } from "./answer.ts";
import { withDeps } from "./by-hand.ts";
import { askService, type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  json?: true;
}

const closedEpoch = z.object({
  epoch: z.int(),
  state: z.enum(["moving", "scheduled", "destroyed", "cannot-be-destroyed"]),
  movedRows: z.int(),
  at: z.string().nullable(),
  logIndex: z.int().nullable(),
});

/** `motivo keys`: looks after epoch keys. */
export function declareKeys(program: Command): void {
  program
    .command("keys")
    .description("look after epoch keys")
    .command("close-epoch")
    .description(
      "bring survivors under a new key and destroy the old one: no copy from before opens any more",
    )
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "an operator token for that service")
    .option("--json", "answer with one JSON object")
    .action(async (options: Options) => {
      const config = readConfig(process.env);
      const service = await serviceToUse(config, options);
      const closed = service
        ? await askService(service, "/v1/epochs/close", {}, closedEpoch)
        : await closeHere(config, options.json === true);
      answer(options.json === true, { ok: true, ...closed }, told(closed));
    });
}

async function closeHere(config: Config, quiet: boolean): Promise<ClosedEpoch> {
  const { closeEpoch } = await import("../subjects/close-epoch.ts");
  return withDeps(config, async (deps) => {
    try {
      await deps.epoch.watch(() => {});
      return await closeEpoch(deps, {
        onProgress: ({ what, rows }) => {
          if (!quiet && process.stderr.isTTY) process.stderr.write(`\r${what}: ${rows} moved\u001b[K`);
        },
      });
    } finally {
      if (!quiet && process.stderr.isTTY) process.stderr.write("\r\u001b[K");
    }
  });
}

function told({ epoch, state, movedRows, at, logIndex }: z.infer<typeof closedEpoch>): string {
  const moved = `${movedRows} rows are under the next key.`;
  switch (state) {
    case "destroyed":
      return `Epoch ${epoch} is closed: ${moved} Its key was destroyed at ${at}; entry ${logIndex} of the log says so.`;
    case "scheduled":
      return `Epoch ${epoch} is closed: ${moved} Its provider refuses the key from now on and deletes it from ${at} on.`;
    case "cannot-be-destroyed":
      return `Epoch ${epoch} is closed: ${moved} Its key came from the environment, which cannot be destroyed.`;
    case "moving":
      return `Epoch ${epoch}: ${moved} Another process still holds its key; the service destroys it when none does.`;
  }
}
