import { keysOf } from "../../privacy/subject-keys.ts";
import { contractOf, nothingHeld, openInto } from "../access.ts";
import { entriesOf } from "../entries.ts";
import { portableFeatures } from "../requests/disclosures.ts";
import { basesOf } from "../requests/purposes.ts";
import type { RightsDeps } from "../requests/settings.ts";
import type { CopyAsked, CopyProgress } from "./asked.ts";
import { CsvFile } from "./csv.ts";
import { portabilityJsonSchema } from "./schemas.ts";
import { type CopySink, TextFile } from "./sink.ts";

const PAGE = 500;

/**
 * What the person gave under consent or a contract, as JSON and CSV (LGPD 18 V, GDPR 20). Records stay out, since what
 * is anonymised already is not portable (LGPD 18 §7), and so do scores and attributions, which the person did not give.
 */
export async function writePortability(
  deps: RightsDeps,
  { subject, keys: named }: CopyAsked,
  sink: CopySink,
  onProgress: CopyProgress,
): Promise<void> {
  const keys = (await keysOf(deps.db, deps.epoch, subject)).filter(({ id }) => named.includes(id));
  if (keys.length < named.length) throw new Error("A key that a copy is made of was erased");
  const total = keys.reduce((sum, { entries }) => sum + entries, 0);
  const schema = new TextFile(await sink.open("portability.schema.json", "application/schema+json"));
  await schema.write(`${JSON.stringify(portabilityJsonSchema(), null, 2)}\n`);
  await schema.end();
  const json = new TextFile(await sink.open("portability.json", "application/json"));
  const table = await CsvFile.open(sink, "portability.csv", ["model", "decision", "at", "feature", "value"]);
  const head = {
    $schema: "portability.schema.json",
    format: "motivo-portability/v1",
    at: deps.now().toISOString(),
    controller: deps.rights.controller,
    subject,
  };
  await json.write(`${JSON.stringify(head).slice(0, -1)},"purposes":[`);
  let done = 0;
  let purposes = 0;
  for (const key of keys) {
    const contract = await contractOf(deps, key);
    const features = portableFeatures(deps, contract);
    if (features.length === 0) continue;
    await json.write(`${purposes > 0 ? "," : ""}\n{"given":[`);
    purposes += 1;
    let before = "\n";
    const entries = await entriesOf(deps.db, key);
    for (let start = 0; start < entries.length; start += PAGE) {
      const page = entries.slice(start, start + PAGE);
      const held = nothingHeld(key, contract);
      await openInto(deps, key, page, held);
      for (const { at, subject: who, inputs, decision } of held.decisions.reverse()) {
        const given = features.flatMap(({ name }) =>
          inputs[name] === undefined ? [] : [[name, inputs[name]] as const],
        );
        const one = { decision: decision.id, at, subject: who, inputs: Object.fromEntries(given) };
        await json.write(before + JSON.stringify(one));
        before = ",\n";
        for (const [name, value] of given) await table.row([contract.name, decision.id, at, name, value]);
      }
      done += page.length;
      await onProgress(done, total);
    }
    const about = {
      model: contract.name,
      title: contract.title,
      legalBases: basesOf(contract),
      schema: features.map(({ name, label, type }) => ({ name, label, type })),
    };
    await json.write(`\n],${JSON.stringify(about).slice(1)}`);
  }
  await json.write("]}\n");
  await json.end();
  await table.end();
}
