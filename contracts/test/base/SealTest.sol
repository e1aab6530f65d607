// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Attestation, ICheckpoints, Seal} from "../../src/interfaces/ICheckpoints.sol";
import {Checkpoint} from "../../src/libraries/SealedCheckpoints.sol";
import {NetworkTest} from "./NetworkTest.sol";
import {Vm} from "./Vm.sol";

/// @notice Hub and real registry with nodes in them, and their checkpoints. Preimages are written out again here.
abstract contract SealTest is NetworkTest {
    bytes32 internal constant CHECKPOINT = keccak256(
        "Checkpoint(uint256 number,uint256 epoch,bytes32 stakeHash,uint256 stakeTotal,bytes32 recordsRoot,uint256 recordsCount,uint256 homeBlock)"
    );
    bytes32 internal constant SEALED = keccak256(
        "Sealed(uint256,(uint256,uint256,bytes32,uint256,bytes32,uint256,uint256),uint256[])"
    );
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    /// @dev The keys of the nodes that are enrolled, ascending by address.
    uint256[] internal keys;

    function setUp() public virtual override {
        super.setUp();
        _enrol(_weights(40, 30, 30));
        _sortKeys(3);
    }

    function _sortKeys(uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = _key(i);
            uint256 at = keys.length;
            keys.push(key);
            for (; at > 0 && vm.addr(keys[at - 1]) > vm.addr(key); --at) {
                keys[at] = keys[at - 1];
            }
            keys[at] = key;
        }
    }

    function _all() internal view returns (address[] memory list) {
        list = new address[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            list[i] = vm.addr(keys[i]);
        }
    }

    function _weightOf(address node, uint256 epoch) internal view returns (uint256 weight) {
        (weight,) = nodes.snapshotAt(node, epoch);
    }

    function _words(uint256 epoch) internal view returns (uint256[] memory words) {
        address[] memory list = _all();
        words = new uint256[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            words[i] = uint256(uint160(list[i])) * 2 ** 96 + _weightOf(list[i], epoch);
        }
    }

    /// @dev Word after word, as the protocol has it.
    function _stakeHash(uint256[] memory words) internal pure returns (bytes32) {
        bytes memory content;
        for (uint256 i = 0; i < words.length; ++i) {
            content = bytes.concat(content, bytes32(words[i]));
        }
        return keccak256(abi.encode(keccak256("ChainBoy.StakeList.v1"), keccak256(content)));
    }

    /// @dev Seals and reads the checkpoint from the event.
    function _seal(address[] memory list) internal returns (Checkpoint memory checkpoint, uint256[] memory words) {
        vm.recordLogs();
        hub.seal(list);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        Vm.Log memory log = logs[logs.length - 1];
        vm.assertEq(log.topics[0], SEALED);
        (checkpoint, words) = abi.decode(log.data, (Checkpoint, uint256[]));
        vm.assertEq(uint256(log.topics[1]), checkpoint.number);
    }

    function _separator(bytes32 version, uint256 chainId, address at) internal pure returns (bytes32) {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(kind, keccak256("ChainBoy"), version, chainId, at));
    }

    function _digest(Checkpoint memory c, bytes32 separator) internal pure returns (bytes32) {
        bytes32 content = keccak256(
            abi.encode(
                CHECKPOINT, c.number, c.epoch, c.stakeHash, c.stakeTotal, c.recordsRoot, c.recordsCount, c.homeBlock
            )
        );
        return keccak256(abi.encodePacked(hex"1901", separator, content));
    }

    function _digest(Checkpoint memory checkpoint) internal view returns (bytes32) {
        return _digest(checkpoint, _separator(keccak256("1"), block.chainid, address(hub)));
    }

    function _signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other one of two equally valid signatures.
    function _highS(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    function _lowV(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v - 27);
    }

    function _pass(uint256 duration) internal {
        vm.warp(vm.getBlockTimestamp() + duration);
        vm.roll(vm.getBlockNumber() + duration / BLOCK_TIME);
    }
}
