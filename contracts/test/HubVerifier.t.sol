// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {HubVerifier} from "../src/HubVerifier.sol";
import {IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {IRecordVerifier} from "../src/interfaces/IRecordVerifier.sol";
import {Record} from "../src/libraries/Records.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @notice Given a hub (this test) that made one record: when the verifier is asked about records.
contract HubVerifierTest is ForgeTest {
    mapping(bytes32 taskId => bytes32 recordHash) public recordHashOf;
    HubVerifier private verifier;
    Record private made;

    function setUp() external {
        verifier = new HubVerifier(IConsensusHub(address(this)));
        made = Record("task", "outcome", 7, 10, 1, "root", 3);
        bytes32 kind = keccak256("ChainBoy.Record.v1");
        recordHashOf["task"] = keccak256(abi.encode(kind, bytes32("task"), bytes32("outcome"), 7, 10, 1, bytes32("root"), 3));
    }

    function _expectUnproven(bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(IRecordVerifier.UnprovenRecord.selector, made.taskId));
        verifier.requireRecord(made, proof);
    }

    function test_good_isBelieved() external view {
        verifier.requireRecord(made, "");
        vm.assertEq(address(verifier.hub()), address(this));
    }

    function test_live_forEver() external view {
        vm.assertEq(verifier.liveUntil(), type(uint256).max);
    }

    function test_revert_withAProof() external {
        _expectUnproven(hex"00");
    }

    function test_revert_anyFieldAltered() external {
        Record memory record = made;
        made.taskId = "other";
        _expectUnproven("");
        made = record;
        made.outcomeHash = "other";
        _expectUnproven("");
        made = record;
        made.agreeingWeight = 8;
        _expectUnproven("");
        made = record;
        made.totalWeight = 11;
        _expectUnproven("");
        made = record;
        made.restWeight = 0;
        _expectUnproven("");
        made = record;
        made.winnersRoot = "other";
        _expectUnproven("");
        made = record;
        made.winnersCount = 2;
        _expectUnproven("");
    }
}
