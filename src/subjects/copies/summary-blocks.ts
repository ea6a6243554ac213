import type { RequestRight } from "../requests/rights.ts";
import type { AccessHead } from "./access-files.ts";
import type { CopyWords } from "./copy-words.ts";
import type { Wording } from "./decision-blocks.ts";
import type { Block } from "./pdf/tagged-document.ts";
import type { ModelCard, ToldPurpose, ToldRequest } from "./told.ts";

const heading = (level: 1 | 2 | 3, text: string): Block => ({ kind: "heading", level, text });
const paragraph = (text: string): Block => ({ kind: "paragraph", text });
/** Nothing where there is nothing to list: an empty list is none to whoever listens. */
const list = (items: string[]): Block[] => (items.length === 0 ? [] : [{ kind: "list", items }]);
/** A code in words, where there are words for it. */
const said = (words: CopyWords, code: string): string => words.codes[code] ?? code;
const section = (title: string, items: string[]): Block[] =>
  items.length === 0 ? [] : [heading(3, title), ...list(items)];

type ToldEnd = AccessHead["mandates"]["held"][number]["revoked"];

export interface Summed {
  told: ToldPurpose;
  decisions: number;
}

/** What a copy says beside the decisions, in the order in which a reader asks. */
export function summaryBlocks(
  wording: Wording,
  head: AccessHead,
  purposes: readonly Summed[],
  inVolumes: { decisions: boolean; openings: boolean },
): Block[] {
  const { words, figures } = wording;
  const entries = purposes.reduce((sum, { told }) => sum + told.completeness.entries, 0);
  return [
    heading(1, words.title),
    paragraph(words.lead(head.controller, head.subject)),
    paragraph(words.made(figures.time(head.at))),
    paragraph(words.responsible(head.controller, head.dataProtectionOfficer)),
    paragraph(words.law),
    paragraph(words.machine),
    ...(inVolumes.decisions ? [paragraph(words.volumes)] : []),
    ...(inVolumes.openings ? [paragraph(words.openedVolumes)] : []),
    ...(purposes.length === 0 ? [paragraph(words.nothing)] : []),
    ...purposes.flatMap((one) => purposeBlocks(wording, one)),
    ...requestBlocks(wording, head.requests),
    ...mandateBlocks(wording, head.mandates),
    heading(2, words.proof),
    paragraph(words.proofText(entries, figures.count(entries))),
    paragraph(words.proofHow),
    paragraph(words.proofCare),
  ];
}

function purposeBlocks(wording: Wording, { told, decisions }: Summed): Block[] {
  const { words, figures, language } = wording;
  const or = (names: readonly string[]) => (names.length === 0 ? words.nobody : names.join(", "));
  return [
    heading(2, told.title[language]),
    ...list([
      ...told.purposes.map(({ text }) => `${words.purpose}: ${text[language]}`),
      words.bases(
        told.legalBases
          .map(({ kind, articles }) => `${said(words, kind)} (${articles.join("; ")})`)
          .join(", "),
      ),
      ...told.retention.map(({ months, reason }) => words.retention(figures.count(months), reason[language])),
      told.erasure.allowed ? words.erasable : words.kept(told.erasure.article, told.erasure.reason[language]),
      words.clients(or(told.recipients.clients)),
      words.told(or(told.recipients.told)),
      words.holds(decisions),
    ]),
    ...told.modelCards.flatMap((card) => cardBlocks(wording, card)),
    heading(3, words.opened),
    openingsTable(wording, told.opened),
    ...section(
      words.corrections,
      told.corrections.map(({ at, decision, by }) => words.correction(figures.time(at), decision, by)),
    ),
    ...section(
      words.reviews,
      told.reviews.map(({ at, decision, result, grounds }) =>
        words.review(figures.time(at), decision, said(words, result), grounds),
      ),
    ),
    ...section(
      words.refusals,
      told.refusals.map(({ at, article }) => words.refusal(figures.time(at), article)),
    ),
    ...(told.lost.length === 0 ? [] : [paragraph(words.lost(told.lost.length, told.lost.join(", ")))]),
    ...section(
      words.others,
      [...told.counterfactuals, ...told.others].map(
        ({ kind, logIndex, ...rest }) =>
          `${words.other(figures.count(logIndex), said(words, kind))}: ${JSON.stringify(rest)}`,
      ),
    ),
  ];
}

