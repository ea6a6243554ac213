import { expect, test } from "vitest";
import { checkPackage } from "../../src/models/package.ts";
import { readContract } from "../../src/models/read-contract.ts";
import { FREE_TEXT, filesOf, GERMAN_CREDIT, type Loose, looseContract, yamlBytes } from "./contracts.ts";
import { pointers, refusal } from "./problems.ts";

function written(folder: URL, change: (contract: Loose) => void): Uint8Array {
  const contract = looseContract(folder);
  change(contract);
  return yamlBytes(contract);
}

const drawnFrom = (explanation: object) => (contract: Loose) => {
  contract.explanation = explanation as Loose;
};

test.each<[string, (contract: Loose) => void]>([
  ["sampled by name", drawnFrom({ method: "permutation", link: "margin" })],
  [
    "of a value that is no probability",
    (contract) => {
      drawnFrom({ method: "auto", link: "logit" })(contract);
      const { highOutput, threshold, outcomes, scoreStep } = contract.output!;
      contract.output = {
        kind: "regression",
        highOutput,
        threshold,
        outcomes,
        scoreStep,
      } as unknown as Loose;
    },
  ],
])("log odds %s are refused in the contract", async (_, change) => {
  const problem = await refusal(() => readContract(written(GERMAN_CREDIT, change)));
  expect(pointers(problem)).toContain("/explanation/link");
});

test("log odds that the model's own sum gives are published, shared out within groups as well", async () => {
  const groups = [{ name: "loan", features: ["duration_months", "amount_dm"] }] as unknown as Loose;
  for (const [link, more] of [
    ["margin", {}],
    ["logit", { groups }],
  ] as const) {
    const yaml = written(GERMAN_CREDIT, (contract) => {
      drawnFrom({ method: "auto", link })(contract);
      Object.assign(contract, more);
    });
    const { contract } = await checkPackage({ ...filesOf(GERMAN_CREDIT), "model.yaml": yaml });
    expect(contract.explanation.link).toBe(link);
  }
});

test("log odds of a model whose inside cannot be read are refused", async () => {
  const yaml = written(FREE_TEXT, drawnFrom({ method: "auto", link: "margin" }));
  const problem = await refusal(() => checkPackage({ ...filesOf(FREE_TEXT), "model.yaml": yaml }));
  expect(pointers(problem)).toEqual(["/explanation/link"]);
});
