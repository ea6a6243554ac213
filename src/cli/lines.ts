import type { Readable, Writable } from "node:stream";

/** The lines of a stream of UTF-8 text, ended by "\n" alone: a "\r" before it belongs to the line. */
export async function* linesOf(input: Readable): AsyncGenerator<string> {
  input.setEncoding("utf8");
  let rest: string[] = [];
  for await (const chunk of input as AsyncIterable<string>) {
    const parts = chunk.split("\n");
    for (const part of parts.slice(0, -1)) {
      yield rest.length === 0 ? part : rest.join("") + part;
      rest = [];
    }
    rest.push(parts.at(-1)!);
  }
  const last = rest.join("");
  if (last !== "") yield last;
}

/**
 * Writes lines as they come and waits where the reader is slow. Ends early, without an error, when the reader has gone
 * (`… | head`).
 */
export async function writeLines(output: Writable, lines: AsyncIterable<string>): Promise<void> {
  let gone = false;
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    gone = true;
    output.emit("drain");
  };
  output.on("error", onError);
  try {
    for await (const line of lines) {
      if (gone) return;
      if (!output.write(`${line}\n`)) await new Promise((resolve) => output.once("drain", resolve));
    }
  } finally {
    if (!gone) output.off("error", onError);
  }
}

/** One answer line per input line: what a program finds in place of an answer where a line could not be read. */
export const badLine = (line: number, rule: string): string =>
  JSON.stringify({ ok: false, code: "line_invalid", line, message: `Line ${line}: ${rule}.` });
