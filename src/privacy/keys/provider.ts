/** The key of an epoch is missing, unusable, refused by its provider, or gone for good. Says nothing of its bytes. */
export class EpochKeyError extends Error {
  override name = "EpochKeyError";
}

/** What has become of an epoch key that was to be destroyed. */
export type Destruction =
  /** Gone, for whoever holds any copy, since `at`. */
  | { state: "destroyed"; at: Date }
  /** Refused to everybody from now on, gone from `from` on; calling `destroy` after that time says whether it is. */
  | { state: "scheduled"; from: Date }
  /** Nothing can take it back: an environment variable has been read by who knows whom. */
  | { state: "impossible" };

/**
 * Where epoch keys live, which is never the database: neither a key nor its wrapped form is in a table or a dump. Each
 * epoch has one key of 32 bytes, whose destruction leaves nothing that opens what hung on it.
 */
export interface EpochKeyProvider {
  readonly kind: "folder" | "aws-kms" | "vault-transit" | "environment";
  /** What whoever starts the service must know about this provider; null when there is nothing to be warned of. */
  readonly warning: string | null;
  /**
   * Makes the key of an epoch. One that is already there is kept, so that replicas which start together end with one.
   * @returns 32 bytes that will be there again after a power cut
   */
  create(epoch: number): Promise<Uint8Array>;
  /**
   * Opens the key of an epoch: one call to the provider, whatever the number of people.
   * @throws EpochKeyError when it is missing, disabled, pending deletion, destroyed, or not to be reached
   */
  open(epoch: number): Promise<Uint8Array>;
  /** Whether this provider knows a key for this epoch that was not destroyed. Asks nothing over the network. */
  exists(epoch: number): Promise<boolean>;
  /**
   * Destroys the key of an epoch, or goes on with it: may be called again after a crash at any point, and again later
   * to learn whether a scheduled destruction has taken place.
   */
  destroy(epoch: number): Promise<Destruction>;
}

export const EPOCH_KEY_BYTES = 32;

/** The bytes of a key that a provider handed over. @throws EpochKeyError unless they are 32 */
export function asEpochKey(bytes: Uint8Array | undefined, from: string): Uint8Array {
  if (bytes?.length === EPOCH_KEY_BYTES) return new Uint8Array(bytes);
  throw new EpochKeyError(`${from} answered with something that is no key of 32 bytes`);
}
