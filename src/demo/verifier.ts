import { execFile } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** The verifier's own command, which shares nothing with the service but the formats. */
const COMMAND = fileURLToPath(new URL(`../../audit/cli${extname(import.meta.url)}`, import.meta.url));

const verdict = z.object({
  ok: z.boolean(),
  state: z.string(),
  code: z.string().nullable(),
  entries: z.int(),
  states: z.object({ VERIFIED: z.int(), COARSENED: z.int(), ERASED: z.int(), PENDING: z.int() }),
});

export type ToldVerdict = z.infer<typeof verdict> & { exitCode: number };

/** Runs `audit/cli` in a process of its own. @param checkpoint file of one kept from before */
export async function verifyApart(file: string, vkey: string, checkpoint?: string): Promise<ToldVerdict> {
  const kept = checkpoint === undefined ? [] : ["--checkpoint", checkpoint];
  const { exitCode, stdout } = await new Promise<{ exitCode: number; stdout: string }>((resolve, reject) => {
    execFile(
      process.execPath,
      [COMMAND, "verify", file, "--key", vkey, ...kept, "--json"],
      { maxBuffer: 1 << 24 },
      (error, out) => {
        const code = error === null ? 0 : error.code;
        // A process that could not be started, or was ended by a signal, has given no verdict.
        if (typeof code === "number") resolve({ exitCode: code, stdout: out });
        else reject(error);
      },
    );
  });
  return { ...verdict.parse(JSON.parse(stdout)), exitCode };
}
