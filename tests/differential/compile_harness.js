// Compiles the library harness with the contracts' own solc and settings, beside which it is kept. `--check` writes
// nothing and fails when what is there is not what the sources give. Needs `npm install` in contracts/.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const contracts = path.resolve(__dirname, "..", "..", "contracts");
const solc = require(path.join(contracts, "node_modules", "solc"));
const settings = require(path.join(contracts, "scripts", "settings.js"));

const NAME = "LibraryHarness";
const source = `test/harness/${NAME}.sol`;
const target = path.join(__dirname, "artifacts", `${NAME}.json`);

function resolve(name) {
  const file = [contracts, path.join(contracts, "node_modules")].map((folder) => path.join(folder, name)).find(fs.existsSync);
  return file ? { contents: fs.readFileSync(file, "utf8") } : { error: `${name} is not there` };
}

const input = {
  language: "Solidity",
  sources: { [source]: { content: fs.readFileSync(path.join(contracts, source), "utf8") } },
  settings: { ...settings, outputSelection: { [source]: { [NAME]: ["abi", "evm.bytecode.object"] } } },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolve }));
const problems = (output.errors ?? []).filter((problem) => problem.severity === "error");
if (problems.length > 0) {
  problems.forEach((problem) => process.stderr.write(problem.formattedMessage));
  process.exit(1);
}
const made = output.contracts[source][NAME];
const text = JSON.stringify({ contractName: NAME, abi: made.abi, bytecode: `0x${made.evm.bytecode.object}` }, null, 1) + "\n";

if (!process.argv.includes("--check")) fs.writeFileSync(target, text);
else if (!fs.existsSync(target) || fs.readFileSync(target, "utf8") !== text) {
  console.error(`${target} is not what the sources give. Run: node tests/differential/compile_harness.js`);
  process.exit(1);
}
