/** One of several processes that write at once. Arguments: database URL, key folder, callers, seconds. */
import { keyFolder } from "../../../src/privacy/key-folder.ts";
import { openAppender } from "./decisions.ts";
import { closedLoop } from "./load.ts";

const [url = "", folder = "", callers = "", seconds = ""] = process.argv.slice(2);
const appender = await openAppender(url, keyFolder(folder));
process.send?.("ready");
process.once("message", async () => {
  const measured = await closedLoop(Number(callers), Number(seconds), () => 0, appender.append);
  process.send?.(measured);
  await appender.close();
  process.disconnect();
});
