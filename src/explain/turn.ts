/** Lets everything else that waits have the event loop, then goes on. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
