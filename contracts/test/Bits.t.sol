// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bits} from "../src/libraries/Bits.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @notice Given any word: its bits are counted as one by one.
contract BitsTest is ForgeTest {
    function testFuzz_count(uint256 word, uint256 mask) external pure {
        _check(word);
        _check(word & mask);
        _check(word | mask);
    }

    function test_count_edges() external pure {
        _check(0);
        _check(type(uint256).max);
        for (uint256 i = 0; i < 256; ++i) {
            vm.assertEq(Bits.count(1 << i), 1);
            vm.assertEq(Bits.count(type(uint256).max >> i), 256 - i);
            vm.assertEq(Bits.count(type(uint256).max << i), 256 - i);
        }
    }

    function _check(uint256 word) private pure {
        uint256 expected = 0;
        for (uint256 i = 0; i < 256; ++i) {
            expected += (word >> i) & 1;
        }
        vm.assertEq(Bits.count(word), expected);
    }
}
