import {
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  GenerateDataKeyCommand,
  KMSClient,
  type KMSClientConfig,
  KMSServiceException,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { asEpochKey, EPOCH_KEY_BYTES, EpochKeyError, type EpochKeyProvider } from "./provider.ts";
import { readWrapped, type WrappedKey, wrappedBy, writeWrapped } from "./wrapped-file.ts";

export interface AwsKmsOptions {
  /** Key folder: the wrapped epoch keys lie there, outside the database. */
  folder: string;
  /** Name of the log: bound into every wrapped key, so that one log's does not open for another. */
  origin: string;
  /** Days until a deleted key is really gone; AWS takes 7 to 30. */
  deletionDays: number;
  now: () => Date;
  /** Beside what the SDK finds by itself (AWS_REGION, credentials, AWS_ENDPOINT_URL_KMS). */
  client?: KMSClientConfig;
}

/**
 * AWS KMS with one KMS key an epoch: `GenerateDataKey` makes the epoch key, `Decrypt` opens it, both bound to log and
 * epoch by their EncryptionContext. KMS refuses a key that is disabled or pending deletion, and deletes after seven days
 * at least; the wrapped key is taken away at once, so that only a copy of the key folder could ask in these days, and
 * the KMS key, which is disabled by then, would refuse it.
 */
export function awsKmsEpochKeys(options: AwsKmsOptions): EpochKeyProvider {
  const { folder, origin, deletionDays, now } = options;
  const kms = new KMSClient({ maxAttempts: 3, ...options.client });
  const contextOf = (epoch: number) => ({ "motivo:log": origin, "motivo:epoch": String(epoch) });

  const files = wrappedBy(folder, "aws-kms");

  async function open(epoch: number): Promise<Uint8Array> {
    const { key, wrapped } = await files.usable(epoch);
    const { Plaintext } = await refusalsNamed(`open the key of epoch ${epoch}`, () =>
      kms.send(
        new DecryptCommand({
          KeyId: key,
          CiphertextBlob: Buffer.from(wrapped, "base64"),
          EncryptionContext: contextOf(epoch),
        }),
      ),
    );
    return asEpochKey(Plaintext, "AWS KMS");
  }

  /** The KMS keys of replicas that came second wrap nothing and cost money: they go. */
  const discard = (key: string) =>
    kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: deletionDays }));

  async function create(epoch: number): Promise<Uint8Array> {
    if (await readWrapped(folder, epoch)) return open(epoch);
    const made = await refusalsNamed("make a key", () =>
      kms.send(
        new CreateKeyCommand({
          Description: `Motivo, ${origin}, epoch ${epoch}`,
          Tags: [{ TagKey: "motivo-epoch", TagValue: String(epoch) }],
        }),
      ),
    );
    const key = made.KeyMetadata?.KeyId;
    if (!key) throw new EpochKeyError("AWS KMS made a key without a name");
    const { CiphertextBlob, Plaintext } = await refusalsNamed("make an epoch key", () =>
      kms.send(
        new GenerateDataKeyCommand({
          KeyId: key,
          NumberOfBytes: EPOCH_KEY_BYTES,
          EncryptionContext: contextOf(epoch),
        }),
      ),
    );
    if (!CiphertextBlob) throw new EpochKeyError("AWS KMS made no wrapped key");
    const file: WrappedKey = {
      format: "motivo-wrapped-epoch-key/v1",
      provider: "aws-kms",
      key,
      wrapped: Buffer.from(CiphertextBlob).toString("base64"),
      goneFrom: null,
    };
    const kept = await writeWrapped(folder, epoch, file, "new");
    if (kept.key === key) return asEpochKey(Plaintext, "AWS KMS");
    await refusalsNamed("discard a key", () => discard(key));
    return open(epoch);
  }

  async function destroy(epoch: number) {
    const file = await files.known(epoch);
    let from = file.goneFrom === null ? null : new Date(file.goneFrom);
    if (from === null) {
      // First the deletion that KMS promises, then our part: the other way about, a crash would leave a KMS key for ever.
      from = await scheduled(file.key);
      await writeWrapped(folder, epoch, { ...file, wrapped: null, goneFrom: from.toISOString() }, "replace");
    }
    if (from.getTime() > now().getTime()) return { state: "scheduled" as const, from };
    return (await isGone(file.key))
      ? { state: "destroyed" as const, at: from }
      : { state: "scheduled" as const, from: new Date(now().getTime() + 3_600_000) };
  }

  /** Disabled first: between here and the deletion nobody may use it. Both may be asked for again. */
  async function scheduled(key: string): Promise<Date> {
    return refusalsNamed("schedule a deletion", async () => {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key }));
      if (KeyMetadata?.KeyState === "PendingDeletion" && KeyMetadata.DeletionDate)
        return KeyMetadata.DeletionDate;
      await kms.send(new DisableKeyCommand({ KeyId: key }));
      const { DeletionDate } = await discard(key);
      if (!DeletionDate) throw new EpochKeyError("AWS KMS did not say when it deletes the key");
      return DeletionDate;
    });
  }

  /** The date may pass with the key still there: an administrator can cancel a deletion. What AWS says counts. */
  async function isGone(key: string): Promise<boolean> {
    try {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: key }));
      if (KeyMetadata?.KeyState === "PendingDeletion") return false;
      throw new EpochKeyError(
        "The deletion of a destroyed epoch's KMS key was cancelled: schedule it again by hand",
      );
    } catch (error) {
      if (error instanceof KMSServiceException && error.name === "NotFoundException") return true;
      throw error;
    }
  }

  return {
    kind: "aws-kms",
    warning: null,
    create,
    open,
    exists: files.exists,
    destroy,
  };
}

/** KMS's refusals by their names (DisabledException, KMSInvalidStateException, InvalidCiphertextException …), without its words. */
async function refusalsNamed<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof EpochKeyError) throw cause;
    const name = cause instanceof Error ? cause.name : "unknown";
    throw new EpochKeyError(`AWS KMS did not ${what} (${name})`, { cause });
  }
}
