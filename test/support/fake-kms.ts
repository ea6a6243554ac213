import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

type KeyState = "Enabled" | "Disabled" | "PendingDeletion";
interface Key {
  arn: string;
  secret: Buffer;
  state: KeyState;
  deletionDate: Date | null;
}
type Asked = Record<string, unknown>;

class KmsRefusal extends Error {
  readonly type: string;
  constructor(type: string) {
    super(type);
    this.type = type;
  }
}

/**
 * AWS KMS as its wire protocol says (JSON 1.1, `X-Amz-Target: TrentService.…`), on loopback: the encryption context is
 * bound, a disabled key and one pending deletion are refused, deletion takes seven days at least and then the key is
 * not there. The clock is the test's.
 */
export async function fakeKms() {
  const keys = new Map<string, Key>();
  const calls: string[] = [];
  const clock = { now: new Date("2026-03-01T12:00:00Z") };

  function find(id: unknown): Key {
    // By id or by ARN, as KMS takes both.
    const key = keys.get(String(id)) ?? [...keys.values()].find(({ arn }) => arn.endsWith(`/${id}`));
    if (!key || (key.deletionDate !== null && key.deletionDate <= clock.now)) {
      throw new KmsRefusal("NotFoundException");
    }
    return key;
  }
  function usable(id: unknown): Key {
    const key = find(id);
    if (key.state === "Disabled") throw new KmsRefusal("DisabledException");
    if (key.state === "PendingDeletion") throw new KmsRefusal("KMSInvalidStateException");
    return key;
  }
  const aadOf = (context: unknown) =>
    Buffer.from(JSON.stringify(Object.entries((context ?? {}) as Record<string, string>).sort()));
  const metadata = ({ arn, state, deletionDate }: Key) => ({
    KeyId: arn.split("/")[1],
    Arn: arn,
    Enabled: state === "Enabled",
    KeyState: state,
    ...(deletionDate === null ? {} : { DeletionDate: deletionDate.getTime() / 1000 }),
  });

  const targets: Record<string, (asked: Asked) => object> = {
    CreateKey() {
      const arn = `arn:aws:kms:sa-east-1:111122223333:key/${randomUUID()}`;
      const key: Key = { arn, secret: randomBytes(32), state: "Enabled", deletionDate: null };
      keys.set(arn, key);
      return { KeyMetadata: metadata(key) };
    },
    DescribeKey: ({ KeyId }) => ({ KeyMetadata: metadata(find(KeyId)) }),
    DisableKey({ KeyId }) {
      const key = find(KeyId);
      if (key.state === "PendingDeletion") throw new KmsRefusal("KMSInvalidStateException");
      key.state = "Disabled";
      return {};
    },
    ScheduleKeyDeletion({ KeyId, PendingWindowInDays }) {
      const days = Number(PendingWindowInDays ?? 30);
      if (!(days >= 7 && days <= 30)) throw new KmsRefusal("ValidationException");
      const key = find(KeyId);
      if (key.state === "PendingDeletion") throw new KmsRefusal("KMSInvalidStateException");
      key.state = "PendingDeletion";
      key.deletionDate = new Date(clock.now.getTime() + days * 86_400_000);
      return { KeyId: key.arn, DeletionDate: key.deletionDate.getTime() / 1000, KeyState: key.state };
    },
    CancelKeyDeletion({ KeyId }) {
      const key = find(KeyId);
      key.state = "Disabled";
      key.deletionDate = null;
      return { KeyId: key.arn };
    },
    GenerateDataKey({ KeyId, NumberOfBytes, EncryptionContext }) {
      const key = usable(KeyId);
      const plaintext = randomBytes(Number(NumberOfBytes));
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key.secret, nonce);
      cipher.setAAD(aadOf(EncryptionContext));
      const body = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      return {
        KeyId: key.arn,
        Plaintext: plaintext.toString("base64"),
        CiphertextBlob: Buffer.concat([nonce, body]).toString("base64"),
      };
    },
    Decrypt({ KeyId, CiphertextBlob, EncryptionContext }) {
      const key = usable(KeyId);
      const blob = Buffer.from(String(CiphertextBlob), "base64");
      const decipher = createDecipheriv("aes-256-gcm", key.secret, blob.subarray(0, 12));
      decipher.setAAD(aadOf(EncryptionContext));
      decipher.setAuthTag(blob.subarray(-16));
      try {
        const plaintext = Buffer.concat([decipher.update(blob.subarray(12, -16)), decipher.final()]);
        return { KeyId: key.arn, Plaintext: plaintext.toString("base64") };
      } catch {
        throw new KmsRefusal("InvalidCiphertextException");
      }
    },
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const target = String(request.headers["x-amz-target"]);
      const signed = /^AWS4-HMAC-SHA256 /.test(request.headers.authorization ?? "");
      response.setHeader("content-type", "application/x-amz-json-1.1");
      const name = target.replace(/^TrentService\./, "");
      calls.push(name);
      try {
        if (!signed || request.headers["content-type"] !== "application/x-amz-json-1.1") {
          throw new KmsRefusal("MissingAuthenticationTokenException");
        }
        const work = target.startsWith("TrentService.") ? targets[name] : undefined;
        if (!work) throw new KmsRefusal("UnknownOperationException");
        response.end(JSON.stringify(work(JSON.parse(Buffer.concat(chunks).toString() || "{}"))));
      } catch (error) {
        response.statusCode = 400;
        const type = error instanceof KmsRefusal ? error.type : "KMSInternalException";
        response.end(JSON.stringify({ __type: type, message: "refused" }));
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    client: {
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      region: "sa-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    },
    keys,
    calls,
    clock,
    cancelDeletion: (arn: string) => targets.CancelKeyDeletion!({ KeyId: arn }),
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
