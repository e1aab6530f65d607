// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title The active set's weight and number, for every epoch
/// @dev A checkpoint packs the number above 96 bits of weight. Who has weight is a member, nobody else.
library Totals {
    using Checkpoints for Checkpoints.Trace224;
    using SafeCast for uint256;

    /// @notice From `fromEpoch` on a node weighs `afterwards` instead of `before`.
    function change(Checkpoints.Trace224 storage self, uint256 fromEpoch, uint256 before, uint256 afterwards) internal {
        (uint256 weight, uint256 count) = latest(self);
        weight = weight - before + afterwards;
        if (before == 0) ++count;
        if (afterwards == 0) --count;
        self.push(fromEpoch.toUint32(), (count << 96 | weight).toUint224());
    }

    /// @notice After the last change.
    function latest(Checkpoints.Trace224 storage self) internal view returns (uint256 weight, uint256 count) {
        return _unpack(self.latest());
    }

    /// @notice In `epoch`, which may be any.
    /// @dev Mostly asked for the present, where the last two checkpoints hold the answer and a search would cost more.
    function at(Checkpoints.Trace224 storage self, uint256 epoch)
        internal
        view
        returns (uint256 weight, uint256 count)
    {
        uint256 length = self.length();
        for (uint256 back = 1; back <= 2 && back <= length; ++back) {
            Checkpoints.Checkpoint224 memory checkpoint = self.at((length - back).toUint32());
            if (checkpoint._key <= epoch) return _unpack(checkpoint._value);
        }
        return length < 3 ? (0, 0) : _unpack(self.upperLookupRecent(epoch.toUint32()));
    }

    /// @notice The newest epoch up to `epoch`, which may be any, from which something changed; zero if there is none.
    /// @dev Mostly asked for the present, as {at}.
    function lastChange(Checkpoints.Trace224 storage self, uint256 epoch) internal view returns (uint256) {
        uint256 high = self.length();
        for (uint256 back = 0; back < 2 && high != 0; ++back) {
            uint256 key = _keyAt(self, high - 1);
            if (key <= epoch) return key;
            --high;
        }
        // Everything below `low` counts from `epoch` at the latest, everything from `high` on from later.
        uint256 low = 0;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_keyAt(self, middle) <= epoch) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? 0 : _keyAt(self, low - 1);
    }

    function _keyAt(Checkpoints.Trace224 storage self, uint256 index) private view returns (uint256) {
        return self.at(index.toUint32())._key;
    }

    function _unpack(uint224 packed) private pure returns (uint256 weight, uint256 count) {
        return (packed & type(uint96).max, packed >> 96);
    }
}
