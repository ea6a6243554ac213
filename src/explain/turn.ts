/** So many background rows are gone through before others have their turn of the event loop: a millisecond at most. */
export const ROWS_A_TURN = 512;

/** Lets everything else that waits have the event loop, then goes on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
