import { expect, test } from "vitest";
import type { Cell } from "../../src/explain/game.ts";
import type { Contract, Feature } from "../../src/models/contract.ts";
import { anonymise, type RecordedValue } from "../../src/privacy/anonymise.ts";
import { coarserInputs } from "../../src/privacy/coarser.ts";
import type { SubjectKey } from "../../src/privacy/subject-keys.ts";

const key: SubjectKey = {
  id: "",
  commitmentSalt: () => new Uint8Array(32),
  tagKey: new Uint8Array(32),
  vaultKey: new Uint8Array(32),
  pseudonymKey: new Uint8Array(32).fill(7),
  purpose: "p",
  retention: "r",
  entries: 0,
};
const context = { key, identifiers: [] };
const feature = (name: string, policy: unknown) => ({ name, policy }) as unknown as Feature;

/** Every policy that may have levels, some with and some without; `note` is no quasi-identifier. */
const contract: Pick<Contract, "features" | "quasiIdentifiers"> = {
  quasiIdentifiers: ["age", "income", "city", "postcode", "sex", "name"],
  features: [
    feature("age", {
      kind: "generalise",
      bins: [20, 30, 40, 50],
      levels: [{ bins: [30, 50] }, { bins: [30] }],
    }),
    feature("income", { kind: "top-bottom-code", bottom: 1, bins: [3, 5], top: 9, levels: [{ bins: [5] }] }),
    feature("city", {
      kind: "generalise",
      groups: { coast: ["Rio", "Santos"], inland: ["Goiás"], north: ["Belém"] },
      levels: [{ groups: { coast: ["Rio", "Santos"], rest: ["Goiás", "Belém"] } }],
    }),
    feature("postcode", { kind: "generalise", prefix: 4, levels: [{ prefix: 2 }] }),
    feature("sex", { kind: "keep" }),
    feature("name", { kind: "pseudonymise" }),
    feature("note", { kind: "keep" }),
  ],
};

test("what a record says is made as coarse as if it had gone in at that level, from any finer one", () => {
  const rows: Cell[][] = [19, 20, 33, 49, 50, 51].flatMap((age) =>
    [0, 1, 4, 5, 10].flatMap((income) =>
      ["Rio", "Goiás", "Belém"].map((city) => [age, income, city, "01310", "f", "Ana", "red"]),
    ),
  );
  for (const cells of rows) {
    const at = [0, 1, 2].map((level) => anonymise(contract, cells, context, level));
    for (let from = 0; from <= 2; from++) {
      for (let to = from; to <= 2; to++) {
        // Level 0 stands for "as it is".
        const wanted = to === 0 ? at[from] : at[Math.max(from, to)];
        expect(coarserInputs(contract, contract.quasiIdentifiers, at[from]!, to)).toEqual(wanted);
      }
    }
  }
});

test("what is no quasi-identifier stays, and what is coarser already gets no finer", () => {
  const wide: Record<string, RecordedValue> = {
    age: { kind: "range", from: 30, to: null },
    note: { kind: "category", value: "red" },
    gone: { kind: "dropped" },
  };
  expect(coarserInputs(contract, contract.quasiIdentifiers, wide, 1)).toEqual(wide);
  expect(coarserInputs(contract, ["note"], wide, 1).note).toEqual({ kind: "dropped" });
});

test("a name that stands for another group at another level says nothing any more", () => {
  const torn: Pick<Contract, "features"> = {
    features: [
      feature("city", {
        kind: "generalise",
        groups: { a: ["x"], b: ["y"], c: ["z"] },
        levels: [{ groups: { a: ["y", "z"], c: ["x"] } }],
      }),
    ],
  };
  const recorded = (value: string) => ({ city: { kind: "category" as const, value } });
  expect(coarserInputs(torn, ["city"], recorded("b"), 1)).toEqual(recorded("a"));
  expect(coarserInputs(torn, ["city"], recorded("a"), 1).city).toEqual({ kind: "dropped" });
});
