#!/usr/bin/env node
// Lets forge compile with the pinned solc-js: the two calls of the solc command line that forge makes.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");

const args = process.argv.slice(2);
const valuesOf = (flag) => args.flatMap((arg, i) => (arg === flag ? [args[i + 1]] : []));

if (args.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else {
  const folders = [process.cwd(), ...valuesOf("--base-path"), ...valuesOf("--include-path")];
  const resolve = (name) => {
    const found = folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
    return found ? { contents: fs.readFileSync(found, "utf8") } : { error: `${name} is in none of ${folders}` };
  };
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: resolve }));
}
