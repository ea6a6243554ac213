import { expect, test } from "vitest";
import { policyDigest } from "../../src/models/digests.ts";
import { readContract } from "../../src/models/read-contract.ts";
import { FREE_TEXT, type Loose, looseContract, yamlBytes } from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

const set = (value: unknown) => value as Loose;

/** The free-text contract with two quasi-identifiers, k and levels of the first two features. */
function withLevels(first: unknown, second: unknown): Loose {
  const contract = looseContract(FREE_TEXT);
  contract.quasiIdentifiers = set(["waiting_days", "channel"]);
  contract.risk = set({ k: 5 });
  contract.features![0]!.policy = set({ kind: "top-bottom-code", bins: [5, 10], top: 20, levels: first });
  contract.features![1]!.policy = set({
    kind: "generalise",
    groups: { web: ["web"], phone: ["phone"], paper: ["letter"] },
    levels: second,
  });
  return contract;
}
const NUMBERS = [{ bins: [5, 20] }, { bins: [20] }];
const CATEGORIES = [{ groups: { remote: ["web", "phone"], paper: ["letter"] } }];

test("levels that coarsen one another are read as they are written, and belong to what was promised", () => {
  const written = withLevels(NUMBERS, CATEGORIES);
  const contract = readContract(yamlBytes(written));
  expect(contract).toEqual(written);
  const { risk: _, ...without } = contract;
  expect(policyDigest(without as typeof contract)).not.toBe(policyDigest(contract));
});

test.each<[string, unknown, unknown, string]>([
  ["an edge that the level before lacks", [{ bins: [7] }], CATEGORIES, "/features/0/policy/levels/0"],
  ["as many edges as before", [{ bins: [5, 10, 20] }], CATEGORIES, "/features/0/policy/levels/0"],
  ["a second level finer than the first", NUMBERS.toReversed(), CATEGORIES, "/features/0/policy/levels/1"],
  ["edges that fall", [{ bins: [20, 5] }], CATEGORIES, "/features/0/policy/levels/0"],
  ["groups for numbers", CATEGORIES, CATEGORIES, "/features/0/policy/levels/0"],
  ["nothing in a level", NUMBERS, [{}], "/features/1/policy/levels/0"],
  ["a value in no group", NUMBERS, [{ groups: { remote: ["web", "phone"] } }], "/features/1/policy/levels/0"],
  [
    "a value in two groups",
    NUMBERS,
    [{ groups: { remote: ["web", "phone"], all: ["letter", "web"] } }],
    "/features/1/policy/levels/0",
  ],
  [
    "as many groups as before",
    NUMBERS,
    [{ groups: { a: ["web"], b: ["phone"], c: ["letter"] } }],
    "/features/1/policy/levels/0",
  ],
])("%s is refused", async (_, first, second, pointer) => {
  const problem = await refusal(() => readContract(yamlBytes(withLevels(first, second))));
  expect([problem.code, pointers(problem)]).toEqual(["invalid_package", [pointer]]);
});

test("a group that the level before has whole may not be torn apart", async () => {
  const contract = withLevels(NUMBERS, [{ groups: { a: ["web"], b: ["phone", "letter"] } }]);
  contract.features![1]!.policy!.groups = set({ remote: ["web", "phone"], paper: ["letter"] });
  const problem = await refusal(() => readContract(yamlBytes(contract)));
  expect(pointers(problem)).toEqual(["/features/1/policy/levels/0"]);
});

test("levels without k, and k without quasi-identifiers, are refused: nothing would choose or count by them", async () => {
  const noK = withLevels(NUMBERS, CATEGORIES);
  delete noK.risk;
  const named = await refusal(() => readContract(yamlBytes(noK)));
  expect(pointers(named)).toEqual(["/features/0/policy/levels", "/features/1/policy/levels"]);
  const nobody = withLevels(undefined, undefined);
  nobody.quasiIdentifiers = set([]);
  delete nobody.features![0]!.policy!.levels;
  delete nobody.features![1]!.policy!.levels;
  expect(pointers(await refusal(() => readContract(yamlBytes(nobody))))).toEqual(["/risk/k"]);
});
