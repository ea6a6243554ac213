import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { PACKAGE_FILES } from "../../src/models/package.ts";
import { FREE_TEXT } from "./service.ts";

/**
 * The free-text package in a new folder, with two quasi-identifiers: days of waiting, with a level of wider bins, and the channel,
 * which the coarsest level drops.
 * @param k absent: it states none, and has no levels
 */
export async function gatedPackage(k?: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "motivo-gate-"));
  for (const name of Object.keys(PACKAGE_FILES)) {
    const bytes = await readFile(join(FREE_TEXT, name));
    if (name !== "model.yaml") {
      await writeFile(join(folder, name), bytes);
      continue;
    }
    const contract = parseDocument(bytes.toString());
    contract.set("quasiIdentifiers", ["waiting_days", "channel"]);
    if (k !== undefined) {
      contract.set("risk", { k });
      contract.setIn(["features", 0, "policy", "levels"], [{ bins: [10] }]);
    }
    await writeFile(join(folder, name), contract.toString());
  }
  return folder;
}
