#!/usr/bin/env node
// What this file imports by itself runs on any Node since 20; everything else is loaded after the check.
import { needsPinnedNode, runUnderPinnedNode } from "./cli/pinned-node.ts";

if (needsPinnedNode(process.versions.node)) {
  process.exitCode = await runUnderPinnedNode(process.argv.slice(1));
} else {
  const { main } = await import("./cli/program.ts");
  process.exitCode = await main(process.argv.slice(2));
}
