// Makes the protocol's bytes again with ethers and OpenZeppelin's Merkle trees alone, and compares them with the golden
// vectors. Prints one JSON object: how many values of each kind agreed, and every one that did not.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const { AbiCoder, TypedDataEncoder, ZeroHash, ...ethers } = require("ethers");

const { concat, dataSlice, keccak256, recoverAddress, toBeHex, toUtf8Bytes } = ethers;

const vectors = process.argv[2];
const coder = AbiCoder.defaultAbiCoder();
const typeHash = (name) => keccak256(toUtf8Bytes(`ChainBoy.${name}.v1`));
const hashOf = (name, types, values) => keccak256(coder.encode(["bytes32", ...types], [typeHash(name), ...values]));

const report = { agreed: {}, differ: [] };

function compare(kind, index, expected, made) {
  if (String(expected) === String(made)) report.agreed[kind] = (report.agreed[kind] ?? 0) + 1;
  else report.differ.push({ kind, index, expected, made });
}

function each(name, check) {
  JSON.parse(fs.readFileSync(path.join(vectors, `${name}.json`), "utf8")).forEach(check);
}

function domain(vector) {
  return { name: "ChainBoy", version: "1", chainId: BigInt(vector.home_chain_id), verifyingContract: vector.hub };
}

each("requests", (v, i) => {
  const types = ["uint256", "address", "address", "uint256", "bytes32", "bytes32", "uint256", "uint256", "uint256", "uint256"];
  const values = [v.chain_id, v.gateway, v.requester, v.nonce, v.program, v.input_hash, v.price, v.tip, v.callback_gas, v.requested_at];
  const hash = hashOf("Request", types, values);
  compare("request hash", i, v.hash, hash);
  compare("task id", i, v.task_id, hashOf("Task", ["bytes32", "uint256"], [hash, v.params]));
});

each("commitments", (v, i) => {
  const types = ["bytes32", "uint256", "address", "bytes32", "bytes32"];
  const commitment = hashOf("Commitment", types, [v.task_id, v.attempt, v.node, keccak256(v.outcome), v.salt]);
  compare("commitment", i, v.commitment, commitment);
  const fields = ["bytes32 taskId", "bytes32 commitment", "uint256 attempt", "uint256 deadline"];
  const Commit = fields.map((field) => ({ type: field.split(" ")[0], name: field.split(" ")[1] }));
  const message = { taskId: v.task_id, commitment, attempt: v.attempt, deadline: v.deadline };
  compare("EIP-712 commit", i, v.digest, TypedDataEncoder.hash(domain(v), { Commit }, message));
});

each("registrations", (v, i) => {
  const Register = ["node", "owner", "payout"].map((name) => ({ type: "address", name }));
  const message = { node: v.node, owner: v.owner, payout: v.payout };
  compare("EIP-712 register", i, v.digest, TypedDataEncoder.hash(domain(v), { Register }, message));
});

each("outcomes", (v, i) => {
  const encoded = coder.encode(["uint8", "uint64", "bytes"], [v.status, v.fuel, v.payload]);
  compare("outcome", i, v.encoded, encoded);
  compare("outcome hash", i, v.hash, keccak256(encoded));
});

function recordHash(record) {
  const types = ["bytes32", "bytes32", "uint256", "uint256", "uint256", "bytes32", "uint256"];
  const { task_id, outcome_hash, agreeing_weight, total_weight, rest_weight, winners_root, winners_count } = record;
  return hashOf("Record", types, [task_id, outcome_hash, agreeing_weight, total_weight, rest_weight, winners_root, winners_count]);
}

each("records", (v, i) => compare("record hash", i, v.hash, recordHash(v)));

each("winner_trees", (v, i) => {
  const leaves = v.winners.map((winner) => [typeHash("WinnerLeaf"), winner.rank, winner.node, winner.payout, winner.weight]);
  const types = ["bytes32", "uint256", "address", "address", "uint256"];
  const tree = StandardMerkleTree.of(leaves, types, { sortLeaves: false });
  compare("winners root", i, v.root, tree.root);
  compare("winner leaf", i, v.leaf, tree.leafHash(leaves[Number(v.index)]));
  compare("winner proof", i, v.proof, tree.getProof(Number(v.index)));
});

// The accumulator: depth 32, empty leaf zero, pairs sorted before they are hashed.
const pair = (a, b) => keccak256(BigInt(a) < BigInt(b) ? concat([a, b]) : concat([b, a]));

