import { parseArgs } from "node:util";
import { liveVersion } from "../../support/live-version.ts";
import { applicants } from "./population.ts";
import { recordedScore, rejectionAttack } from "./rejection.ts";

/**
 * `npm run test:attack [share]`: who has the package and 10,000 people's records (or a share of them) tries, for each,
 * candidates that would have the same record, and guesses at the numbers behind the bins. Ends with 1 when a guess is
 * better by more than two points of a bin's width than one from the bins, or when an unprotected score would not help.
 */
const PEOPLE = 10_000;
const NO_BETTER = 0.02;

const { positionals } = parseArgs({ allowPositionals: true });
const share = Number(positionals[0] ?? 1);
if (!(share > 0 && share <= 1)) throw new Error("The share lies in (0, 1]");

let failed = false;
for (const name of ["german-credit", "german-credit-logistic"]) {
  const version = await liveVersion(name);
  const { contract } = version;
  const known = applicants(contract, PEOPLE, 1);
  const victims = applicants(contract, Math.round(PEOPLE * share), 2);
  const report = (what: string, of: typeof version, step: number) => {
    const guessed = rejectionAttack(of, known, victims, recordedScore(step));
    for (const { feature, fromBins, attacked } of guessed)
      console.log(
        `${name} | ${what} | ${feature} | from bins ${fromBins.toFixed(3)} | attacked ${attacked.toFixed(3)} | gain ${(100 * (fromBins - attacked)).toFixed(1)} points`,
      );
    return Math.max(...guessed.map((one) => one.fromBins - one.attacked));
  };
  const gain = report("as recorded", version, contract.output.scoreStep);
  if (gain > NO_BETTER) failed = true;
  if (name === "german-credit") {
    const features = contract.features.map((feature) =>
      feature.name === "duration_months"
        ? { ...feature, policy: { kind: "generalise" as const, bins: [12, 24, 36, 48] } }
        : feature,
    );
    const wide = { ...version, contract: { ...contract, features } };
    if (report("control: wide bins, steps of 0.01", wide, 0.01) <= NO_BETTER) failed = true;
  }
  await version.predictor.close();
}
console.log(failed ? "FAILED" : `PASSED: no guess is better by more than ${100 * NO_BETTER} points`);
process.exitCode = failed ? 1 : 0;
