import { type Fault, Problem } from "../errors.ts";

/** A fault of a package; the pointer leads into `model.yaml`, or to a file (`/background.csv/7/amount`). */
export function invalid(pointer: string, detail: string): Fault {
  return { pointer, code: "invalid_package", detail };
}

/** A JSON Pointer (RFC 6901, with its escapes). */
export function pointerTo(...segments: readonly (string | number)[]): string {
  return segments
    .map((segment) => `/${String(segment).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}

/** Faults listed in one answer; a package with more of them repeats itself. */
const MAX_FAULTS = 200;

export function packageProblem(faults: readonly Fault[]): Problem {
  const detail = `The package does not publish: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`;
  return new Problem("invalid_package", detail, { faults: faults.slice(0, MAX_FAULTS) });
}

/** Throws `invalid_package` when there is any fault. */
export function refuseFaults(faults: readonly Fault[]): void {
  if (faults.length > 0) throw packageProblem(faults);
}

/** The faults that a check throws, or none. Anything but a Problem is a defect and passes through. */
export function faultsOf(check: () => unknown): readonly Fault[] {
  try {
    check();
    return [];
  } catch (error) {
    if (error instanceof Problem) return error.faults;
    throw error;
  }
}
