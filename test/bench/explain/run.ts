/**
 * npm run bench:explain: the explanation engine beside its Python peers, in one run. Prints each section and writes it
 * into docs/benchmarks.md between its own markers; `-- trees` or `-- sampling` runs one section alone.
 *
 * MOTIVO_BENCH_PYTHON names a Python that has peers/requirements.txt. Without it an environment is made below the
 * system's temporary folder, for which python3.12 must be on the path.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SECTIONS = ["trees", "sampling"];
const REPORT = fileURLToPath(new URL("../../../docs/benchmarks.md", import.meta.url));
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

function pythonOf(): string {
  const given = process.env.MOTIVO_BENCH_PYTHON;
  if (given !== undefined) return given;
  const folder = join(tmpdir(), "motivo-bench-python");
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  execFileSync("python3.12", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(python, ["-m", "pip", "install", "--quiet", "-r", here("peers/requirements.txt")], {
    stdio: "inherit",
  });
  return python;
}

function modelsOf(python: string): string {
  const folder = join(tmpdir(), "motivo-bench-explain");
  if (!existsSync(join(folder, "models.json")))
    execFileSync(python, [here("peers/models.py"), folder], { stdio: ["ignore", "inherit", "inherit"] });
  return folder;
}

/** What a section prints; it has a process of its own, so that none inherits another's heap. */
async function section(name: string, folder: string, python: string): Promise<string> {
  const child = spawn(process.execPath, [here(`${name}.ts`), folder, python], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
    process.stdout.write(text);
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the section ${name} failed`);
  return printed.trim();
}

function versions(python: string): string {
  const list = readFileSync(here("peers/requirements.txt"), "utf8")
    .split("\n")
    .filter((line) => /^(shap|shapiq|woodelf-explainer|lightgbm|scikit-learn)==/.test(line))
    .map((line) => line.replace("==", " "));
  const said = execFileSync(python, ["--version"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}`;
  return `${new Date().toISOString().slice(0, 10)}, ${machine}, Node ${process.versions.node}; ${said}, ${list.join(", ")}.`;
}

function write(name: string, text: string): void {
  const report = readFileSync(REPORT, "utf8");
  const [from, to] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [start, end] = [report.indexOf(from), report.indexOf(to)];
  if (start === -1 || end < start) throw new Error(`docs/benchmarks.md has no place for ${name}`);
  writeFileSync(REPORT, `${report.slice(0, start + from.length)}\n\n${text}\n\n${report.slice(end)}`);
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !SECTIONS.includes(name));
if (unknown !== undefined) throw new Error(`there is no section ${unknown}`);
const python = pythonOf();
const folder = modelsOf(python);
for (const name of SECTIONS) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  process.stdout.write(`\n== ${name}\n\n`);
  const printed = await section(name, folder, python);
  write(name, `${versions(python)}\n\n${printed}`);
}
