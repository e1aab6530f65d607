// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title What one node had in the latest epochs
/// @notice A snapshot counts from its epoch on, until the next one. The last three stay readable, so at least what
/// counts in this epoch, the one before and the next.
library Snapshots {
    using SafeCast for uint256;

    struct Snapshot {
        address payout;
        uint96 weight;
    }

    /// @notice One slot with all that a commit needs beside the snapshot itself; 24 bits hold 22,000 years of epochs of
    /// twelve hours. Epoch 0 stands for none: whatever is changed counts from epoch 1 at the earliest.
    struct Head {
        uint24 newest; // the epochs from which the last three snapshots count
        uint24 middle;
        uint24 oldest;
        bool truncated; // there were snapshots before `oldest`
        bool tombstoned;
        uint24 lastActiveEpoch;
        uint24 jailedEpoch;
        uint96 weight; // of the newest snapshot; a member of the active set has some, nobody else
    }

    struct History {
        Head head;
        mapping(uint256 fromEpoch => Snapshot) snapshots;
    }

    /// @notice Keep what counts from `fromEpoch` on. A second change with the same epoch replaces the first.
    function set(History storage self, uint256 fromEpoch, address payout, uint256 weight) internal {
        Head memory head = self.head;
        if (head.newest != fromEpoch) {
            head.truncated = head.truncated || head.oldest != 0;
            (head.newest, head.middle, head.oldest) = (fromEpoch.toUint24(), head.newest, head.middle);
        }
        head.weight = weight.toUint96();
        self.head = head;
        self.snapshots[fromEpoch] = Snapshot(payout, head.weight);
    }

    /// @notice The newest snapshot's payout.
    function latestPayout(History storage self) internal view returns (address) {
        return self.snapshots[self.head.newest].payout;
    }

    /// @notice What counts in `epoch`: nothing before the first snapshot.
    /// @return known false when it is no longer kept
    function at(History storage self, uint256 epoch)
        internal
        view
        returns (bool known, uint256 weight, address payout)
    {
        Head storage head = self.head;
        uint256 fromEpoch = head.newest;
        if (epoch < fromEpoch) fromEpoch = head.middle;
        if (epoch < fromEpoch) fromEpoch = head.oldest;
        if (epoch < fromEpoch) return (!head.truncated, 0, address(0));
        Snapshot storage snapshot = self.snapshots[fromEpoch];
        return (true, snapshot.weight, snapshot.payout);
    }

    /// @notice Weights of `nodes` from number `done` on, as long as a newest snapshot counts in `epoch`: one slot each.
    /// They are written behind the first two words of `answer`.
    /// @dev In assembly because it pays: 256 nodes are sealed for 80,000 gas less. `newest` are the lowest 24 bits of
    /// the head, `weight` the 96 from bit 136 on. What is no address weighs nothing. Memory-safe: `answer` has two
    /// words more than there are nodes.
    /// @return upTo the first node whose newest snapshot does not count yet; as many as there are nodes: none
    function headWeights(
        mapping(address node => History) storage self,
        uint256[] memory answer,
        address[] calldata nodes,
        uint256 epoch,
        uint256 done
    ) internal view returns (uint256 upTo) {
        assembly ("memory-safe") {
            let start := add(answer, 0x60)
            let end := add(start, shl(5, nodes.length))
            let place := add(start, shl(5, done))
            let from := add(nodes.offset, shl(5, done))
            mstore(0x20, self.slot)
            for {} lt(place, end) { place := add(place, 0x20) } {
                mstore(0x00, calldataload(from))
                let head := sload(keccak256(0x00, 0x40))
                if lt(epoch, and(head, 0xffffff)) { break }
                mstore(place, and(shr(136, head), 0xffffffffffffffffffffffff))
                from := add(from, 0x20)
            }
            upTo := shr(5, sub(place, start))
        }
    }
}
