// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Who gets what of a task's price
/// @notice Amounts in wei. Every share is rounded down in the contract's favour; no price overflows. The treasury takes
/// what is left over at delivery, so shares, treasury and the pool's dust (fewer wei than winners) make up the price.
library Rewards {
    /// @notice Percent of the price for each of the two fastest winners.
    uint256 internal constant SPEED_PERCENT = 15;
    /// @notice Percent of the price for all further winners together, by weight.
    uint256 internal constant POOL_PERCENT = 50;

    /// @notice The share of the winner at `rank`. Zero for ranks that nobody took, and for a weight that the record
    /// behind `restWeight` cannot hold.
    function shareDown(uint256 price, uint256 restWeight, uint256 winnersCount, uint256 rank, uint256 weight)
        internal
        pure
        returns (uint256)
    {
        if (rank >= winnersCount) return 0;
        if (rank < 2) return speedShareDown(price);
        if (restWeight == 0 || weight > restWeight) return 0;
        return Math.mulDiv(poolDown(price, winnersCount), weight, restWeight);
    }

    /// @notice What stays with the treasury: the shares nobody is there to take among it.
    function treasuryShareUp(uint256 price, uint256 winnersCount) internal pure returns (uint256) {
        uint256 speedWinners = Math.min(winnersCount, 2);
        return price - speedWinners * speedShareDown(price) - poolDown(price, winnersCount);
    }

    function speedShareDown(uint256 price) internal pure returns (uint256) {
        return Math.mulDiv(price, SPEED_PERCENT, 100);
    }

    function poolDown(uint256 price, uint256 winnersCount) internal pure returns (uint256) {
        return winnersCount > 2 ? Math.mulDiv(price, POOL_PERCENT, 100) : 0;
    }
}
