// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Ballot, UNREVEALED} from "../src/interfaces/IConsensusHub.sol";
import {Mode} from "../src/libraries/Params.sol";
import {Record, Records} from "../src/libraries/Records.sol";
import {Tally} from "../src/libraries/Tally.sol";
import {WinnerTree} from "../src/libraries/WinnerTree.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @notice Given words, weights and ballots: what the tally decides. Whole rounds are in ConsensusHubModes.t.sol.
contract TallyTest is ForgeTest {
    function heaviest(bytes32[] calldata words, uint256[] memory weights)
        external
        pure
        returns (uint256 first, uint256 end)
    {
        (first, end,) = Tally.heaviest(words, weights);
    }

    function nearMedian(bytes32[] calldata words, uint256[] memory weights, uint256 tolerance)
        external
        pure
        returns (uint256 first, uint256 end, int256 median)
    {
        bytes32 word;
        (first, end, word) = Tally.nearMedian(words, weights, tolerance);
        median = int256(uint256(word));
    }

    function decide(uint256 params, uint256 total, bytes32[] calldata words, uint256[] memory weights, Ballot[] calldata ballots)
        external
        pure
        returns (Record memory)
    {
        return Tally.decide("task", params, total, words, weights, ballots);
    }

    function _words(int256 a, int256 b, int256 c) private pure returns (bytes32[] memory list) {
        list = new bytes32[](3);
        (list[0], list[1], list[2]) = (bytes32(uint256(a)), bytes32(uint256(b)), bytes32(uint256(c)));
    }

    function _weights(uint256 a, uint256 b, uint256 c) private pure returns (uint256[] memory list) {
        list = new uint256[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }

    function _expectMedian(uint256[] memory weights, uint256 tolerance, int256 median, uint256 first, uint256 end)
        private
        view
    {
        (uint256 gotFirst, uint256 gotEnd, int256 got) = this.nearMedian(_words(-100, 90, 100), weights, tolerance);
        vm.assertEq(got, median);
        vm.assertEq(gotFirst, first);
        vm.assertEq(gotEnd, end);
    }

    function test_heaviest_isTheLeastOfEquals() external view {
        (uint256 first, uint256 end) = this.heaviest(_words(1, 2, 3), _weights(4, 5, 5));
        vm.assertEq(first, 1);
        vm.assertEq(end, 2);
    }

    function test_median_atTheLeastValueThatReachesHalf() external view {
        _expectMedian(_weights(5, 3, 2), 0, -100, 0, 1);
        _expectMedian(_weights(4, 3, 3), 0, 90, 1, 2);
        _expectMedian(_weights(1, 1, 3), 0, 100, 2, 3);
    }

    function test_median_toleranceReachesBothWays() external view {
        _expectMedian(_weights(1, 1, 3), 999, 100, 2, 3);
        _expectMedian(_weights(1, 1, 3), 1000, 100, 1, 3);
        _expectMedian(_weights(1, 3, 1), 1111, 90, 1, 2);
        _expectMedian(_weights(1, 3, 1), 1112, 90, 1, 3);
        _expectMedian(_weights(9, 1, 1), 10_000, -100, 0, 1);
    }

    function test_decide_halfIsNotMoreThanHalf() external view {
        Ballot[] memory ballots = new Ballot[](1);
        ballots[0] = Ballot(address(1), address(2), 50, 0);
        bytes32[] memory words = new bytes32[](1);
        uint256[] memory weights = new uint256[](1);
        (words[0], weights[0]) = ("yes", 50);
        Record memory record = this.decide(uint256(Mode.EXACT) << 176, 100, words, weights, ballots);
        vm.assertEq(keccak256(abi.encode(record)), keccak256(abi.encode(Record("task", 0, 0, 100, 0, 0, 0))));
        record = this.decide(uint256(Mode.EXACT) << 176, 99, words, weights, ballots);
        vm.assertEq(record.agreeingWeight, 50);
        vm.assertEq(record.outcomeHash, "yes");
    }

    function test_decide_ranksAreDense() external view {
        Ballot[] memory ballots = new Ballot[](5);
        for (uint256 i = 0; i < 5; ++i) {
            ballots[i] = Ballot(address(uint160(i)), address(9), 10 + i, i == 1 ? UNREVEALED : i == 2 ? 0 : 1);
        }
        bytes32[] memory words = new bytes32[](2);
        uint256[] memory weights = new uint256[](2);
        (words[0], words[1], weights[0], weights[1]) = ("a", "b", 12, 37);
        Record memory record = this.decide(uint256(Mode.EXACT) << 176, 60, words, weights, ballots);
        vm.assertEq(record.winnersCount, 3);
        vm.assertEq(record.restWeight, 14);
        bytes32[] memory leaves = new bytes32[](3);
        leaves[0] = Records.winnerLeaf(0, address(0), address(9), 10);
        leaves[1] = Records.winnerLeaf(1, address(3), address(9), 13);
        leaves[2] = Records.winnerLeaf(2, address(4), address(9), 14);
        vm.assertEq(record.winnersRoot, WinnerTree.root(leaves, 3));
    }

    // The winner tree

    function testFuzz_leaf_isTheEncodingHashedTwice(uint256 rank, address node, address payout, uint256 weight)
        external
        pure
    {
        bytes32 kind = keccak256("ChainBoy.WinnerLeaf.v1");
        bytes32 inner = keccak256(abi.encode(kind, rank, node, payout, weight));
        vm.assertEq(Records.winnerLeaf(rank, node, payout, weight), keccak256(abi.encode(inner)));
    }

    function _leaves(uint256 n) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](n);
        for (uint160 i = 0; i < n; ++i) {
            leaves[i] = Records.winnerLeaf(i, address(0x1000 + i), address(0x2000 + i), uint256(i) * i + 1);
        }
    }

    /// @dev Roots by npm's @openzeppelin/merkle-tree 1.0.8, StandardMerkleTree.of(rows, types, {sortLeaves: false}).
    function test_tree_isTheJavaScriptLibrarys() external pure {
        vm.assertEq(WinnerTree.root(_leaves(1), 1), 0xd62908a632731e23665414d9ac9010af4a081965cf477ebaf4e33d6e36d79f69);
        vm.assertEq(WinnerTree.root(_leaves(2), 2), 0xd0c15fc24c966bbedcb15f3d23950dbd12695798957ec7c3dc186243d0e7bad1);
        vm.assertEq(WinnerTree.root(_leaves(3), 3), 0xeae8a8554e776cf56a5c661bb6def39f253e40526ab39e2b8027eb94d77f79f8);
        vm.assertEq(WinnerTree.root(_leaves(5), 5), 0x5366cf3a30689e677adc0be73c10d61a484e5dcb4173933f229ac792239dc831);
        vm.assertEq(WinnerTree.root(_leaves(8), 8), 0xa43d24b8e779b2231d2d99e615573009d4c6976843054dde165016351861d63f);
        vm.assertEq(WinnerTree.root(_leaves(13), 13), 0x045853dc67dbc09988f96ec084f635a4d4a6fe9839667f3b7094571e6bc6724e);
        vm.assertEq(WinnerTree.root(_leaves(256), 256), 0xe1ebcdf45927222794d8edf47f208ca146dbb2e77fb3ef3b84a3e308c441a22e);
    }

    function test_tree_provesItsLeaves() external pure {
        bytes32[] memory leaves = _leaves(3);
        bytes32 root = WinnerTree.root(_leaves(3), 3);
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = keccak256(
            leaves[0] < leaves[1] ? bytes.concat(leaves[0], leaves[1]) : bytes.concat(leaves[1], leaves[0])
        );
        vm.assertTrue(MerkleProof.verify(proof, root, leaves[2]));
        vm.assertFalse(MerkleProof.verify(proof, root, leaves[1]));
    }
}