function accumulated(leaves) {
  let level = leaves;
  let empty = ZeroHash;
  for (let depth = 0; depth < 32; depth += 1) {
    const next = [];
    for (let i = 0; i < level.length; i += 2) next.push(pair(level[i], level[i + 1] ?? empty));
    empty = pair(empty, empty);
    level = next;
  }
  return level[0] ?? empty;
}

each("accumulators", (v, i) => {
  compare("records root", i, v.root, accumulated(v.leaves));
  if (v.index === null) return;
  compare("records proof", i, v.root, v.proof.reduce(pair, v.leaves[Number(v.index)]));
});

each("params", (v, i) => {
  const parts = [[1n, 184n], [v.mode, 176n], [v.tolerance, 160n], [v.commit_window, 128n], [v.fuel_limit, 64n], [v.expires_at, 0n]];
  const word = parts.reduce((sum, [value, shift]) => sum | (BigInt(value) << shift), 0n);
  compare("params", i, v.word, word);
});

each("tallies", (v, i) => {
  const { winners_root, ...rest } = v.record;
  compare("tallied record", i, v.record.hash, recordHash({ task_id: v.task_id, total_weight: v.total_weight, winners_root, ...rest }));
  const revealed = v.ballots.filter((ballot) => ballot.word !== null).map((ballot) => ballot.word);
  if ((BigInt(v.params) >> 176n) % 256n !== 2n || v.record.winners_count === "0") return;
  const number = hashOf("Random", ["bytes32", "bytes32"], [v.task_id, keccak256(concat(revealed))]);
  const outcome = coder.encode(["uint8", "uint64", "bytes"], [0, 0, toBeHex(BigInt(number), 32)]);
  compare("random outcome", i, v.record.outcome_hash, keccak256(outcome));
});

each("stake_lists", (v, i) => {
  const words = v.entries.map(({ node, weight }) => (BigInt(node) << 96n) | BigInt(weight));
  compare("stake words", i, v.words, words);
  const listed = keccak256(concat(words.map((word) => toBeHex(word, 32))));
  compare("stake hash", i, v.hash, hashOf("StakeList", ["bytes32"], [listed]));
});

each("checkpoints", (v, i) => {
  const fields = ["uint256 number", "uint256 epoch", "bytes32 stakeHash", "uint256 stakeTotal", "bytes32 recordsRoot"];
  const Checkpoint = [...fields, "uint256 recordsCount", "uint256 homeBlock"].map((field) => {
    const [type, name] = field.split(" ");
    return { type, name };
  });
  const keys = ["number", "epoch", "stake_hash", "stake_total", "records_root", "records_count", "home_block"];
  const message = Object.fromEntries(Checkpoint.map(({ name }, at) => [name, v[keys[at]]]));
  compare("EIP-712 checkpoint", i, v.digest, TypedDataEncoder.hash(domain(v), { Checkpoint }, message));
});

// Who signed, read as a verifier reads it: bit i of the map is entry i of the list.
function signersOf(v, { bitmap, signatures, weight }) {
  const chosen = v.words.map(BigInt).filter((_, at) => (BigInt(bitmap) >> BigInt(at)) & 1n);
  const nodes = chosen.map((word) => word >> 96n);
  const sum = chosen.reduce((total, word) => total + (word & (2n ** 96n - 1n)), 0n);
  const signed = nodes.map((_, at) => BigInt(recoverAddress(v.digest, dataSlice(signatures, 65 * at, 65 * at + 65))));
  const whole = signatures.length === 2 + 130 * nodes.length && sum === BigInt(weight);
  return whole && String(signed) === String(nodes) ? nodes : [];
}

each("attestations", (v, i) => {
  compare("packed signers", i, v.signers.map(BigInt), signersOf(v, v.packed));
  const enough = 2n * BigInt(v.packed.weight) > BigInt(v.total);
  const fewest = v.fewest !== null && signersOf(v, v.fewest).length > 0 && 2n * BigInt(v.fewest.weight) > BigInt(v.total);
  compare("fewest signers", i, enough, fewest);
});

each("record_proofs", (v, i) => {
  const [number, siblings] = coder.decode(["uint256", "bytes32[32]"], v.proof);
  compare("proof's number", i, v.number, number);
  compare("proof's root", i, v.root, siblings.reduce((node, sibling) => pair(node, sibling), v.leaves[Number(v.index)]));
  compare("checkpoint's root", i, v.root, accumulated(v.leaves.slice(0, Number(v.count))));
});

console.log(JSON.stringify(report));
