import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Config } from "../config.ts";
import { isFolderLocked } from "../db/folder-lock.ts";
import { PROBLEMS, Problem, type ProblemCode } from "../errors.ts";
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
/**
 * The development service that holds a data folder, by the `dev.json` that it left there.
 * @throws CommandError service_unknown when there is none to read
 */
async function serviceOfFolder(folder: string, fileName: string): Promise<RunningService> {
  try {
    const { url, tokens } = devFile.parse(JSON.parse(await readFile(join(folder, fileName), "utf8")));
    return { url, token: tokens.operator };
  } catch (cause) {
    const message = `A running service holds ${folder}, and left no ${fileName} that can be read there.`;
    throw new CommandError(EXIT.unusable, "service_unknown", message, { cause });
  }
}

/** `--service` and `--token-file`, as commands that may go through a service take them. */
export interface ServiceOptions {
  service?: string;
  tokenFile?: string;
}

/**
 * The service to go through, or null when the database is free to be opened here.
 * @throws CommandError arguments_invalid, token_unreadable, folder_locked, service_unknown
 */
export async function serviceToUse(config: Config, options: ServiceOptions): Promise<RunningService | null> {
  if ((options.service === undefined) !== (options.tokenFile === undefined)) {
    throw new CommandError(EXIT.unusable, "arguments_invalid", "--service and --token-file go together");
  }
  if (options.service !== undefined && options.tokenFile !== undefined) {
    return { url: serviceUrl(options.service), token: await readToken(options.tokenFile) };
  }
  if (config.DATABASE_URL || !(await isFolderLocked(config.MOTIVO_DATA))) return null;
  if (!config.development) {
    const message =
      `A running service holds ${config.MOTIVO_DATA}, and takes tokens of its issuer alone: ` +
      "pass --service <url> and --token-file <file> with an operator token.";
    throw new CommandError(EXIT.unusable, "folder_locked", message);
  }
  const { DEV_FILE } = await import("../node.ts");
  return serviceOfFolder(config.MOTIVO_DATA, DEV_FILE);
}

function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === "http:" || url?.protocol === "https:") return url.origin;
  throw new CommandError(EXIT.unusable, "arguments_invalid", "--service is an http or https address");
}

async function readToken(file: string): Promise<string> {
  const token = await readFile(file, "utf8").catch(() => "");
  if (token.trim() !== "") return token.trim();
  throw new CommandError(EXIT.unusable, "token_unreadable", `No token can be read from ${file}.`);
}

/**
 * Asks an operator route of the service: POST with a body, GET without one (undefined).
 * @throws Problem whatever the service refused with; CommandError service_unreachable, service_not_understood
 */
export async function askService<T>(
  service: RunningService,
  path: string,
  body: unknown,
  schema: z.ZodType<T>,
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(new URL(path, service.url), {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${service.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    const message = `The service at ${service.url} does not answer.`;
    throw new CommandError(EXIT.unusable, "service_unreachable", message, { cause });
  }
  const answered: unknown = await response.json().catch(() => null);
  if (response.ok) {
    const parsed = schema.safeParse(answered);
    if (parsed.success) return parsed.data;
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
