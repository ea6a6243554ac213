import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { opendsrRequest } from "../../db/tables.ts";
import { type CallerLink, standingFor, statusOf } from "../opendsr/standing.ts";
import type { OpenedRequest } from "../requests/request.ts";
import type { RightsDeps } from "../requests/settings.ts";
import type { RequestState } from "../requests/states.ts";
import { enqueue } from "./notices.ts";

/** Tells one caller how its request stands, at each of its callback addresses. */
export async function tellCaller(
  tx: Database,
  deps: RightsDeps,
  link: CallerLink & { caller: string; callbacks: string[] },
  request: Omit<OpenedRequest, "key">,
): Promise<void> {
  const told = standingFor(link, request, 0);
  for (const url of link.callbacks) {
    await enqueue(tx, deps, request.id, { channel: "opendsr", caller: link.caller, url, told });
  }
}

/** Tells every caller whose request this is that its OpenDSR status changed, in the transaction of the step. */
export async function tellCallers(
  tx: Database,
  deps: RightsDeps,
  before: RequestState,
  request: Omit<OpenedRequest, "key">,
): Promise<void> {
  const ground = request.content.steps.at(-1)?.ground;
  if (statusOf(before, undefined) === statusOf(request.state, ground)) return;
  const links = await tx.select().from(opendsrRequest).where(eq(opendsrRequest.request, request.id));
  for (const link of links) if (link.cancelledAt === null) await tellCaller(tx, deps, link, request);
}
