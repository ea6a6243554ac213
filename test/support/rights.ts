import { expect } from "vitest";
import type { RightsDeps } from "../../src/subjects/requests/settings.ts";
import { rightsSettings } from "../../src/subjects/requests/settings.ts";
import { exampleOf, type TestService } from "./service.ts";

type Body = Record<string, unknown>;
export interface ToldRequest {
  id: string;
  reference: string;
  right: string;
  state: string;
  due: string | null;
  target: string | null;
  clocks: {
    regime: string;
    due: string | null;
    immediate?: true;
    target?: string;
    rule: string;
    calendar: string;
  }[];
  steps: {
    action: string;
    state: string;
    by: string;
    text?: string;
    articles?: string[];
    ground?: string;
    logIndex: number;
  }[];
  asked: Body;
  outcome: Body | null;
  created: boolean;
  result?: Body;
  code?: string;
}

/** The rights of people, asked over HTTP as they would. */
export function rightsOf(service: TestService) {
  const tokenOf = async (subject: string, proof: 1 | 2 | 3 = 3) => ({
    token: await service.issuer.issue("subject", { subject, proof }),
  });
  const deps: RightsDeps = { ...service.deps, rights: rightsSettings(service.config) };
  return {
    deps,
    tokenOf,
    async decide(subject: string, model = "german-credit", inputs: Body = {}) {
      const example = await exampleOf(service, model);
      const body = { subject, inputs: { ...example.inputs, ...inputs } };
      return service.json<{
        id: string;
        outcome: string;
        score: number;
        code?: string;
        receipt: { logIndex: number };
      }>("POST", `/v1/models/${model}/decisions`, "product", body);
    },
    async ask(subject: string, right: string, body: Body = {}, proof: 1 | 2 | 3 = 3) {
      return service.json<ToldRequest>(
        "POST",
        `/v1/me/requests/${right}`,
        await tokenOf(subject, proof),
        body,
      );
    },
    async mine(subject: string, id: string, proof: 1 | 2 | 3 = 3) {
      return service.json<ToldRequest>("GET", `/v1/me/requests/${id}`, await tokenOf(subject, proof));
    },
    act: (id: string, step: string, body: Body = {}) =>
      service.json<ToldRequest>("POST", `/v1/requests/${id}/${step}`, "operator", body),
    /** The bodies of the newest entries of the log, as an auditor exports them. */
    async records(): Promise<(Body & { kind: string })[]> {
      const text = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
      return text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { record?: Body & { kind: string } })
        .flatMap(({ record }) => (record ? [record] : []));
    },
    async recordAt(index: number) {
      const text = await (await service.call("GET", "/v1/audit/export", "auditor")).text();
      for (const line of text.trim().split("\n")) {
        const entry = JSON.parse(line) as { index?: number; record?: Body & { kind: string } };
        if (entry.index === index) return entry.record;
      }
      return expect.fail(`no entry ${index}`);
    },
  };
}
export type Rights = ReturnType<typeof rightsOf>;
