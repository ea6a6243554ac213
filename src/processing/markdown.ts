import type { Text } from "../models/contract.ts";
import type { ImpactAssessment } from "./impact.ts";
import type { ProcessingActivity, ProcessingRecord } from "./record.ts";
import type { Measure, OpenPoint } from "./standing.ts";
import { type Language, words } from "./words.ts";

/** A cell that cannot end its row or open a tag: contracts are written by others. */
const cell = (text: string) =>
  text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll(/\s+/g, " ");

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const bullets = (items: readonly string[]) => items.map((item) => `- ${cell(item)}`).join("\n");

function activitySection(activity: ProcessingActivity, language: Language): string[] {
  const say = words[language];
  const told = (text: Text) => text[language];
  const after = activity.afterErasure;
  return [
    cell(told(activity.description)),
    `### ${say.purposes}`,
    bullets(activity.purposes.map(({ code, text }) => `${told(text)} (${code})`)),
    `### ${say.bases}`,
    table(
      [say.basis, say.kind, say.articles, say.erasable],
      activity.bases.map(({ code, kind, articles, erasable }) => [
        code,
        kind,
        articles.join("; "),
        erasable ? say.yes : say.no,
      ]),
    ),
    `### ${say.categories}`,
    table(
      [say.item, say.sensitivity, say.basis, say.retention, say.kept, say.quasi],
      activity.categories.map((one) => [
        told(one.label),
        say.sensitivities[one.sensitivity],
        one.basis,
        one.retention,
        one.policy,
        one.quasiIdentifier ? say.yes : say.no,
      ]),
    ),
    `### ${say.retentions}`,
    bullets(activity.retentions.map(({ code, months, reason }) => say.months(code, months, told(reason)))),
    typeof after === "string"
      ? `${say.afterErasure}: ${say.fates[after]}`
      : `${say.afterErasure}: ${cell(say.retained(told(after.retained.duty), after.retained.months))}`,
    `### ${say.automated}`,
    bullets([
      say.outcomes(activity.automatedDecision.outcomes.map(({ label }) => told(label)).join(", ")),
      say.explanation(activity.automatedDecision.explanation),
    ]),
  ];
}

const measureTable = (measures: readonly Measure[], language: Language) =>
  bullets(measures.map(({ text, page }) => `${text[language]} (${page})`));

const openTable = (points: readonly OpenPoint[], language: Language) =>
  points
    .map(({ text, articles }) => `- [ ] ${cell(text[language])} (${cell(articles.join("; "))})`)
    .join("\n");

const joined = (parts: readonly string[]) => `${parts.filter((part) => part !== "").join("\n\n")}\n`;

/** GDPR 30, LGPD 37, as Markdown. */
export function recordMarkdown(record: ProcessingRecord, language: Language): string {
  const say = words[language];
  return joined([
    `# ${say.recordTitle}`,
    say.generated(record.generatedAt),
    table([say.controller, say.officer], [[record.controller, record.dataProtectionOfficer]]),
    ...record.activities.flatMap((activity) => [
      `## ${cell(activity.title[language])} (${activity.model}, ${say.version} ${activity.version})`,
      ...activitySection(activity, language),
    ]),
    `## ${say.measures}`,
    measureTable(record.measures, language),
    `## ${say.storage}`,
    ...record.storage.flatMap(({ name, places }) => [
      `### ${name}`,
      table(
        [say.place, say.holds, say.is, say.afterErasure],
        places.map((one) => [one.place, one.holds, one.is, one.afterErasure]),
      ),
    ]),
    `## ${say.toComplete}`,
    openTable(record.toComplete, language),
  ]);
}

/** LGPD 38, GDPR 35, as Markdown. */
export function impactMarkdown(assessment: ImpactAssessment, language: Language): string {
  const say = words[language];
  const { activity } = assessment;
  return joined([
    `# ${say.impactTitle}: ${cell(activity.title[language])} (${activity.model}, ${say.version} ${activity.version})`,
    say.generated(assessment.generatedAt),
    table([say.controller, say.officer], [[assessment.controller, assessment.dataProtectionOfficer]]),
    `## ${say.due}`,
    `${assessment.due.text[language]} (${assessment.due.articles.join("; ")})`,
    `## ${say.description}`,
    ...activitySection(activity, language),
    `## ${say.risks}`,
    table(
      [say.risk, say.because, say.likelihood, say.severity],
      assessment.risks.map(({ text, because }) => [text[language], because.join(", "), "", ""]),
    ),
    `## ${say.measures}`,
    measureTable(assessment.measures, language),
    `## ${say.toComplete}`,
    openTable(assessment.toComplete, language),
  ]);
}
