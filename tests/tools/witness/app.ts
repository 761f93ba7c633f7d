// Says how it was started, and stays: see ../README. The types are there to need more than JavaScript.
import fs from "node:fs";
import process from "node:process";

const versions: Record<string, string | undefined> = process.versions;
const words: string[] = fs.readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1);
console.log("WITNESS", JSON.stringify({
  interpreter: process.execPath,
  prefix: versions["deno"] ? "deno" : versions["bun"] ? "bun" : "node " + process.version,
  argv: process.argv.slice(1),
  words,
  cwd: process.cwd(),
  env: { ...process.env },
}));
if (process.env["WITNESS"] !== "once") setInterval(() => {}, 100000);
