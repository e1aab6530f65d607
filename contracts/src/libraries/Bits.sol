// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title How many bits of a word are set
library Bits {
    uint256 private constant ONES = type(uint256).max / 3; // 0x5555…
    uint256 private constant PAIRS = type(uint256).max / 5; // 0x3333…
    uint256 private constant NIBBLES = type(uint256).max / 17; // 0x0f0f…
    uint256 private constant BYTES = type(uint256).max / 257; // 0x00ff…
    uint256 private constant LANES = type(uint256).max / 65535; // 0x0001…

    /// @dev Sums of neighbours, twice as wide each time; sixteen bits hold 256. Nothing overflows its lane.
    function count(uint256 word) internal pure returns (uint256) {
        unchecked {
            word -= (word >> 1) & ONES;
            word = (word & PAIRS) + ((word >> 2) & PAIRS);
            word = (word + (word >> 4)) & NIBBLES;
            word = (word + (word >> 8)) & BYTES;
            return (word * LANES) >> 240;
        }
    }
}
