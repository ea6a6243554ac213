import { createHash } from "node:crypto";

/** What the sealed tag key of a removal is bound to. */
export const removalContext = (id: string): Buffer => Buffer.from(`motivo/removal/v1/${id}`);

/**
 * By what the log names a data key whose access ended: SHA-256 of its random id of 122 bits, in hex. Whoever restores an
 * older database finds the key in it by this name; it leads to no entry, and without such a database to nothing.
 */
export const nameOfErasedKey = (id: string): string =>
  createHash("sha256").update(`motivo/erased-key/v1/${id}`).digest("hex");