/** When the person's data was opened, by whom and what for (C-579/21). */
export function openingsTable({ words, figures }: Wording, opened: ToldPurpose["opened"]): Block {
  return {
    kind: "table",
    head: words.openedHead,
    rows: opened.map(({ time, role, purpose, what, decision }) => [
      figures.time(time),
      said(words, role),
      said(words, purpose),
      decision === null ? said(words, what) : `${said(words, what)} ${decision}`,
    ]),
  };
}

function cardBlocks({ words, figures, language }: Wording, card: ModelCard): Block[] {
  const metrics = Object.entries(card.quality.metrics)
    .map(([name, value]) => `${name} ${figures.exact(value)}`)
    .join(", ");
  const purposes = new Set(card.features.map(({ purpose }) => purpose));
  return [
    heading(3, words.card(String(card.version))),
    paragraph(card.description[language]),
    ...list([
      words.published(figures.time(card.publishedAt)),
      words.quality(card.quality.split, metrics),
      words.trainedOn(`${card.source.title} (${card.source.licence})`),
      `${words.background}: ${card.background.synthetic ? words.synthetic : words.taken}.`,
      words.model(card.digests.model),
    ]),
    paragraph(words.uses),
    ...list(
      card.features.map(({ label, purpose, sensitivity }) => {
        const marks = [
          ...(purposes.size > 1 ? [purpose] : []),
          ...(sensitivity === "ordinary" ? [] : [words.sensitivity[sensitivity]]),
        ];
        return marks.length === 0 ? label[language] : `${label[language]} (${marks.join(", ")})`;
      }),
    ),
  ];
}

/** Who may act for the person and did, each use a row; and that they may act for others. */
function mandateBlocks(
  { words, figures, language }: Wording,
  { given, held }: AccessHead["mandates"],
): Block[] {
  const rights = (of: readonly RequestRight[]) => of.map((right) => words.rights[right]).join(", ");
  const day = (until: string) =>
    new Intl.DateTimeFormat(language, { dateStyle: "long", timeZone: "UTC" }).format(
      new Date(`${until}T00:00:00Z`),
    );
  const ended = (revoked: ToldEnd) =>
    revoked === null ? [] : [words.mandateEnded(figures.time(revoked.at), said(words, revoked.by))];
  return [
    ...(given.length === 0 ? [] : [heading(2, words.mandatesGiven)]),
    ...given.flatMap((one): Block[] => [
      ...list([
        words.mandate(
          one.name ?? one.representative,
          rights(one.rights),
          figures.time(one.recordedAt),
          day(one.until),
        ),
        ...ended(one.revoked),
        words.evidence(one.evidence.note, one.evidence.sha256),
        words.used(one.uses.length),
      ]),
      ...(one.uses.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              head: words.usedHead,
              rows: one.uses.map(({ at, what }) => [figures.time(at), what]),
            },
          ]),
    ]),
    ...(held.length === 0 ? [] : [heading(2, words.mandatesHeld)]),
    ...list(
      held.flatMap((one) => [
        words.mandateHeld(rights(one.rights), figures.time(one.recordedAt), day(one.until)),
        ...ended(one.revoked),
      ]),
    ),
  ];
}

function requestBlocks({ words, figures }: Wording, requests: readonly ToldRequest[]): Block[] {
  if (requests.length === 0) return [];
  return [
    heading(2, words.requests),
    {
      kind: "table",
      head: words.requestHead,
      rows: requests.map(({ right, state, channel, receivedAt, due, steps }) => [
        words.rights[right],
        said(words, state),
        channel === null
          ? figures.time(receivedAt)
          : `${figures.time(receivedAt)}\n${words.came(said(words, channel))}`,
        [
          due ?? words.noDay,
          ...(steps.at(-1)?.clocks ?? []).map((clock) =>
            words.clock(said(words, clock.regime), clock.rule, clock.due ?? words.noDay),
          ),
        ].join("\n"),
      ]),
    },
    ...requests.flatMap(({ right, steps }) => [
      heading(3, words.steps(words.rights[right])),
      ...list(
        steps.map(({ at, action, by, text }) => {
          const step = words.step(figures.time(at), said(words, action), said(words, by));
          return text === undefined ? step : `${step}. ${text}`;
        }),
      ),
    ]),
  ];
}
