// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConsensusHub} from "../../src/ConsensusHub.sol";
import {
    Ballot,
    CommitEntry,
    HubProfile,
    IConsensusHub,
    RevealEntry,
    Round,
    UNREVEALED
} from "../../src/interfaces/IConsensusHub.sol";
import {INodeRegistry, RegistryProfile} from "../../src/interfaces/INodeRegistry.sol";
import {Bounds, Mode} from "../../src/libraries/Params.sol";
import {ForgeTest} from "./Vm.sol";
import {MockRegistry} from "./MockRegistry.sol";

/// @notice A hub over a registry whose members are set by hand, and one task to play a round on. Preimages are written
/// out again here, so that the hub is not checked against its own libraries.
abstract contract HubTest is ForgeTest {
    uint256 internal constant GENESIS = 1_000_000;
    uint256 internal constant EPOCH_LENGTH = 12 hours;
    uint256 internal constant EPOCH = 10;
    uint256 internal constant NOW = GENESIS + EPOCH * EPOCH_LENGTH + 100;
    uint256 internal constant BLOCK = 1000;
    uint256 internal constant WINDOW = 300;
    uint256 internal constant REVEAL_WINDOW = 900;
    uint256 internal constant PHASE_BLOCKS = 50;
    uint256 internal constant BLOCK_TIME = 3;
    /// @dev As many as fit the window.
    uint256 internal constant WINDOW_BLOCKS = 100;
    uint256 internal constant ATTEMPT_LIFE = 2 hours;
    uint256 internal constant MAX_TASK_LIFE = 5 days;
    uint256 internal constant MAX_FUEL = 10 ** 12;
    uint256 internal constant MIN_SEAL_INTERVAL = 600;
    uint256 internal constant LISTING_DELAY = 2 days;
    bytes32 internal constant REQUEST_HASH = keccak256("a request");
    address internal constant CURATOR = address(0xC0A7);
    bytes32 internal constant SALT = keccak256("a salt");

    MockRegistry internal registry;
    ConsensusHub internal hub;
    uint256 internal params;
    bytes32 internal taskId;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.roll(BLOCK);
        registry = new MockRegistry(_stake());
        hub = new ConsensusHub(INodeRegistry(address(registry)), CURATOR, _profile());
        registry.setHub(address(hub));
        _useTask(Mode.EXACT, 0);
    }

    function _stake() internal pure returns (RegistryProfile memory) {
        return RegistryProfile({
            genesisTime: GENESIS,
            epochLength: EPOCH_LENGTH,
            unbondingEpochs: 42,
            idleEpochs: 14,
            maxActive: 256,
            minBond: 1,
            minActiveWeight: 1,
            unrevealedShare: 100,
            randomShare: 1000,
            forgeryShare: 5000
        });
    }

    function _profile() internal pure returns (HubProfile memory) {
        return HubProfile({
            bounds: Bounds({minCommitWindow: 60, maxCommitWindow: 1 hours, maxFuel: MAX_FUEL}),
            revealWindow: REVEAL_WINDOW,
            phaseBlocks: PHASE_BLOCKS,
            blockTime: BLOCK_TIME,
            attemptLife: ATTEMPT_LIFE,
            maxTaskLife: MAX_TASK_LIFE,
            minSealInterval: MIN_SEAL_INTERVAL,
            listingDelay: LISTING_DELAY
        });
    }

    function _useTask(Mode mode, uint256 tolerance) internal {
        _useParams(_params(mode, tolerance, NOW + 1 days));
    }

    function _useParams(uint256 params_) internal {
        params = params_;
        taskId = keccak256(abi.encode(keccak256("ChainBoy.Task.v1"), REQUEST_HASH, params_));
    }

    function _params(Mode mode, uint256 tolerance, uint256 expiresAt) internal pure returns (uint256) {
        return _params(mode, tolerance, expiresAt, WINDOW);
    }

    function _params(Mode mode, uint256 tolerance, uint256 expiresAt, uint256 window) internal pure returns (uint256) {
        uint256 fuel = mode == Mode.RANDOM ? 0 : 10 ** 9;
        return 1 << 184 | uint256(mode) << 176 | tolerance << 160 | window << 128 | fuel << 64 | expiresAt;
    }

    // Nodes: the i-th has the key, the payout and, once enrolled, the weight below.

    function _key(uint256 i) internal pure returns (uint256) {
        return 0xa11ce + i;
    }

    function _node(uint256 i) internal pure returns (address) {
        return vm.addr(_key(i));
    }

    function _payout(uint256 i) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("payout", i)))));
    }

    function _enrol(uint256[] memory weights) internal virtual {
        _enrolAt(EPOCH, weights);
    }

    function _enrolAt(uint256 epoch, uint256[] memory weights) internal {
        for (uint256 i = 0; i < weights.length; ++i) {
            registry.set(epoch, _node(i), weights[i], _payout(i));
        }
    }

    function _weights(uint256 a, uint256 b, uint256 c) internal pure returns (uint256[] memory list) {
        list = new uint256[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }

    // Outcomes

    function _text(string memory text) internal pure returns (bytes memory) {
        return abi.encode(uint8(0), uint64(7), bytes(text));
    }

    function _value(int256 value) internal pure returns (bytes memory) {
        return abi.encode(uint8(0), uint64(5), abi.encode(value));
    }

    function _contribution(bytes32 value) internal pure returns (bytes memory) {
        return abi.encode(uint8(0), uint64(0), abi.encode(value));
    }

    function _commitment(uint256 i, uint256 attempt, bytes memory outcome) internal view returns (bytes32) {
        bytes32 kind = keccak256("ChainBoy.Commitment.v1");
        return keccak256(abi.encode(kind, taskId, attempt, _node(i), keccak256(outcome), SALT));
    }

    // Entries

    function _direct(uint256 i, uint256 attempt, bytes memory outcome) internal view returns (CommitEntry memory) {
        return CommitEntry(_node(i), attempt, _commitment(i, attempt, outcome), 0, "");
    }

    function _signed(uint256 i, uint256 attempt, bytes memory outcome) internal view returns (CommitEntry memory entry) {
        entry = _direct(i, attempt, outcome);
        entry.deadline = block.timestamp + 60;
        entry.signature = _sign(_key(i), entry);
    }

    function _digest(CommitEntry memory entry) internal view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("ChainBoy"),
                keccak256("1"),
                block.chainid,
                address(hub)
            )
        );
        bytes32 kind = keccak256("Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)");
        bytes32 content = keccak256(abi.encode(kind, taskId, entry.commitment, entry.attempt, entry.deadline));
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    function _sign(uint256 key, CommitEntry memory entry) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, _digest(entry));
        return abi.encodePacked(r, s, v);
    }

    function _revealEntry(uint256 i, uint256 weight, bytes memory outcome) internal pure returns (RevealEntry memory) {
        return RevealEntry(_node(i), _payout(i), weight, outcome, SALT);
    }

    // Calls

    function _commit(CommitEntry memory entry) internal returns (bytes4) {
        CommitEntry[] memory entries = new CommitEntry[](1);
        entries[0] = entry;
        return hub.commit(REQUEST_HASH, params, entries)[0];
    }

    function _commitReverts(CommitEntry memory entry, bytes memory problem) internal {
        CommitEntry[] memory entries = new CommitEntry[](1);
        entries[0] = entry;
        vm.expectRevert(problem);
        hub.commit(REQUEST_HASH, params, entries);
    }

    function _revealReverts(bytes memory problem) internal {
        vm.expectRevert(problem);
        hub.reveal(taskId, new RevealEntry[](0));
    }

    function _reveal(RevealEntry memory entry) internal returns (bytes4) {
        RevealEntry[] memory entries = new RevealEntry[](1);
        entries[0] = entry;
        return hub.reveal(taskId, entries)[0];
    }

    /// @dev Signed commits of nodes 0, 1, … in this order; an empty outcome: the node does not commit.
    function _commitAll(uint256 attempt, bytes[] memory outcomes) internal {
        for (uint256 i = 0; i < outcomes.length; ++i) {
            if (outcomes[i].length != 0) vm.assertEq(bytes32(_commit(_signed(i, attempt, outcomes[i]))), 0);
        }
    }

    function _endCommitPhase() internal {
        Round memory round = hub.roundOf(taskId);
        vm.warp(round.commitEndsAt);
        vm.roll(round.commitEndsAtBlock);
    }

    function _endRound() internal {
        Round memory round = hub.roundOf(taskId);
        vm.warp(round.commitEndsAt + REVEAL_WINDOW);
        vm.roll(round.commitEndsAtBlock + PHASE_BLOCKS);
    }

    function _three(bytes memory a, bytes memory b, bytes memory c) internal pure returns (bytes[] memory list) {
        list = new bytes[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }
}
