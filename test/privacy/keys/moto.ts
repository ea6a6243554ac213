/**
 * node test/privacy/keys/moto.ts MOTO_SERVER: the KMS provider against moto (`pip install -r test/privacy/keys/moto.txt`), whose
 * authors know the wire and not this project. moto decrypts also after ScheduleKeyDeletion, which AWS does not; that a
 * deleted key is refused is shown against our own fake (`providers.test.ts`), and only asked of the provider here.
 */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awsKmsEpochKeys } from "../../../src/privacy/keys/aws-kms.ts";
import { readWrapped, writeWrapped } from "../../../src/privacy/keys/wrapped-file.ts";
import { freePort } from "../../support/postgres-server.ts";

const program = process.argv[2];
if (!program) throw new Error("Which moto_server?");
const port = await freePort();
const moto = spawn(program, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
const endpoint = `http://127.0.0.1:${port}`;
for (let tries = 0; ; tries++) {
  const up = await fetch(`${endpoint}/moto-api/`).then(
    () => true,
    () => false,
  );
  if (up) break;
  if (tries > 100) throw new Error("moto does not answer");
  await new Promise((resolve) => setTimeout(resolve, 200));
}

const folder = await mkdtemp(join(tmpdir(), "motivo-moto-"));
try {
  const provider = awsKmsEpochKeys({
    folder,
    origin: "log.example/moto",
    deletionDays: 7,
    now: () => new Date(),
    client: { endpoint, region: "sa-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } },
  });
  const one = await provider.create(1);
  const two = await provider.create(2);
  assert.equal(one.length, 32);
  assert.notDeepEqual(one, two);
  assert.deepEqual(await provider.open(1), one);
  console.log("ok  a key is made and opened again");

  const wrapped = (await readWrapped(folder, 1))!;
  await writeWrapped(folder, 1, (await readWrapped(folder, 2))!, "replace");
  await assert.rejects(provider.open(1), /InvalidCiphertextException/);
  console.log("ok  another epoch's wrapped key is refused: the EncryptionContext is bound");

  const flipped = Buffer.from(wrapped.wrapped!, "base64");
  flipped.writeUInt8(flipped.readUInt8(flipped.length - 1) ^ 1, flipped.length - 1);
  await writeWrapped(folder, 1, { ...wrapped, wrapped: flipped.toString("base64") }, "replace");
  await assert.rejects(provider.open(1));
  console.log("ok  a flipped bit is refused");

  await writeWrapped(folder, 1, wrapped, "replace");
  const destruction = await provider.destroy(1);
  assert.equal(destruction.state, "scheduled");
  const days = destruction.state === "scheduled" ? (destruction.from.getTime() - Date.now()) / 86_400_000 : 0;
  assert.ok(days > 6.9 && days < 7.1, `deletion in ${days} days`);
  await assert.rejects(provider.open(1));
  assert.deepEqual(await provider.open(2), two);
  console.log("ok  a deletion is scheduled in seven days, and the next epoch's key still opens");
} finally {
  moto.kill();
  await rm(folder, { recursive: true, force: true });
}
