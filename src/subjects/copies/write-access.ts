import { proverAt } from "../../db/log-prover.ts";
import type { Contract } from "../../models/contract.ts";
import { keysOf } from "../../privacy/subject-keys.ts";
import { contractOf, nothingHeld, openingsOf, sortInto, type Vaulted } from "../access.ts";
import { entriesOf } from "../entries.ts";
import { toldMandates } from "../mandates/find-mandates.ts";
import { openedEntries } from "../opened-entries.ts";
import { requestsOf } from "../requests/requests-of.ts";
import type { RightsDeps } from "../requests/settings.ts";
import { AccessCsv } from "./access-csv.ts";
import type { AccessHead, AccessWriter } from "./access-files.ts";
import { AccessJson } from "./access-json.ts";
import { AccessPdf } from "./access-pdf.ts";
import { AccessProofFile } from "./access-proof-file.ts";
import type { CopyAsked, CopyProgress } from "./asked.ts";
import type { CopySink } from "./sink.ts";
import { type ModelCard, modelCard, toldPurpose, toldRequest } from "./told.ts";

/** The head of the log and, under it, every entry of the person's keys that the copy is about. */
async function headOf(deps: RightsDeps, { subject, language, keys: named }: CopyAsked) {
  // The head before the keys: what came after it is left out, and with it the last numbers alone, since numbers rise with
  // the log.
  const { size, checkpoint } = await deps.attested((await deps.log.head()).size);
  const keys = (await keysOf(deps.db, deps.epoch, subject)).filter(({ id }) => named.includes(id));
  if (keys.length < named.length) throw new Error("A key that a copy is made of was erased");
  const uses = await Promise.all(
    keys.map(async (key) => {
      const tagged = (await entriesOf(deps.db, key)).filter(({ logIndex }) => logIndex < size);
      return { key, contract: await contractOf(deps, key), tagged, entries: tagged.length };
    }),
  );
  const head: AccessHead = {
    at: deps.now().toISOString(),
    language,
    controller: deps.rights.controller,
    dataProtectionOfficer: deps.rights.dataProtectionOfficer,
    subject,
    requests: (await requestsOf(deps, subject)).map(toldRequest),
    mandates: await toldMandates(deps, subject),
    checkpoint,
    uses,
  };
  return { head, uses, size };
}

/** Each version that decided, read once. */
function versionsOf(deps: Pick<RightsDeps, "models">) {
  const contracts = new Map<string, Contract>();
  const cards = new Map<string, ModelCard>();
  return {
    contracts,
    cards,
    async take(model: string, version: number): Promise<string> {
      const name = `${model}@${version}`;
      if (!contracts.has(name)) {
        const published = await deps.models.published(model, version);
        contracts.set(name, published.contract);
        cards.set(name, modelCard(published));
      }
      return name;
    },
  };
}

/**
 * Everything held about a person as JSON, CSV, tagged PDF and a proof of completeness (LGPD 18 II, 19 II; GDPR 15),
 * whatever the number of decisions: each is read once, and no more than a page of them is in memory.
 * @throws Error when a key was erased meanwhile: then there is no copy
 */
export async function writeAccess(
  deps: RightsDeps,
  asked: CopyAsked,
  sink: CopySink,
  onProgress: CopyProgress,
): Promise<void> {
  const { head, uses, size } = await headOf(deps, asked);
  const total = uses.reduce((sum, { entries }) => sum + entries, 0);
  const pdf = new AccessPdf(sink, head, deps.rights.timeZone);
  try {
    const writers: AccessWriter[] = [
      pdf,
      await AccessJson.open(sink, head),
      await AccessCsv.open(sink, head),
      await AccessProofFile.open(sink, head),
    ];
    const versions = versionsOf(deps);
    const prove = proverAt(deps.db, size);
    let done = 0;
    for (const [use, { key, contract, tagged, entries }] of uses.entries()) {
      const held = nothingHeld(key, contract);
      const clients = new Set<string>();
      const decidedBy = new Set<string>();
      for await (const page of openedEntries(deps, key, tagged, prove)) {
        for (const { opened, logIndex } of page) {
          if (opened) sortInto(held, JSON.parse(opened.payload) as Vaulted, logIndex);
        }
        const decisions = held.decisions.splice(0).reverse();
        for (const { client, decision } of decisions) {
          clients.add(client);
          decidedBy.add(await versions.take(decision.model, decision.version));
        }
        const ids = decisions.map(({ decision }) => decision.id);
        held.opened.push(...(await openingsOf(deps, ids)));
        for (const writer of writers)
          await writer.page({ use, entries: page, decisions, contracts: versions.contracts });
        done += page.length;
        await onProgress(done, total);
      }
      held.opened.sort((a, b) => b.logIndex - a.logIndex);
      const cards = [...decidedBy].map((name) => versions.cards.get(name)!);
      const told = toldPurpose(held, { clients, cards, entries, recipients: deps.rights.recipients });
      for (const writer of writers) await writer.endUse(told);
    }
    for (const writer of writers) await writer.end();
  } finally {
    await pdf.close();
  }
}
