// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Attestation} from "../../src/interfaces/ICheckpoints.sol";
import {Checkpoint} from "../../src/libraries/SealedCheckpoints.sol";
import {SystemMoney} from "./SystemMoney.sol";

/// @notice Checkpoints and forgeries: anybody seals, honest nodes sign what was sealed, the attacker's sign anything.
abstract contract SystemSeals is SystemMoney {
    uint256 private constant FORGERY_SHARE = 5_000;
    bytes32 private constant CHECKPOINT = keccak256(
        "Checkpoint(uint256 number,uint256 epoch,bytes32 stakeHash,uint256 stakeTotal,bytes32 recordsRoot,uint256 recordsCount,uint256 homeBlock)"
    );

    Checkpoint[] private _sealed;
    uint256 private _sealedAt;

    // Steps

    /// @notice The whole distribution succeeds once in every epoch, whatever was sealed or changed before; another list
    /// never does.
    function sealList(uint256 seed, uint256 fault) external atItsTime {
        (address[] memory list, uint256[] memory words) = _distributionAt(_epoch());
        (uint256 total, uint256 count) = totalIn(_epoch());
        fault %= 8;
        if (fault == 1 && count > 1) list[seed % (count - 1)] = list[count - 1];
        if (fault == 2 && count > 1) (list[0], list[1]) = (list[1], list[0]);
        if (fault == 3 && count > 1) list[count - 1] = _nodes[seed % NODES];
        bool altered = keccak256(abi.encode(list)) != _hashOfNodes(_epoch());
        bool due = total != 0 && !altered && (_sealed.length == 0 || _lastSealed().epoch != _epoch());
        _call(MALLORY, address(hub), 0, abi.encodeCall(hub.seal, (list)), due, "seal a list");
        if (due) _bookSeal(_epoch(), _stakeHash(words), total);
    }

    function sealEmpty() external atItsTime {
        (uint256 total,) = totalIn(_epoch());
        bool due = total != 0 && _sealed.length != 0 && time >= _sealedAt + MIN_SEAL_INTERVAL;
        _call(RELAYER, address(hub), 0, abi.encodeCall(hub.seal, (new address[](0))), due, "seal nothing new");
        if (!due) return;
        Checkpoint memory last = _lastSealed();
        uint256 epoch = hub.lastSeal().epoch;
        if (epoch != last.epoch) {
            // Re-dated: then it is what counts now.
            (, uint256[] memory words) = _distributionAt(_epoch());
            vm.assertEq(epoch, _epoch(), "neither kept nor re-dated");
            vm.assertEq(last.stakeHash, _stakeHash(words), "another distribution");
            ++reached["re-dated"];
        } else if (epoch != _epoch()) {
            ++reached["kept"];
        }
        _bookSeal(epoch, last.stakeHash, last.stakeTotal);
    }

    /// @notice Honest nodes' signatures over whatever was sealed are published, and shown as forgeries: in vain.
    function attest(uint256 seed) external atItsTime {
        if (_sealed.length == 0) return;
        Checkpoint memory checkpoint = _sealed[seed % _sealed.length];
        Attestation[] memory entries = new Attestation[](HONEST);
        for (uint256 i = 0; i < HONEST; ++i) {
            entries[i] = Attestation(_nodes[i], _sign(i, _contentOf(checkpoint)));
        }
        bytes4[] memory refusals = hub.attest(checkpoint.number, entries);
        uint256 victim = (seed >> 8) % HONEST;
        vm.assertEq(bytes32(refusals[victim]), 0);
        bytes memory signature = entries[victim].signature;
        _accuse(checkpoint, victim, signature, false);
        _accuse(_altered(checkpoint, seed >> 16), victim, signature, false);
    }

    /// @notice One of the attacker's nodes signs what was never sealed.
    function forge(uint256 i, uint256 seed) external atItsTime {
        i = HONEST + i % (NODES - HONEST);
        if (_sealed.length == 0 || seed % 8 != 0) return;
        Checkpoint memory forged = _altered(_sealed[(seed >> 8) % _sealed.length], seed >> 16);
        Stake storage stake = _stakes[i];
        uint256 fromBonded = stake.bonded * FORGERY_SHARE / 10_000;
        uint256 fromUnbonding = stake.unbonding * FORGERY_SHARE / 10_000;
        bool due = !stake.tombstoned && fromBonded + fromUnbonding != 0;
        _accuse(forged, i, _sign(i, _contentOf(forged)), due);
        if (!due) return;
        stake.bonded -= fromBonded;
        stake.unbonding -= fromUnbonding;
        stake.slashed += fromBonded + fromUnbonding;
        slashedTokens += fromBonded + fromUnbonding;
        (stake.tombstoned, stake.seated) = (true, false);
        ++reached["forged"];
    }

    function _accuse(Checkpoint memory shown, uint256 i, bytes memory signature, bool due) private {
        bytes memory data = abi.encodeCall(hub.slashForgery, (shown, _nodes[i], signature));
        _call(MALLORY, address(hub), 0, data, due, "slash a forgery");
    }

    // Book

    function _bookSeal(uint256 epoch, bytes32 stakeHash, uint256 total) private {
        _sealedAt = time;
        _sealed.push(
            Checkpoint({
                number: _sealed.length + 1,
                epoch: epoch,
                stakeHash: stakeHash,
                stakeTotal: total,
                recordsRoot: hub.recordsRoot(),
                recordsCount: recordsCount,
                homeBlock: blockNumber
            })
        );
        Checkpoint memory made = _lastSealed();
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", hub.domainSeparator(), _contentOf(made)));
        vm.assertEq(hub.checkpointDigestOf(made.number), digest, "sealed otherwise");
        vm.assertEq(hub.checkpointDigestOf(made.number + 1), 0);
        ++reached["sealed"];
    }

    function _lastSealed() private view returns (Checkpoint memory) {
        return _sealed[_sealed.length - 1];
    }

    function _contentOf(Checkpoint memory checkpoint) private pure returns (bytes32) {
        return keccak256(bytes.concat(CHECKPOINT, abi.encode(checkpoint)));
    }

    /// @dev One field of seven is another, by one bit.
    function _altered(Checkpoint memory checkpoint, uint256 seed) private view returns (Checkpoint memory forged) {
        bytes32[7] memory words = abi.decode(abi.encode(checkpoint), (bytes32[7]));
        uint256 field = seed % 7;
        // Not so that it becomes another one that was sealed.
        words[field] ^= bytes32(1 << (field == 0 ? 200 : (seed >> 8) % 256));
        forged = abi.decode(abi.encode(words), (Checkpoint));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", hub.domainSeparator(), _contentOf(forged)));
        vm.assertTrue(hub.checkpointDigestOf(forged.number) != digest);
    }

    /// @dev Members of `epoch`, ascending, and their words.
    function _distributionAt(uint256 epoch) private view returns (address[] memory list, uint256[] memory words) {
        (, uint256 count) = totalIn(epoch);
        list = new address[](count);
        words = new uint256[](count);
        address last;
        for (uint256 k = 0; k < count; ++k) {
            uint256 next = NODES;
            for (uint256 i = 0; i < NODES; ++i) {
                if (weightIn[i][epoch] == 0 || _nodes[i] <= last) continue;
                if (next == NODES || _nodes[i] < _nodes[next]) next = i;
            }
            last = list[k] = _nodes[next];
            words[k] = uint256(uint160(last)) * 2 ** 96 + weightIn[next][epoch];
        }
    }

    function _hashOfNodes(uint256 epoch) private view returns (bytes32) {
        (address[] memory list,) = _distributionAt(epoch);
        return keccak256(abi.encode(list));
    }

    function _stakeHash(uint256[] memory words) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256("ChainBoy.StakeList.v1"), keccak256(abi.encodePacked(words))));
    }
}
