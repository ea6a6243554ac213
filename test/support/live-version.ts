import { fileURLToPath } from "node:url";
import type { Contract } from "../../src/models/contract.ts";
import { readPackageFolder } from "../../src/models/package.ts";
import { openPredictor } from "../../src/models/predictor.ts";
import type { LiveVersion } from "../../src/models/registry.ts";

/** A demo package's model, ready to predict, without a database. Whoever opens it closes its predictor. */
export async function liveVersion(
  name: string,
  change: (contract: Contract) => Contract = (contract) => contract,
): Promise<LiveVersion> {
  const folder = fileURLToPath(new URL(`../../packages/${name}/`, import.meta.url));
  const checked = await readPackageFolder(folder);
  const { background, digests } = checked;
  const predictor = await openPredictor(checked, { threads: 1 });
  return {
    model: name,
    version: 1,
    contract: change(checked.contract),
    publishedAt: new Date(0),
    digests,
    predictor,
    background,
  };
}
