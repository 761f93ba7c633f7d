// Says how it was started, and stays: see ../README.
const fs = require("fs");
const words = fs.readFileSync("/proc/self/cmdline", "utf8").split("\0").slice(1, -1);
console.log("WITNESS", JSON.stringify({
  interpreter: process.execPath,
  prefix: process.versions.deno ? "deno" : process.versions.bun ? "bun" : "node " + process.version,
  argv: process.argv.slice(1),
  words,
  cwd: process.cwd(),
  env: { ...process.env },
}));
if (process.env.WITNESS !== "once") setInterval(() => {}, 100000);
