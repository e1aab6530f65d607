// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IRecordVerifier} from "../../src/interfaces/IRecordVerifier.sol";
import {Record, Records} from "../../src/libraries/Records.sol";

/// @notice Believes the records it was told of: without a proof by their hash, with one (32 siblings, as a remote
/// chain's) by the accumulator's root.
contract MockVerifier is IRecordVerifier {
    using Records for Record;

    uint256 public override liveUntil = type(uint256).max;
    mapping(bytes32 => bool) private _known;

    function setLiveUntil(uint256 time) external {
        liveUntil = time;
    }

    function accept(Record calldata record) external {
        _known[record.hash()] = true;
    }

    function acceptUnder(Record calldata record, bytes32[] calldata siblings) external {
        _known[MerkleProof.processProofCalldata(siblings, record.hash())] = true;
    }

    function requireRecord(Record calldata record, bytes calldata proof) external view override {
        bytes32 found = record.hash();
        if (proof.length > 0) {
            bytes32[] memory siblings = abi.decode(proof, (bytes32[]));
            if (siblings.length != 32) revert UnprovenRecord(record.taskId);
            found = MerkleProof.processProof(siblings, found);
        }
        if (!_known[found]) revert UnprovenRecord(record.taskId);
    }
}
