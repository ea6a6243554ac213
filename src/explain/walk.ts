/** One order for a background row, and the ids of the coalitions met on the way. */
export interface Walk {
  background: number;
  order: Uint32Array;
  /** After 1, 2, … k−1 players of the order joined. */
  forward: Uint32Array;
  /** The same for the order read backward. */
  backward: Uint32Array;
}
