import type { Failure } from "./failure.ts";

/** What a command found, on stdout: one JSON object for programs, or a text for people. */
export function answer(json: boolean, result: object, text: string): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : `${text}\n`);
}

/**
 * Why a command ended otherwise: a sentence on stderr with its code and every fault, or, with --json, one JSON object
 * on stdout, where a program reads anyway: `{ok: false, code, message, faults}`.
 */
export function answerFailure(json: boolean, { code, message, faults }: Failure): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: false, code, message, faults })}\n`);
    return;
  }
  const lines = faults.map((fault) => `  ${fault.pointer || "/"} ${fault.detail} (${fault.code})`);
  process.stderr.write(`${[`motivo: ${message} (${code})`, ...lines].join("\n")}\n`);
}
