/**
 * Our checkpoints before litewitness, a C2SP tlog-witness in Go by other people:
 * node test/checkpoints/against-litewitness.ts PATH_OF_LITEWITNESS
 * (`go install filippo.io/torchwood/cmd/litewitness@v0.9.0`). It wants ssh-agent, ssh-keygen and ssh-add, which hold its key.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toBase64 } from "../../audit/bytes.ts";
import { cosignaturesOn } from "../../audit/cosignature.ts";
import { nodeCrypto } from "../../audit/crypto-node.ts";
import { emptyRoot } from "../../audit/merkle.ts";
import { COSIGNATURE, parseNote, parseVkey } from "../../audit/note.ts";
import { freshEmbedded } from "../support/databases.ts";
import { memoryKeys } from "../support/keys.ts";
import { freePort } from "../support/postgres-server.ts";
import { ORIGIN, policyOver, smallLog } from "./small-log.ts";

const [program] = process.argv.slice(2);
if (program === undefined) throw new Error("which litewitness?");
const folder = mkdtempSync(join(tmpdir(), "motivo-litewitness-"));
const file = (name: string) => join(folder, name);
const socket = file("agent.sock");
const port = await freePort();

const agent = spawn("ssh-agent", ["-D", "-a", socket], { stdio: "ignore" });
execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file("key")]);
await new Promise((resolve) => setTimeout(resolve, 200));
execFileSync("ssh-add", ["-q", file("key")], {
  env: { ...process.env, SSH_AUTH_SOCK: socket },
  stdio: "ignore",
});
const said = execFileSync("ssh-keygen", ["-lf", file("key.pub")], { encoding: "utf8" });
const fingerprint = said.split(" ")[1]!;

const witness = spawn(
  program,
  [
    "-db",
    file("witness.db"),
    "-name",
    "witness.example/lite",
    "-key",
    fingerprint,
    "-ssh-agent",
    socket,
  ].concat(["-listen", `127.0.0.1:${port}`]),
  { stdio: ["ignore", "pipe", "pipe"] },
);
let told = "";
for (const stream of [witness.stdout, witness.stderr]) stream.on("data", (chunk) => (told += String(chunk)));
const until = async <T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`litewitness does not come up:\n${told}`);
};

const expect = (what: string, holds: boolean) => {
  console.log(`${holds ? "ok" : "FAILED"}  ${what}`);
  if (!holds) process.exitCode = 1;
};

const database = await freshEmbedded();
const small = await smallLog(database, memoryKeys());
try {
  const url = `http://127.0.0.1:${port}`;
  const vkey = await until(() => /vkey="?([^\s"]+)/.exec(told)?.[1]);
  await until(() =>
    fetch(url).then(
      () => true,
      () => undefined,
    ),
  );
  // What its own `witnessctl add-log` and `add-key` write.
  const known = new DatabaseSync(file("witness.db"));
  known
    .prepare("INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)")
    .run(ORIGIN, toBase64(emptyRoot(nodeCrypto)));
  known.prepare("INSERT INTO key (origin, key) VALUES (?, ?)").run(ORIGIN, small.signer.vkey);
  known.close();

  const publisher = small.publisher({ policy: policyOver(1, { url, identity: { vkey } }) });
  for (const count of [0, 1, 2, 300]) {
    await small.append(count);
    const { size } = await small.log.head();
    const turn = await publisher.turn();
    expect(
      `cosigns ${size} entries: ${JSON.stringify(turn)}`,
      turn.size === size && turn.faults.length === 0 && turn.alarm === null,
    );
    const { checkpoint } = await publisher.attested(size);
    const lines = await cosignaturesOn(nodeCrypto, parseNote(checkpoint), [
      parseVkey(nodeCrypto, vkey, COSIGNATURE),
    ]);
    expect("its line verifies under its key", lines.length === 1);
  }
  await database.db.execute("DELETE FROM witness_state");
  await small.append();
  const forgotten = await small.publisher({ policy: policyOver(1, { url, identity: { vkey } }) }).turn();
  expect("tells where it stands when we forgot", forgotten.faults.length === 0 && forgotten.alarm === null);

  const rolledBack = new DatabaseSync(file("witness.db"));
  rolledBack.prepare("UPDATE log SET tree_size = tree_size + 1000").run();
  rolledBack.close();
  await small.append();
  const older = await small.publisher({ policy: policyOver(1, { url, identity: { vkey } }) }).turn();
  expect(`raises an alarm where it knows a larger log: ${older.alarm}`, older.alarm !== null);
} finally {
  await small.log.close();
  await database.close();
  witness.kill();
  agent.kill();
  rmSync(folder, { recursive: true });
}
