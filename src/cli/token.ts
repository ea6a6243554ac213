import { type Command, InvalidArgumentError, Option } from "commander";
import { readConfig } from "../config.ts";
import { HIGHEST_PROOF, type ProofLevel, SCOPES, type Scope } from "../http/tokens.ts";
import { keyFolder } from "../privacy/key-folder.ts";
import { answer } from "./answer.ts";
import { CommandError, EXIT } from "./failure.ts";

interface Options {
  scope: Scope;
  subject?: string;
  client?: string;
  proof?: string;
  hours: number;
  json?: true;
}

const MOST_HOURS = 24 * 366;

/** `motivo token`: a token of the development issuer, which only a development configuration accepts. */
export function declareToken(program: Command): void {
  program
    .command("token")
    .description("a development token, accepted on this machine only")
    .addOption(new Option("--scope <scope>", "who it is for").choices(SCOPES).makeOptionMandatory())
    .option("--subject <id>", "who bears it; for the scope subject, the person's id", name)
    .option("--client <id>", "scope product: the client whose decisions it opens", name)
    .addOption(
      new Option(
        "--proof <level>",
        "scope subject: how sure the issuer is of the person (default 3)",
      ).choices(["1", "2", "3"]),
    )
    .option("--hours <count>", "how long it is good for", hours, 24)
    .option("--json", "answer with one JSON object")
    .action(token);
}

async function token({ scope, subject, client, proof, hours, json }: Options): Promise<void> {
  if (scope === "subject" && subject === undefined) throw unfit("--scope subject needs --subject <id>");
  if (scope !== "subject" && proof !== undefined) throw unfit("--proof goes with --scope subject");
  if (scope !== "product" && client !== undefined) throw unfit("--client goes with --scope product");
  const config = readConfig(process.env);
  if (!config.development) {
    throw new CommandError(
      EXIT.refused,
      "not_development",
      "Development tokens exist only on loopback, with no MOTIVO_ISSUER, and beside DATABASE_URL only with MOTIVO_DEV=1. " +
        "This configuration takes tokens of its issuer alone.",
    );
  }
  const { openDevIssuer } = await import("../http/dev-issuer.ts");
  const now = new Date();
  const issuer = await openDevIssuer(config, keyFolder(config.MOTIVO_KEYS), () => now);
  const bearer = subject ?? client ?? `demo-${scope}`;
  const who = {
    subject: bearer,
    ...(scope === "product" ? { client: client ?? bearer } : {}),
    ...(scope === "subject" ? { proof: Number(proof ?? HIGHEST_PROOF) as ProofLevel } : {}),
  };
  const issued = await issuer.issue(scope, who, hours);
  const expires = new Date(now.getTime() + hours * 3_600_000).toISOString();
  answer(json === true, { ok: true, token: issued, scope, ...who, expires }, issued);
}

const unfit = (rule: string) => new CommandError(EXIT.unusable, "arguments_invalid", rule);

function name(text: string): string {
  if (text.length < 1 || text.length > 200) throw new InvalidArgumentError("It has 1 to 200 characters.");
  return text;
}

function hours(text: string): number {
  const count = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > MOST_HOURS)
    throw new InvalidArgumentError(`It is a whole number, 1 to ${MOST_HOURS}.`);
  return count;
}
