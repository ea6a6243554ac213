import { randomBytes } from "node:crypto";
import pg from "pg";
import type { OpenDatabase } from "../../src/db/client.ts";
import { grantRoles } from "../../src/db/roles.ts";

/** Roles belong to the whole server, so each test's have a name of their own; they can log in, as an operator would let them. */
export interface TestRoles {
  service: { name: string; url: string };
  auditor: { name: string; url: string };
  remove(): Promise<void>;
}

/** Service and auditor of this database with exactly their rights. @param owner the database as its owner */
export async function rolesOf(owner: OpenDatabase & { url: string }): Promise<TestRoles> {
  const suffix = randomBytes(6).toString("hex");
  const names = { service: `service_${suffix}`, auditor: `auditor_${suffix}` };
  await grantRoles(owner.db, names);
  const admin = new pg.Client({ connectionString: owner.url });
  await admin.connect();
  const url = (name: string) => {
    const own = new URL(owner.url);
    own.username = name;
    own.password = "test";
    return own.href;
  };
  for (const name of Object.values(names)) await admin.query(`ALTER ROLE ${name} LOGIN PASSWORD 'test'`);
  await admin.end();
  return {
    service: { name: names.service, url: url(names.service) },
    auditor: { name: names.auditor, url: url(names.auditor) },
    async remove() {
      const last = new pg.Client({ connectionString: owner.url });
      await last.connect();
      for (const name of Object.values(names)) await last.query(`DROP OWNED BY ${name}; DROP ROLE ${name}`);
      await last.end();
    },
  };
}
