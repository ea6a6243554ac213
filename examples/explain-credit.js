/**
 * Why does a credit model decide as it does? The reasons of one application, strongest first, as `motivo/explain` computes
 * them from the model's ONNX file alone.
 *
 *     npm install motivo && node explain-credit.js
 */
import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { openModel } from "motivo/explain";

const credit = new URL("dist/packages/german-credit/", import.meta.resolve("motivo/package.json"));
const numbers = ["duration_months", "amount_dm", "age_years"];
const background = parse(await readFile(new URL("background.csv", credit)), {
  columns: true,
  cast: (text, { column, header }) => (!header && numbers.includes(column) ? Number(text) : text),
});

const model = await openModel(new URL("model.onnx", credit), { background });
const applicant = { ...background[0], amount_dm: 12_000, duration_months: 48 };
const [probabilities] = await model.predict([applicant]);
console.log(model.outputs.map((name, i) => `${name} ${probabilities[i].toFixed(3)}`).join(", "));

// What the score is made of, exactly; and what moves the probability itself, with 95 % intervals.
for (const link of ["margin", "identity"]) {
  const { method, base, output, attributions, intervals } = await model.explain(applicant, {
    output: "good",
    link,
  });
  console.log(`\n${link}: ${output.toFixed(3)}, on average ${base.toFixed(3)} (${method})`);
  const strongest = Object.entries(attributions).sort(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  for (const [feature, value] of strongest.slice(0, 5)) {
    const [lower, upper] = intervals[feature].map((bound) => bound.toFixed(3));
    console.log(`  ${feature.padEnd(24)} ${value.toFixed(3).padStart(7)}  [${lower}, ${upper}]`);
  }
}
await model.close();
