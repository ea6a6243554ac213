import { html } from "hono/html";
import type { Html } from "../scene.ts";

/** The logo: a motif turned on its side. */
export function logo(size = 22): Html {
  return html`<svg class="logo" width="${size}" height="${size}" viewBox="0 0 22 22" aria-hidden="true" focusable="false"><path d="M10 0h3v22h-3zM13 2h9v4h-9zM0 9h10v4H0zM13 16h5v4h-5z"/></svg>`;
}

export type SealState = "holds" | "unchecked" | "broken";

/** The seal never stands alone: a word beside it says the same. */
export function seal(state: SealState, size = 16): Html {
  return html`<svg class="seal seal-${state}" width="${size}" height="${size}" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path class="seal-line" d="${state === "broken" ? "M3.2 12.8 5.4 9M8 3.2l4.8 9.6" : "M3.2 12.8 8 3.2l4.8 9.6"}"/><circle cx="8" cy="3.2" r="2.5"/><circle cx="3.2" cy="12.8" r="2.5"/><circle cx="12.8" cy="12.8" r="2.5"/></svg>`;
}

export function arrow(direction: "left" | "right"): Html {
  const path = direction === "left" ? "M12 6H2M6 2 2 6l4 4" : "M0 6h10M6 2l4 4-4 4";
  return html`<svg class="arrow" width="12" height="12" viewBox="0 0 12 12" aria-hidden="true" focusable="false"><path d="${path}"/></svg>`;
}

/** What stands where something was: a hatched bar as wide as its place. */
export function gone(): Html {
  return html`<svg class="gone" height="18" width="100%" aria-hidden="true" focusable="false"><rect width="100%" height="18" fill="url(#hatch-gone)"/></svg>`;
}
