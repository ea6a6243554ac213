import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Config, readConfig } from "../config.ts";
import type { CopyKind } from "../subjects/copies/asked.ts";
import type { CopyFile, CopySink } from "../subjects/copies/sink.ts";
import { fetchCopy, type Telling } from "./access-of-service.ts";
import { answer } from "./answer.ts";
import { withDeps } from "./by-hand.ts";
import { CommandError, EXIT } from "./failure.ts";
import { progressOn } from "./progress.ts";
import { type ServiceOptions, serviceToUse } from "./running-service.ts";

interface Options extends ServiceOptions {
  subject: string;
  out: string;
  language: "pt-BR" | "en";
  portability?: true;
  json?: true;
}

export interface WrittenFile {
  name: string;
  bytes: number;
  sha256: string;
}

/** `motivo access`: a copy of everything held about a person, into a folder (LGPD 19 II, GDPR 15). */
export function declareAccess(program: Command): void {
  program
    .command("access")
    .description("write everything held about a person into a folder: JSON, CSV, tagged PDF and a proof")
    .requiredOption("--subject <id>", "the person, as decisions name them", subjectId)
    .requiredOption(
      "--out <dir>",
      "folder for the files; made when it is not there, refused when it is not empty",
    )
    .addOption(new Option("--language <language>", "of the PDF").choices(["pt-BR", "en"]).default("pt-BR"))
    .option("--portability", "what the person gave, for another controller (LGPD 18 V, GDPR 20), instead")
    .option("--service <url>", "through the API of the service at this address, instead of the database")
    .option("--token-file <file>", "the person's own token for that service, of proof level 3")
    .option("--json", "answer with one JSON object")
    .action(access);
}

async function access(options: Options): Promise<void> {
  const { subject, language, out } = options;
  const kind: CopyKind = options.portability ? "portability" : "access";
  const config = readConfig(process.env);
  const service = await serviceToUse(config, options);
  const folder = await emptyFolder(out);
  // Files appear together or not at all: a reader must not take half a copy for a whole one.
  const unfinished = join(folder, `.unfinished-${randomUUID()}`);
  await mkdir(unfinished, { mode: 0o700 });
  const bar = progressOn(process.stderr);
  const tell: Telling = (share, told) => bar.show(share, told);
  const sink = folderSink(unfinished);
  try {
    if (service) {
      const token = options.service === undefined ? await personToken(config, subject) : service.token;
      await fetchCopy({ ...service, token }, { kind, language }, sink, tell);
    } else await makeHere(config, { subject, kind, language }, sink, tell);
    for (const { name } of sink.written) await rename(join(unfinished, name), join(folder, name));
  } finally {
    bar.end();
    await rm(unfinished, { recursive: true, force: true });
  }
  const files = sink.written.sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = files.map(({ name, bytes }) => `${String(bytes).padStart(12)}  ${name}`);
  answer(
    options.json === true,
    { ok: true, kind, language, out, files },
    [`Everything is in ${out}; keep it to yourself.`, ...lines].join("\n"),
  );
}

function subjectId(text: string): string {
  if (text.length < 1 || text.length > 200) throw new InvalidArgumentError("It has 1 to 200 characters.");
  return text;
}

async function emptyFolder(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0) {
    const message = "The folder given with --out is not empty, and nothing in it is overwritten.";
    throw new CommandError(EXIT.unusable, "out_not_empty", message);
  }
  return folder;
}

function folderSink(folder: string): CopySink & { written: WrittenFile[] } {
  const written: WrittenFile[] = [];
  return {
    written,
    async open(name): Promise<CopyFile> {
      const handle = await open(join(folder, name), "wx", 0o600);
      const hash = createHash("sha256");
      let bytes = 0;
      return {
        async write(given) {
          hash.update(given);
          bytes += given.length;
          await handle.writeFile(given);
        },
        async end() {
          await handle.sync();
          await handle.close();
          written.push({ name, bytes, sha256: hash.digest("hex") });
        },
      };
    },
  };
}

/** A development service takes tokens of this machine: the person's own one is made, as `motivo token` makes it. */
async function personToken(config: Config, subject: string): Promise<string> {
  const [{ openDevIssuer }, { keyFolder }, { HIGHEST_PROOF }] = await Promise.all([
    import("../http/dev-issuer.ts"),
    import("../privacy/key-folder.ts"),
    import("../http/tokens.ts"),
  ]);
  const issuer = await openDevIssuer(config, keyFolder(config.MOTIVO_KEYS), () => new Date());
  return issuer.issue("subject", { subject, proof: HIGHEST_PROOF }, 1);
}

/** With the database and the keys at hand; the log says that somebody read it so. */
async function makeHere(
  config: Config,
  { subject, kind, language }: { subject: string; kind: CopyKind; language: "pt-BR" | "en" },
  sink: CopySink,
  tell: Telling,
): Promise<void> {
  const [{ writeCopy }, { rightsSettings }, { keysOf }, { Problem }] = await Promise.all([
    import("../subjects/copies/make-copies.ts"),
    import("../subjects/requests/settings.ts"),
    import("../privacy/subject-keys.ts"),
    import("../errors.ts"),
  ]);
  await withDeps(config, async (deps) => {
    const keys = (await keysOf(deps.db, deps.epoch, subject)).map(({ id }) => id);
    if (keys.length === 0) throw new Problem("nothing_held");
    const reading = { role: "operator", purpose: "access-by-hand" } as const;
    const rights = { ...deps, rights: rightsSettings(config) };
    await writeCopy(rights, { subject, kind, language, keys }, reading, sink, async (done, total) =>
      tell(total === 0 ? 1 : done / total, `${done} of ${total} entries`),
    );
  });
}
