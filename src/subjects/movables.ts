import type { Movable } from "../privacy/epoch-move.ts";
import { moveNotices, moveRequests } from "./requests/move.ts";

/** What hangs on an epoch beside people and payloads. Whoever stores something under an epoch's key adds it here. */
export const MOVABLES: readonly Movable[] = [
  { name: "requests", move: moveRequests },
  { name: "notices", move: moveNotices },
];
