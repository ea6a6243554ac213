import { fileURLToPath } from "node:url";

/** Where Node keeps what it has stripped and compiled of the sources, for the many processes that tests start. */
export const COMPILED = fileURLToPath(new URL("../../node_modules/.cache/motivo/compiled", import.meta.url));
