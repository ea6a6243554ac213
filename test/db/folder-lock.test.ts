import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FolderLockedError, isFolderLocked, lockFolder } from "../../src/db/folder-lock.ts";
import { temporaryFolders } from "../support/process.ts";

describe("the lock on the data folder", () => {
  let folders: Awaited<ReturnType<typeof temporaryFolders>>;
  beforeEach(async () => {
    folders = await temporaryFolders();
  });
  afterEach(() => folders.remove());

  const holder = async () => {
    const script = `
      import { lockFolder } from ${JSON.stringify(new URL("../../src/db/folder-lock.ts", import.meta.url).href)};
      await lockFolder(${JSON.stringify(folders.data)}, () => process.exit(1));
      console.log("locked");
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    return child;
  };

  it("is refused while another process lives, naming folder and process", async () => {
    const child = await holder();
    await expect(lockFolder(folders.data, () => {})).rejects.toThrow(FolderLockedError);
    await expect(lockFolder(folders.data, () => {})).rejects.toThrow(
      new RegExp(`${folders.data}.*${child.pid}`),
    );
    expect(await isFolderLocked(folders.data)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
  });

  it("is taken over from a process that was killed", async () => {
    const child = await holder();
    child.kill("SIGKILL");
    await once(child, "exit");
    const release = await lockFolder(folders.data, () => {});
    await release();
    expect(await isFolderLocked(folders.data)).toBe(false);
  });
});
