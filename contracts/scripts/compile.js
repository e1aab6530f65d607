// Compiles src/ with the pinned solc and writes one artifact a contract (ABI, bytecode) and a manifest with the
// hash of every source, into the Python package. `--check` writes nothing and fails when they would change.
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const solc = require("solc");
const settings = require("./settings.js");

const root = path.resolve(__dirname, "..");
const target = path.resolve(root, "..", "chainboy", "contracts", "artifacts");

function sourcesUnder(folder) {
  return fs
    .readdirSync(path.join(root, folder), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? sourcesUnder(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`]))
    .filter((name) => name.endsWith(".sol"))
    .sort();
}

function compile(names) {
  const read = (name) => fs.readFileSync(path.join(root, name), "utf8");
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(names.map((name) => [name, { content: read(name) }])),
    settings: { ...settings, outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } } },
  };
  const resolve = (name) => ({ contents: fs.readFileSync(path.join(root, "node_modules", name), "utf8") });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: resolve }));
  const problems = output.errors ?? [];
  problems.forEach((problem) => process.stderr.write(problem.formattedMessage));
  if (problems.length > 0) process.exit(1);
  return output.contracts;
}

function artifactsOf(names) {
  const contracts = compile(names);
  const files = {};
  for (const name of names) {
    for (const [contract, made] of Object.entries(contracts[name] ?? {})) {
      if (made.abi.length === 0) continue;
      files[`${contract}.json`] = {
        contractName: contract,
        sourceName: name,
        abi: made.abi,
        bytecode: `0x${made.evm.bytecode.object}`,
        deployedSize: made.evm.deployedBytecode.object.length / 2,
      };
    }
  }
  const sha256 = (name) => crypto.createHash("sha256").update(fs.readFileSync(path.join(root, name))).digest("hex");
  files["manifest.json"] = {
    solc: solc.version(),
    openzeppelin: require("@openzeppelin/contracts/package.json").version,
    settings,
    sources: Object.fromEntries(names.map((name) => [name, sha256(name)])),
  };
  return Object.fromEntries(Object.entries(files).map(([name, value]) => [name, JSON.stringify(value, null, 1) + "\n"]));
}

function check(files) {
  const present = fs.readdirSync(target).filter((name) => name.endsWith(".json"));
  const names = new Set([...present, ...Object.keys(files)]);
  const stale = [...names].filter(
    (name) => !(name in files) || !present.includes(name) || fs.readFileSync(path.join(target, name), "utf8") !== files[name],
  );
  if (stale.length === 0) return;
  console.error(`These artifacts are not what the sources give: ${stale.join(", ")}. Run: node scripts/compile.js`);
  process.exit(1);
}

function write(files) {
  fs.mkdirSync(target, { recursive: true });
  for (const name of fs.readdirSync(target)) if (name.endsWith(".json") && !(name in files)) fs.rmSync(path.join(target, name));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(target, name), text);
}

const files = artifactsOf(sourcesUnder("src"));
(process.argv.includes("--check") ? check : write)(files);
console.log(`${Object.keys(files).length - 1} artifacts, solc ${solc.version()}`);
