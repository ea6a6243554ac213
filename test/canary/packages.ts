import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { PACKAGE_FILES } from "../../src/models/package.ts";
import { FREE_TEXT } from "../support/service.ts";

/** What becomes of the number and of the text, so that every policy that takes either is met. */
const POLICIES: Record<string, { number: object; text: object; afterErasure?: string }> = {
  "canary-masked": { number: { kind: "top-bottom-code", bins: [5, 10], top: 20 }, text: { kind: "mask" } },
  "canary-pseudonym": { number: { kind: "drop" }, text: { kind: "pseudonymise" } },
  "canary-surrogate": {
    number: { kind: "noise", mechanism: "discrete-laplace", epsilon: 1, lower: 0, upper: 1_000, step: 10 },
    text: { kind: "surrogate", faker: "lorem.sentence" },
    afterErasure: "detached",
  },
  "canary-prefix": { number: { kind: "generalise", bins: [7, 30] }, text: { kind: "generalise", prefix: 3 } },
};

export const CANARY_MODELS = Object.keys(POLICIES);

/** The free-text package once for each pair of policies, taking numbers of twelve digits, as folders under `parent`. */
export async function canaryPackages(parent: string): Promise<string[]> {
  return Promise.all(
    Object.entries(POLICIES).map(async ([name, { number, text, afterErasure }]) => {
      const folder = join(parent, name);
      await mkdir(folder, { recursive: true });
      for (const file of Object.keys(PACKAGE_FILES)) {
        const bytes = await readFile(join(FREE_TEXT, file));
        if (file !== "model.yaml") {
          await writeFile(join(folder, file), bytes);
          continue;
        }
        const contract = parseDocument(bytes.toString());
        contract.set("name", name);
        contract.set("quasiIdentifiers", ["waiting_days", "channel", "note"]);
        contract.set("risk", { k: 3 });
        if (afterErasure) contract.set("afterErasure", afterErasure);
        contract.setIn(["features", 0, "max"], 999_999_999_999);
        contract.setIn(["features", 0, "policy"], number);
        contract.setIn(["features", 2, "policy"], text);
        contract.setIn(["features", 2, "maxLength"], 1_000);
        await writeFile(join(folder, file), contract.toString());
      }
      return folder;
    }),
  );
}

/** A package as `POST /v1/models` takes it. */
export async function packageBody(folder: string): Promise<{ files: Record<string, string> }> {
  const files = await Promise.all(
    Object.keys(PACKAGE_FILES).map(async (file) => [
      file,
      (await readFile(join(folder, file))).toString("base64"),
    ]),
  );
  return { files: Object.fromEntries(files) };
}
