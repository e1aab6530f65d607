// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title How much weight others may take in one epoch: a quarter of its total, or one node
library Budgets {
    using SafeCast for uint256;

    uint256 private constant FRACTION = 4;

    struct Budget {
        uint32 epoch;
        uint32 count;
        uint96 weight;
    }

    /// @notice Take `weight` if it fits: nobody was taken yet in `epoch`, or all together is at most the limit.
    /// @return fits whether it was taken
    function take(Budget storage self, uint256 epoch, uint256 weight, uint256 totalWeight)
        internal
        returns (bool fits)
    {
        (uint256 count, uint256 taken) = spent(self, epoch);
        fits = count == 0 || taken + weight <= limit(totalWeight);
        if (!fits) return false;
        (self.epoch, self.count) = (epoch.toUint32(), (count + 1).toUint32());
        self.weight = (taken + weight).toUint96();
    }

    /// @notice What was taken in `epoch`, which is the last one something was taken in, or later.
    function spent(Budget storage self, uint256 epoch) internal view returns (uint256 count, uint256 weight) {
        if (self.epoch == epoch) (count, weight) = (self.count, self.weight);
    }

    /// @notice A quarter of `totalWeight`, rounded down.
    function limit(uint256 totalWeight) internal pure returns (uint256) {
        return totalWeight / FRACTION;
    }
}
