import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { CopyKind } from "../subjects/copies/asked.ts";
import type { CopySink } from "../subjects/copies/sink.ts";
import { CommandError, EXIT } from "./failure.ts";
import { askService, type RunningService } from "./running-service.ts";

/** What is told while a copy is made: a share in [0, 1], and a word. */
export type Telling = (share: number | undefined, told: string) => void;

const asked = z.object({
  result: z
    .object({ copy: z.object({ kind: z.string(), location: z.string() }).nullable().optional() })
    .optional(),
});
const copySchema = z.object({
  state: z.enum(["making", "ready", "failed"]),
  done: z.int(),
  total: z.int(),
  files: z.array(z.object({ name: z.string(), mediaType: z.string(), location: z.string() })),
});

const POLL_MS = 300;
const RIGHT = { access: "access_complete", portability: "portability" } as const;

/**
 * Has the service make a copy, as its person would, and fetches its files.
 * @param service with the person's own token: an operator's opens nobody's data
 * @throws Problem nothing_held and whatever the service refused with; CommandError copy_failed
 */
export async function fetchCopy(
  service: RunningService,
  { kind, language }: { kind: CopyKind; language: string },
  sink: CopySink,
  tell: Telling,
): Promise<void> {
  const { result } = await askService(service, `/v1/me/requests/${RIGHT[kind]}`, { language }, asked);
  const { Problem } = await import("../errors.ts");
  if (!result?.copy) throw new Problem("nothing_held");
  // One that was asked for elsewhere a moment ago, of another kind: it is theirs to wait for.
  if (result.copy.kind !== kind) throw new Problem("copy_not_ready", "Another copy is being made");
  const { location } = result.copy;
  let copy = await askService(service, location, undefined, copySchema);
  while (copy.state === "making") {
    tell(copy.total === 0 ? undefined : copy.done / copy.total, `${copy.done} of ${copy.total} entries`);
    await sleep(POLL_MS);
    copy = await askService(service, location, undefined, copySchema);
  }
  if (copy.state === "failed") {
    throw new CommandError(
      EXIT.refused,
      "copy_failed",
      "The service could not make the copy; its own log says why.",
    );
  }
  for (const [i, file] of copy.files.entries()) {
    tell(i / copy.files.length, file.name);
    await fetchFile(service, file, sink);
  }
}

async function fetchFile(
  service: RunningService,
  { name, mediaType, location }: z.infer<typeof copySchema>["files"][number],
  sink: CopySink,
): Promise<void> {
  // The name becomes a file's: nothing that could lead out of the folder.
  if (!/^[a-z0-9][a-z0-9.-]{0,59}$/.test(name)) {
    throw new CommandError(
      EXIT.refused,
      "service_not_understood",
      "The service names a file as Motivo does not.",
    );
  }
  const response = await fetch(new URL(location, service.url), {
    headers: { authorization: `Bearer ${service.token}` },
  });
  if (!response.ok || response.body === null) {
    throw new CommandError(
      EXIT.refused,
      "copy_failed",
      `The service answered ${response.status} for a file of the copy.`,
    );
  }
  const file = await sink.open(name, mediaType);
  for await (const bytes of response.body) await file.write(bytes as Uint8Array);
  await file.end();
}
