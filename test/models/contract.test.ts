import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { contractJsonSchema } from "../../src/models/contract.ts";
import { readContract } from "../../src/models/read-contract.ts";
import { FREE_TEXT, type Loose, looseContract, yamlBytes } from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

/** Faults of the free-text contract after `change`. */
async function faultsAfter(change: (contract: Loose) => void) {
  const contract = looseContract(FREE_TEXT);
  change(contract);
  const problem = await refusal(() => readContract(yamlBytes(contract)));
  expect(problem.code).toBe("invalid_package");
  return problem;
}
const set = (value: unknown) => value as Loose;

test("the JSON Schema beside the packages is the one that the contract's schema gives", () => {
  const written = readFileSync(new URL("../../packages/model.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(contractJsonSchema())));
});

test("a contract is read as it is written", () => {
  const written = looseContract(FREE_TEXT);
  changeable(0, { direction: "up", min: 5, step: 5, text: { "pt-BR": "esperar {to}", en: "wait {to}" } })(
    written,
  );
  changeable(1, { values: ["phone"], effort: 2 })(written);
  expect(readContract(yamlBytes(written))).toEqual(written);
});

test("each feature without purpose, basis, retention or policy is named, all at once", async () => {
  const problem = await faultsAfter((contract) => {
    delete contract.features![0]!.purpose;
    contract.features![0]!.policy = set(null);
    delete contract.features![1]!.basis;
    delete contract.features![2]!.retention;
    delete contract.features![2]!.policy;
    // A feature of an unknown type still has its obligations counted.
    contract.features![2]!.type = set("image");
  });
  expect(pointers(problem)).toEqual(
    expect.arrayContaining([
      "/features/0/purpose",
      "/features/0/policy",
      "/features/1/basis",
      "/features/2/retention",
      "/features/2/policy",
      "/features/2/type",
    ]),
  );
  const named = problem.faults.map(({ detail }) => /"(\w+)"/.exec(detail)?.[1]);
  expect(named.slice(0, 5)).toEqual(["waiting_days", "waiting_days", "channel", "note", "note"]);
});

test.each<[string, (contract: Loose) => void, string]>([
  ["an unknown key", (c) => (c.polices = set({})), ""],
  ["an unknown key of a feature", (c) => (c.features![0]!.polcy = set({})), "/features/0"],
  ["a language without words", (c) => delete c.title!.en, "/title/en"],
  ["a feature named __proto__", (c) => (c.features![0]!.name = set("__proto__")), "/features/0/name"],
  [
    "a policy that is none",
    (c) => (c.features![0]!.policy = set({ kind: "encrypt" })),
    "/features/0/policy/kind",
  ],
  [
    "a surrogate that makes document numbers",
    (c) => (c.features![2]!.policy = set({ kind: "surrogate", faker: "finance.accountNumber" })),
    "/features/2/policy/faker",
  ],
  ["no features", (c) => (c.features = set([])), "/features"],
])("the schema refuses %s", async (_, change, pointer) => {
  expect(pointers(await faultsAfter(change))).toContain(pointer);
});

const NOISE = { kind: "noise", mechanism: "discrete-laplace", epsilon: 1, lower: 20, upper: 70, step: 5 };

const changeable = (feature: number, value: object) => (contract: Loose) => {
  contract.features![feature]!.changeable = set({ direction: "any", ...value });
};

const policy = (feature: number, value: unknown) => (contract: Loose) => {
  contract.features![feature]!.policy = set(value);
};

test.each<[string, (contract: Loose) => void, string]>([
  ["a purpose that is not declared", (c) => (c.features![1]!.purpose = set("other")), "/features/1/purpose"],
  [
    "a basis named like an inherited key",
    (c) => (c.features![1]!.basis = set("constructor")),
    "/features/1/basis",
  ],
  [
    "a group of a feature that is not there",
    (c) => (c.groups = set([{ name: "both", features: [c.features![0]!.name, "other"] }])),
    "/groups/0/features/1",
  ],
  [
    "a feature in two groups",
    (c) => {
      const [a, b, d] = c.features!.map(({ name }) => name);
      c.groups = set([
        { name: "one", features: [a, b] },
        { name: "two", features: [d, b] },
      ]);
    },
    "/groups/1/features/1",
  ],
  [
    "a feature twice in one group",
    (c) => (c.groups = set([{ name: "one", features: [c.features![0]!.name, c.features![0]!.name] }])),
    "/groups/0/features/1",
  ],
  [
    "two groups of one name",
    (c) => {
      const [a, b, d] = c.features!.map(({ name }) => name);
      c.groups = set([
        { name: "one", features: [a, b] },
        { name: "one", features: [d, "other"] },
      ]);
    },
    "/groups/1/name",
  ],
  ["two features of one name", (c) => c.features!.push(c.features![1]!), "/features/3/name"],
  ["min above max", (c) => (c.features![0]!.max = set(0)), "/features/0/min"],
  ["a free text that may be changed", changeable(2, {}), "/features/2"],
  [
    "a proxy that may be changed",
    (c) => {
      c.features![1]!.sensitivity = set("proxy");
      changeable(1, {})(c);
    },
    "/features/1/changeable",
  ],
  ["a change beyond the feature's range", changeable(0, { max: 366 }), "/features/0/changeable"],
  ["a range of change that is none", changeable(0, { min: 9, max: 9 }), "/features/0/changeable/min"],
  ["half steps of a whole number", changeable(0, { step: 0.5 }), "/features/0/changeable"],
  [
    "a change to an unknown value",
    changeable(1, { values: ["web", "fax"] }),
    "/features/1/changeable/values/1",
  ],
  [
    "a change to one value twice",
    changeable(1, { values: ["web", "web"] }),
    "/features/1/changeable/values/1",
  ],
  [
    "a change whose words do not say to what",
    changeable(0, { text: { "pt-BR": "esperar {to}", en: "wait {value} from {from}" } }),
    "/features/0/changeable/text/en",
  ],
  ["a number that is kept", policy(0, { kind: "keep" }), "/features/0/policy/kind"],
  ["a number that is masked", policy(0, { kind: "mask" }), "/features/0/policy/kind"],
  ["a free text that is kept", policy(2, { kind: "keep" }), "/features/2/policy/kind"],
  ["bins that do not rise", policy(0, { kind: "generalise", bins: [5, 5] }), "/features/0/policy/bins"],
  ["a bin of one whole number", policy(0, { kind: "generalise", bins: [5, 6] }), "/features/0/policy/bins"],
  [
    "a first bin of one whole number",
    policy(0, { kind: "generalise", bins: [1, 9] }),
    "/features/0/policy/bins",
  ],
  ["a number in groups", policy(0, { kind: "generalise", groups: { a: ["1"] } }), "/features/0/policy/kind"],
  [
    "generalising in two ways",
    policy(0, { kind: "generalise", bins: [5], prefix: 1 }),
    "/features/0/policy/kind",
  ],
  ["top coding without a top", policy(0, { kind: "top-bottom-code", bins: [5] }), "/features/0/policy/kind"],
  [
    "bins above the top",
    policy(0, { kind: "top-bottom-code", bins: [50], top: 20 }),
    "/features/0/policy/bins",
  ],
  ["noise on a category", policy(1, NOISE), "/features/1/policy/kind"],
  ["noise without a range", policy(0, { ...NOISE, lower: 70 }), "/features/0/policy/lower"],
  ["noise on a broken grid", policy(0, { ...NOISE, step: 7 }), "/features/0/policy/step"],
  ["noise on a grid of two points", policy(0, { ...NOISE, step: 50 }), "/features/0/policy/step"],
  [
    "a category in no group",
    policy(1, { kind: "generalise", groups: { a: ["web", "phone"] } }),
    "/features/1/policy/groups",
  ],
  [
    "a category in two groups",
    policy(1, { kind: "generalise", groups: { a: ["web", "phone"], b: ["phone", "letter"] } }),
    "/features/1/policy/groups",
  ],
  [
    "a placeholder other than the value",
    (c) => (c.features![0]!.reasons!.for!.en = set("{name}")),
    "/features/0/reasons/for/en",
  ],
  ["a motif of a feature that is none", (c) => (c.motif = set(["waiting_days", "channel", "x"])), "/motif/2"],
  ["a motif too short", (c) => (c.motif = set(["waiting_days"])), "/motif"],
  ["a threshold that no probability can miss", (c) => (c.output!.threshold = set(0)), "/output/threshold"],
  [
    "two outcomes of one code",
    (c) => (c.output!.outcomes!.favourable!.code = set("queued")),
    "/output/outcomes",
  ],
  [
    "an example out of range",
    (c) => (c.example!.inputs!.waiting_days = set(-1)),
    "/example/inputs/waiting_days",
  ],
  ["an example without a feature", (c) => delete c.example!.inputs!.note, "/example/inputs/note"],
  [
    "consent that cannot be taken back",
    (c) => {
      const reason = { "pt-BR": "não", en: "no" };
      c.bases!.contract = set({
        kind: "consent",
        articles: ["LGPD 7 I"],
        erasure: { allowed: false, article: "LGPD 7 I", reason },
      });
    },
    "/bases/contract/erasure",
  ],
])("the contract refuses %s", async (_, change, pointer) => {
  const found = pointers(await faultsAfter(change));
  expect(found[0]).toBe(pointer);
});

test.each([
  ["no YAML", "a: [1"],
  ["a key given twice", "name: a\nname: b"],
  ["a tag of another program", "name: !!js/function a"],
])("%s is refused with its line", async (_, yaml) => {
  const problem = await refusal(() => readContract(new TextEncoder().encode(yaml)));
  expect(problem.code).toBe("invalid_package");
  expect(pointers(problem)).toContain("/model.yaml");
});

test("aliases of aliases are refused before they unfold", async () => {
  const lines = ["l0: &l0 [x]"];
  for (let i = 1; i < 9; i++) lines.push(`l${i}: &l${i} [${new Array(9).fill(`*l${i - 1}`).join(", ")}]`);
  const problem = await refusal(() => readContract(new TextEncoder().encode(lines.join("\n"))));
  expect(pointers(problem)).toEqual(["/model.yaml"]);
});

test("bytes that are no UTF-8 are refused", async () => {
  const problem = await refusal(() => readContract(Uint8Array.of(0x6e, 0xff, 0xfe)));
  expect(problem.code).toBe("invalid_package");
});
