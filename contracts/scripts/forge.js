// Runs forge itself and ends as it ends: the starter that npm installs ends with 0 even when tests fail.
"use strict";

const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const packages = path.resolve(__dirname, "..", "node_modules", "@foundry-rs");
const places = fs.readdirSync(packages).filter((name) => name.startsWith("forge-"));
const forge = places.flatMap((name) => ["forge", "forge.exe"].map((file) => path.join(packages, name, "bin", file))).find(fs.existsSync);
if (forge === undefined) {
  console.error("There is no forge for this platform here. Run: npm install");
  process.exit(1);
}
const { status } = spawnSync(forge, process.argv.slice(2), { stdio: "inherit" });
process.exit(status ?? 1);
