import type { Context } from "hono";
import { nestsDeeperThan } from "../../audit/canonical.ts";
import { Problem } from "../errors.ts";

/** Deeper than any request of ours; JSON.parse itself gives up only at some thousands. */
const MAX_DEPTH = 16;

/** Bytes of an ordinary request; publishing a package names its own. */
const DEFAULT_BODY_BYTES = 1024 * 1024;

/** The raw body. @throws Problem body_too_large */
export async function readLimited(c: Context, maxBytes: number): Promise<Uint8Array> {
  const length = c.req.header("content-length");
  const tooLarge = () => new Problem("body_too_large", `The body may have ${maxBytes} bytes`);
  if (Number(length ?? 0) > maxBytes) throw tooLarge();
  // Of a body that says its length no more is read than it says; a stream costs more than all else about a small one.
  if (length !== undefined) {
    const bytes = new Uint8Array(await c.req.raw.arrayBuffer());
    if (bytes.length > maxBytes) throw tooLarge();
    return bytes;
  }
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    read += chunk.length;
    if (read > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * The request's body as a JSON object. Nothing of a body that does not parse is repeated in the refusal.
 * @throws Problem unsupported_media_type, body_too_large, invalid_utf8, malformed_json, too_deep, body_not_object
 */
export async function readJsonObject(
  c: Context,
  maxBytes = DEFAULT_BODY_BYTES,
): Promise<Record<string, unknown>> {
  needJson(c);
  return parseObject(await readLimited(c, maxBytes));
}

/** @throws Problem unsupported_media_type */
export function needJson(c: Context): void {
  const mediaType = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (mediaType !== "application/json") throw new Problem("unsupported_media_type");
}

/** @throws Problem invalid_utf8, malformed_json, too_deep, body_not_object */
export function parseObject(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem("invalid_utf8");
  }
  if (nestsDeeperThan(MAX_DEPTH, text)) throw new Problem("too_deep", `More than ${MAX_DEPTH} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem("malformed_json");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Problem("body_not_object");
  return value as Record<string, unknown>;
}
