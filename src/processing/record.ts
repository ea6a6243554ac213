import type { Contract, Text } from "../models/contract.ts";
import { outcomesOf } from "../models/outcomes.ts";
import type { PublishedVersion } from "../models/registry.ts";
import type { MappedTable } from "./data-map.ts";
import { MEASURES, type Measure, OPEN_POINTS, type OpenPoint } from "./standing.ts";

export interface ControllerDetails {
  controller: string;
  dataProtectionOfficer: string;
}

/** One kind of personal data that a model is given. */
export interface DataCategory {
  feature: string;
  label: Text;
  sensitivity: Contract["features"][number]["sensitivity"];
  purpose: string;
  basis: string;
  retention: string;
  /** What the record keeps of it. */
  policy: string;
  quasiIdentifier: boolean;
}

/** One model's processing, as its contract declares it. */
export interface ProcessingActivity {
  model: string;
  version: number;
  publishedAt: string;
  title: Text;
  description: Text;
  purposes: { code: string; text: Text }[];
  bases: { code: string; kind: string; articles: string[]; erasable: boolean }[];
  categories: DataCategory[];
  retentions: { code: string; months: number; reason: Text }[];
  afterErasure: Contract["afterErasure"];
  automatedDecision: {
    kind: Contract["output"]["kind"];
    outcomes: { code: string; label: Text }[];
    explanation: string;
  };
  background: { synthetic: boolean; source: string; licence: string };
}

/** A record of processing activities (GDPR 30(1), LGPD 37), made from what is configured and published. */
export interface ProcessingRecord extends ControllerDetails {
  schema: "motivo-processing-record/v1";
  generatedAt: string;
  activities: ProcessingActivity[];
  /** GDPR 30(1)(g), LGPD 46: what this software does, each with where it is described. */
  measures: Measure[];
  storage: MappedTable[];
  /** What the law asks for and software cannot know. */
  toComplete: OpenPoint[];
}

export function activityOf({ model, version, contract, publishedAt }: PublishedVersion): ProcessingActivity {
  return {
    model,
    version,
    publishedAt: publishedAt.toISOString(),
    title: contract.title,
    description: contract.description,
    purposes: Object.entries(contract.purposes).map(([code, { text }]) => ({ code, text })),
    bases: Object.entries(contract.bases).map(([code, { kind, articles, erasure }]) => ({
      code,
      kind,
      articles,
      erasable: erasure.allowed,
    })),
    categories: contract.features.map((feature) => ({
      feature: feature.name,
      label: feature.label,
      sensitivity: feature.sensitivity,
      purpose: feature.purpose,
      basis: feature.basis,
      retention: feature.retention,
      policy: feature.policy.kind,
      quasiIdentifier: contract.quasiIdentifiers.includes(feature.name),
    })),
    retentions: Object.entries(contract.retentions).map(([code, retention]) => ({ code, ...retention })),
    afterErasure: contract.afterErasure,
    automatedDecision: {
      kind: contract.output.kind,
      outcomes: outcomesOf(contract).map(({ code, label }) => ({ code, label })),
      explanation: contract.explanation.method,
    },
    background: {
      synthetic: contract.background.synthetic,
      source: contract.source.title,
      licence: contract.source.licence,
    },
  };
}

/** @param versions the version in use of each model */
export function processingRecord(
  who: ControllerDetails,
  versions: readonly PublishedVersion[],
  storage: MappedTable[],
  now: Date,
): ProcessingRecord {
  return {
    schema: "motivo-processing-record/v1",
    generatedAt: now.toISOString(),
    controller: who.controller,
    dataProtectionOfficer: who.dataProtectionOfficer,
    activities: versions.map(activityOf),
    measures: MEASURES,
    storage,
    toComplete: OPEN_POINTS,
  };
}
