import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { certificatesIn, requestStamp, StampError, verifyStamp } from "../../src/checkpoints/time-stamp.ts";
import { HonestLog } from "../audit/honest-log.ts";

// RFC 3161 against OpenSSL's own authority, over HTTP and both ways round: node test/checkpoints/against-openssl.ts
// With --record it writes what the authorities answered into time-stamps/, for time-stamp.test.ts.

const folder = mkdtempSync(join(tmpdir(), "motivo-tsa-"));
const file = (name: string) => join(folder, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

const CONFIGURATION = `
[req]
distinguished_name = dn
prompt = no
[dn]
CN = Motivo test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[stamps]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping
`;
const authority = (name: string, digest: string) => `
[tsa]
default_tsa = it
[it]
serial = ${file("serial")}
signer_cert = ${file(`${name}.pem`)}
certs = ${file(`${name}-ca.pem`)}
signer_key = ${file(`${name}.key`)}
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
other_policies = 1.3.6.1.4.1.99999.2
digests = sha256
ess_cert_id_alg = ${digest}
`;

/** An authority of that name with a certificate authority of its own. */
function makeAuthority(name: string, digest = "sha256"): void {
  const key = [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-config",
    file("ca.cnf"),
  ];
  const ca = [file(`${name}-ca.key`), file(`${name}-ca.pem`)] as const;
  openssl("req", "-x509", ...key, "-keyout", ca[0], "-out", ca[1], "-days", "36500", "-extensions", "ca");
  openssl("req", ...key, "-keyout", file(`${name}.key`), "-out", file(`${name}.csr`));
  const extension = ["-extfile", file("ca.cnf"), "-extensions", "stamps"];
  const signing = ["-CA", ca[1], "-CAkey", ca[0], "-CAcreateserial", "-days", "36500"];
  openssl("x509", "-req", "-in", file(`${name}.csr`), ...signing, "-out", file(`${name}.pem`), ...extension);
  writeFileSync(file(`${name}.cnf`), authority(name, digest));
}

function reply(name: string, query: Uint8Array): Uint8Array {
  writeFileSync(file("query"), query);
  openssl("ts", "-reply", "-queryfile", file("query"), "-config", file(`${name}.cnf`), "-out", file("reply"));
  return readFileSync(file("reply"));
}

const checks: [string, boolean][] = [];
const check = (what: string, holds: boolean) => checks.push([what, holds]);
const refused = async (work: Promise<unknown>) =>
  work.then(
    () => "accepted",
    (error: unknown) => (error instanceof StampError ? error.code : String(error)),
  );

let answerBy = "good";
const server = createServer(async (request, response) => {
  const parts: Uint8Array[] = [];
  for await (const part of request) parts.push(part as Uint8Array);
  response
    .setHeader("content-type", "application/timestamp-reply")
    .end(reply(answerBy, Buffer.concat(parts)));
});

try {
  writeFileSync(file("serial"), "01\n");
  writeFileSync(file("ca.cnf"), CONFIGURATION);
  for (const [name, digest] of [
    ["good", "sha256"],
    ["sha1", "sha1"],
    ["other", "sha256"],
  ] as const)
    makeAuthority(name, digest);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  const log = new HonestLog("stamped");
  log.append("hold");
  const note = log.checkpoint();
  const nonce = Buffer.from("8f00112233445566778899aabbccddee", "hex");
  const trusted = certificatesIn(readFileSync(file("good-ca.pem"), "utf8"));
  const { token, time } = await requestStamp(url, note, trusted, nonce);
  check("a stamp is taken", Math.abs(Date.now() - time.getTime()) < 60_000);
  answerBy = "sha1";
  const older = await requestStamp(
    url,
    note,
    certificatesIn(readFileSync(file("sha1-ca.pem"), "utf8")),
    nonce,
  );
  check("one that names its certificate by SHA-1 too", older.token.length > 0);
  answerBy = "other";
  const byOther = await refused(requestStamp(url, note, trusted, nonce));
  check("one under another authority is refused", byOther === "stamp_wrong_certificate");
  const otherToken = readFileSync(file("reply"));

  // OpenSSL reads what we keep.
  writeFileSync(file("note"), note);
  writeFileSync(file("token"), token);
  const verified = openssl(
    "ts",
    "-verify",
    "-in",
    file("token"),
    "-data",
    file("note"),
    "-CAfile",
    file("good-ca.pem"),
  );
  check("OpenSSL verifies the token over the note", verified.toString().includes("OK"));
  check(
    "we verify it without the nonce",
    (await verifyStamp(token, note, trusted)).getTime() === time.getTime(),
  );

  if (process.argv.includes("--record")) {
    const target = new URL("time-stamps/", import.meta.url);
    for (const [name, content] of [
      ["note.checkpoint", note],
      ["token.tsr", token],
      ["other-authority.tsr", otherToken],
      ["ca.pem", readFileSync(file("good-ca.pem"))],
      ["other-ca.pem", readFileSync(file("other-ca.pem"))],
      ["facts.json", `${JSON.stringify({ nonce: nonce.toString("hex"), time: time.toISOString() })}\n`],
    ] as const) {
      writeFileSync(new URL(name, target), content);
    }
  }
} finally {
  server.close();
  rmSync(folder, { recursive: true });
}
for (const [what, holds] of checks) console.log(`${holds ? "ok  " : "FAIL"} ${what}`);
process.exitCode = checks.length === 5 && checks.every(([, holds]) => holds) ? 0 : 1;
