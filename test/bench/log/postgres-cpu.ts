import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Linux counts in hundredths of a second, whatever the kernel's own tick. */
const TICK_US = 10_000;

/** Fields of /proc/<pid>/stat from the third on: the second is a name in parentheses and may hold spaces. */
function fieldsOf(pid: string): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null; // It ended between the listing and now.
  }
}

/**
 * CPU that a PostgreSQL has used so far, in µs: the postmaster, its children, and those of them that have ended.
 * @param dataFolder holds `postmaster.pid`, whose first line is the process
 */
export function postgresCpu(dataFolder: string): () => number {
  const [postmaster = ""] = readFileSync(join(dataFolder, "postmaster.pid"), "utf8").split("\n");
  return () => {
    let ticks = 0;
    for (const pid of readdirSync("/proc")) {
      if (!/^[0-9]+$/.test(pid)) continue;
      const fields = fieldsOf(pid);
      if (!fields) continue;
      const [, parent] = fields;
      const [user, system, endedUser, endedSystem] = fields.slice(11, 15).map(Number);
      if (parent === postmaster) ticks += user! + system!;
      if (pid === postmaster) ticks += user! + system! + endedUser! + endedSystem!;
    }
    return ticks * TICK_US;
  };
}
