import type { PagesDeps } from "../deps.ts";
import { fieldsOf } from "../form-fields.ts";
import type { Visit } from "../visit.ts";

/** What the pages of operators are mounted on. */
export type OperatorDeps = Pick<PagesDeps, "operator" | "sessions" | "logState" | "contract" | "now">;

/** The log as the last line of an expert's page has it. */
export type LogLine = () => Promise<{ size: number; root: string }>;

/** Reads a form of this session. @throws Problem invalid_csrf */
export async function formOf(
  { sessions }: OperatorDeps,
  { c, session }: Visit,
): Promise<Record<string, string>> {
  const typed = fieldsOf(await c.req.parseBody());
  sessions.checkCsrf(session!, typed.csrf);
  return typed;
}
