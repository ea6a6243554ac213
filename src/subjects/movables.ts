import type { Movable } from "../privacy/epoch-move.ts";
import { heldPeople } from "./holds.ts";
import { moveMandates } from "./mandates/move-mandates.ts";
import { removalKeys } from "./removal.ts";
import { moveNotices, moveRequests } from "./requests/move.ts";

/** What hangs on an epoch beside people and payloads. Whoever stores something under an epoch's key adds it here. */
export const MOVABLES: readonly Movable[] = [
  removalKeys,
  heldPeople,
  { name: "requests", move: moveRequests },
  { name: "notices", move: moveNotices },
  { name: "mandates", move: moveMandates },
];
