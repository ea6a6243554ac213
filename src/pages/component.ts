import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A change of `motivo-reasons.js` is a new version: pages elsewhere hold the hash of the one they took. */
const VERSION = "1.0.0";

export interface ReasonsComponent {
  version: string;
  /** The same for ever, and so are the bytes behind it. */
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
  /** Subresource Integrity (W3C): `sha384-` and base64 */
  integrity: string;
}

/** The custom element that product teams embed. Read once, at start: what the repository holds is what is served. */
export function reasonsComponent(): ReasonsComponent {
  const bytes = new Uint8Array(readFileSync(new URL("component/motivo-reasons.js", import.meta.url)));
  return {
    version: VERSION,
    path: `/components/motivo-reasons-${VERSION}.js`,
    bytes,
    integrity: `sha384-${createHash("sha384").update(bytes).digest("base64")}`,
  };
}
