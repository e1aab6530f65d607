// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConsensusHub} from "../src/ConsensusHub.sol";
import {CommitEntry, IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {INodeRegistry} from "../src/interfaces/INodeRegistry.sol";
import {Mode} from "../src/libraries/Params.sol";
import {HubTest} from "./base/HubTest.sol";

/// @notice Given a node's signature over a commit: when it is altered, moved or used again.
contract ConsensusHubSignatureTest is HubTest {
    uint256 private constant CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    CommitEntry private entry;

    function setUp() public override {
        super.setUp();
        _enrol(_weights(40, 30, 30));
        entry = _signed(0, 1, _text("answer"));
    }

    function _expectBad(CommitEntry memory bad) private {
        vm.assertEq(bytes32(_commit(bad)), bytes32(IConsensusHub.BadSignature.selector));
        vm.assertEq(registry.notes(bad.node), 0);
    }

    function test_good_whoeverSends() external {
        vm.prank(address(0xbad));
        vm.assertEq(bytes32(_commit(entry)), 0);
    }

    function test_bad_otherCommitment() external {
        entry.commitment = keccak256("other");
        _expectBad(entry);
    }

    function test_bad_otherDeadline() external {
        ++entry.deadline;
        _expectBad(entry);
    }

    function test_bad_otherNode() external {
        entry.node = _node(1);
        _expectBad(entry);
    }

    function test_bad_otherTask() external {
        _useParams(_params(Mode.EXACT, 0, NOW + 1 days + 1));
        _expectBad(entry);
    }

    function test_bad_replayInTheNextAttempt() external {
        _commit(entry);
        vm.warp(NOW + ATTEMPT_LIFE);
        entry.deadline = block.timestamp + 1;
        entry.attempt = 2;
        vm.assertEq(bytes32(_commit(entry)), bytes32(IConsensusHub.BadSignature.selector));
    }

    function test_bad_otherChain() external {
        vm.chainId(block.chainid + 1);
        _expectBad(entry);
    }

    function test_bad_otherHub() external {
        bytes memory signature = entry.signature;
        registry.setHub(address(0));
        hub = new ConsensusHub(INodeRegistry(address(registry)), CURATOR, _profile());
        registry.setHub(address(hub));
        vm.assertTrue(keccak256(_signed(0, 1, _text("answer")).signature) != keccak256(signature));
        _expectBad(entry);
    }

    function test_bad_highS() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key(0), _digest(entry));
        entry.signature = abi.encodePacked(r, bytes32(CURVE_ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _expectBad(entry);
    }

    function test_bad_v() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key(0), _digest(entry));
        entry.signature = abi.encodePacked(r, s, v - 27);
        _expectBad(entry);
    }

    function test_bad_length() external {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key(0), _digest(entry));
        entry.signature = abi.encodePacked(r, bytes32(uint256(s) | uint256(v - 27) << 255));
        _expectBad(entry);
        entry.signature = abi.encodePacked(r, s, v, uint8(0));
        _expectBad(entry);
    }

    function test_bad_nobodysSignatureForNobody() external {
        registry.set(EPOCH, address(0), 50, _payout(0));
        entry.node = address(0);
        entry.signature = abi.encodePacked(bytes32(0), bytes32(0), uint8(27));
        _expectBad(entry);
    }

    function test_direct_needsNoDeadline() external {
        entry.signature = "";
        entry.deadline = 0;
        vm.prank(_node(0));
        vm.assertEq(bytes32(_commit(entry)), 0);
    }

    function testFuzz_bad_anyFlippedBit(uint256 bit) external {
        bit %= 65 * 8;
        entry.signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        _expectBad(entry);
    }
}
