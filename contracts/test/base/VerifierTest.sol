// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CheckpointVerifier} from "../../src/CheckpointVerifier.sol";
import {Distribution, ICheckpointVerifier, VerifierProfile} from "../../src/interfaces/ICheckpointVerifier.sol";
import {Checkpoint} from "../../src/libraries/SealedCheckpoints.sol";
import {ForgeTest} from "./Vm.sol";

/// @notice A remote chain's verifier, the home chain's nodes with their keys, and what they sign. Preimages are written
/// out again here.
abstract contract VerifierTest is ForgeTest {
    uint256 internal constant HOME = 111_111;
    uint256 internal constant REMOTE = 10;
    address internal constant HUB = address(0x4B);
    address internal constant GUARDIAN = address(0x6A4D);
    uint256 internal constant GENESIS = 1_000_000;
    uint256 internal constant EPOCH_LENGTH = 1_000;
    uint256 internal constant TRUST = 39_000;
    uint256 internal constant DELAY = 9_000;
    uint256 internal constant EPOCH = 7;
    uint256 internal constant NODES = 5;
    uint256 internal constant TOTAL = 100;
    uint256 internal constant LIVE_UNTIL = GENESIS + EPOCH * EPOCH_LENGTH + TRUST;
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 internal constant CHECKPOINT = keccak256(
        "Checkpoint(uint256 number,uint256 epoch,bytes32 stakeHash,uint256 stakeTotal,bytes32 recordsRoot,uint256 recordsCount,uint256 homeBlock)"
    );

    CheckpointVerifier internal verifier;
    /// @dev Ascending by address; weights 10, 15, 20, 25, 30 in that order.
    uint256[] internal keys;

    function setUp() public virtual {
        vm.chainId(REMOTE);
        vm.warp(GENESIS + EPOCH * EPOCH_LENGTH + 100);
        for (uint256 key = 1; key <= NODES; ++key) {
            uint256 at = keys.length;
            keys.push(key);
            for (; at > 0 && vm.addr(keys[at - 1]) > vm.addr(key); --at) {
                keys[at] = keys[at - 1];
            }
            keys[at] = key;
        }
        verifier = _deploy(HOME, HUB);
    }

    function _deploy(uint256 homeChainId, address hub) internal returns (CheckpointVerifier) {
        return new CheckpointVerifier(homeChainId, hub, _genesis(), _profile(), GUARDIAN);
    }

    function _genesis() internal view returns (Distribution memory) {
        return Distribution({epoch: EPOCH, stakeHash: _stakeHash(_list()), stakeTotal: TOTAL});
    }

    function _profile() internal pure returns (VerifierProfile memory) {
        return VerifierProfile({
            genesisTime: GENESIS,
            epochLength: EPOCH_LENGTH,
            trustPeriod: TRUST,
            guardianDelay: DELAY
        });
    }

    function _weight(uint256 i) internal pure returns (uint256) {
        return 10 + 5 * i;
    }

    function _list() internal view returns (uint256[] memory words) {
        words = new uint256[](NODES);
        for (uint256 i = 0; i < NODES; ++i) {
            words[i] = uint256(uint160(vm.addr(keys[i]))) * 2 ** 96 + _weight(i);
        }
    }

    function _stakeHash(uint256[] memory words) internal pure returns (bytes32) {
        bytes memory content;
        for (uint256 i = 0; i < words.length; ++i) {
            content = bytes.concat(content, bytes32(words[i]));
        }
        return keccak256(abi.encode(keccak256("ChainBoy.StakeList.v1"), keccak256(content)));
    }

    /// @dev A good next one, of the same distribution.
    function _checkpoint() internal view returns (Checkpoint memory) {
        return Checkpoint({
            number: 1,
            epoch: EPOCH,
            stakeHash: _stakeHash(_list()),
            stakeTotal: TOTAL,
            recordsRoot: keccak256("a root"),
            recordsCount: 3,
            homeBlock: 77
        });
    }

    function _digest(Checkpoint memory c, bytes memory version, uint256 chainId, address hub)
        internal
        pure
        returns (bytes32)
    {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        bytes32 domain = keccak256(abi.encode(kind, keccak256("ChainBoy"), keccak256(version), chainId, hub));
        bytes32 content = keccak256(bytes.concat(CHECKPOINT, abi.encode(c)));
        return keccak256(abi.encodePacked(hex"1901", domain, content));
    }

    function _digest(Checkpoint memory checkpoint) internal pure returns (bytes32) {
        return _digest(checkpoint, "1", HOME, HUB);
    }

    function _sign(uint256 i, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[i], digest);
        return abi.encodePacked(r, s, v);
    }

    function _signAll(uint256 bitmap, bytes32 digest) internal view returns (bytes memory signatures) {
        for (uint256 i = 0; i < NODES; ++i) {
            if (bitmap & (1 << i) != 0) signatures = bytes.concat(signatures, _sign(i, digest));
        }
    }

    function _submit(Checkpoint memory checkpoint, uint256 bitmap) internal {
        verifier.submit(checkpoint, _list(), bitmap, _signAll(bitmap, _digest(checkpoint)));
    }

    function _refused(Checkpoint memory checkpoint, uint256 bitmap, bytes memory problem) internal {
        bytes memory signatures = _signAll(bitmap, _digest(checkpoint));
        uint256[] memory list = _list();
        vm.expectRevert(problem);
        verifier.submit(checkpoint, list, bitmap, signatures);
    }

    function _refused(Checkpoint memory checkpoint, bytes memory problem) internal {
        _refused(checkpoint, 31, problem);
    }
}
