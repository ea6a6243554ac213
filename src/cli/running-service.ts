import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { PROBLEMS, Problem, type ProblemCode } from "../errors.ts";
import type { CheckedPackage } from "../models/package.ts";
import type { Published } from "../models/publish.ts";
import { CommandError, EXIT } from "./failure.ts";

/** A service that runs already, and a token that opens its operator routes. */
export interface RunningService {
  url: string;
  token: string;
}

const devFile = z.object({ url: z.url(), tokens: z.object({ operator: z.string() }) });
const problemBody = z.object({
  code: z.string(),
  detail: z.string().default(""),
  errors: z.array(z.object({ pointer: z.string(), code: z.string(), detail: z.string() })).default([]),
});
const publishedBody = z.object({
  model: z.string(),
  version: z.int(),
  aliases: z.array(z.string()),
  logIndex: z.int(),
  digests: z.object({ model: z.string(), background: z.string(), policy: z.string(), package: z.string() }),
});

/**
 * The development service that holds a data folder, by the `dev.json` that it left there.
 * @throws CommandError service_unknown when there is none to read
 */
export async function serviceOfFolder(folder: string, fileName: string): Promise<RunningService> {
  try {
    const { url, tokens } = devFile.parse(JSON.parse(await readFile(join(folder, fileName), "utf8")));
    return { url, token: tokens.operator };
  } catch (cause) {
    const message = `A running service holds ${folder}, and left no ${fileName} that can be read there.`;
    throw new CommandError(EXIT.unusable, "service_unknown", message, { cause });
  }
}

/**
 * Publishes through the service's API.
 * @throws Problem whatever the service refused with; CommandError service_unreachable, service_not_understood
 */
export async function publishThrough(
  service: RunningService,
  files: CheckedPackage["files"],
): Promise<Published> {
  const body = JSON.stringify({
    files: Object.fromEntries(
      [...files].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")]),
    ),
  });
  let response: Response;
  try {
    response = await fetch(new URL("/v1/models", service.url), {
      method: "POST",
      headers: { authorization: `Bearer ${service.token}`, "content-type": "application/json" },
      body,
    });
  } catch (cause) {
    const message = `The service at ${service.url} does not answer.`;
    throw new CommandError(EXIT.unusable, "service_unreachable", message, { cause });
  }
  const answered: unknown = await response.json().catch(() => null);
  if (response.ok) {
    const published = publishedBody.safeParse(answered);
    if (published.success) return published.data;
  } else {
    const refused = problemBody.safeParse(answered);
    if (refused.success && isProblemCode(refused.data.code)) {
      const { code, detail, errors } = refused.data;
      throw new Problem(code, detail, {
        faults: errors.map((fault) => ({ ...fault, code: isProblemCode(fault.code) ? fault.code : code })),
      });
    }
  }
  throw new CommandError(
    EXIT.refused,
    "service_not_understood",
    `The service at ${service.url} answered ${response.status} with something that is not Motivo's.`,
  );
}

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);
