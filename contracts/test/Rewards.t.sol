// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Rewards} from "../src/libraries/Rewards.sol";
import {ForgeTest} from "./base/Vm.sol";

contract RewardsTest is ForgeTest {
    function test_shares_givenOneWinner() external pure {
        vm.assertEq(Rewards.shareDown(199, 0, 1, 0, 5), 29);
        vm.assertEq(Rewards.treasuryShareUp(199, 1), 170);
    }

    function test_shares_givenTwoWinners() external pure {
        vm.assertEq(Rewards.shareDown(199, 0, 2, 0, 5), 29);
        vm.assertEq(Rewards.shareDown(199, 0, 2, 1, 1_000), 29);
        vm.assertEq(Rewards.treasuryShareUp(199, 2), 141);
    }

    function test_shares_givenFiveWinners_leaveDust() external pure {
        // The pool is 99, by weights 1, 2, 4 of 7: 14.1, 28.3, 56.6.
        vm.assertEq(Rewards.shareDown(199, 7, 5, 1, 9), 29);
        vm.assertEq(Rewards.shareDown(199, 7, 5, 2, 1), 14);
        vm.assertEq(Rewards.shareDown(199, 7, 5, 3, 2), 28);
        vm.assertEq(Rewards.shareDown(199, 7, 5, 4, 4), 56);
        vm.assertEq(Rewards.treasuryShareUp(199, 5), 42);
    }

    function test_shares_givenPricesTooSmallToShare_goToTheTreasury() external pure {
        vm.assertEq(Rewards.shareDown(1, 1, 3, 0, 1), 0);
        vm.assertEq(Rewards.shareDown(1, 1, 3, 2, 1), 0);
        vm.assertEq(Rewards.treasuryShareUp(1, 3), 1);
        vm.assertEq(Rewards.treasuryShareUp(0, 3), 0);
    }

    function test_shares_beyondTheWinners_areZero() external pure {
        vm.assertEq(Rewards.shareDown(1_000, 0, 0, 0, 1), 0);
        vm.assertEq(Rewards.shareDown(1_000, 0, 1, 1, 1), 0);
        vm.assertEq(Rewards.shareDown(1_000, 10, 3, 3, 10), 0);
        vm.assertEq(Rewards.treasuryShareUp(1_000, 0), 1_000);
    }

    function test_shares_givenWeightsThatNoRecordHolds_areZero() external pure {
        vm.assertEq(Rewards.shareDown(1_000, 0, 3, 2, 0), 0);
        vm.assertEq(Rewards.shareDown(1_000, 0, 3, 2, 1), 0);
        vm.assertEq(Rewards.shareDown(1_000, 10, 3, 2, 11), 0);
        vm.assertEq(Rewards.shareDown(1_000, 10, 3, 2, type(uint256).max), 0);
    }

    function test_shares_givenTheGreatestPrice_doNotOverflow() external pure {
        uint256 most = type(uint256).max;
        // 2^256 − 1 is a multiple of 5: 15 % are three twentieths rounded down.
        vm.assertEq(Rewards.shareDown(most, 1, 3, 0, 1), most / 20 * 3 + most % 20 * 3 / 20);
        vm.assertEq(Rewards.shareDown(most, most, 3, 2, most), most / 2);
        vm.assertEq(Rewards.shareDown(most, 2 ** 96, 3, 2, 2 ** 95), most / 4);
    }

    function testFuzz_shares_areTheSchoolbookOnes(uint128 price, uint96 rest, uint96 weight, uint256 rank, uint16 count)
        external
        pure
    {
        rank %= 300;
        uint256 expected;
        if (rank < 2) expected = uint256(price) * 15 / 100;
        else if (weight <= rest && rest > 0) expected = (uint256(price) * 50 / 100) * weight / rest;
        if (rank >= count) expected = 0;
        vm.assertEq(Rewards.shareDown(price, rest, count, rank, weight), expected);
    }

    function testFuzz_shares_treasuryAndDust_makeThePrice(uint256 price, uint96[] calldata weights) external pure {
        uint256 rest = 0;
        for (uint256 rank = 2; rank < weights.length; rank++) {
            rest += weights[rank];
        }
        uint256 paid = Rewards.treasuryShareUp(price, weights.length);
        for (uint256 rank = 0; rank < weights.length; rank++) {
            paid += Rewards.shareDown(price, rest, weights.length, rank, weights[rank]);
        }
        vm.assertLe(paid, price);
        if (weights.length <= 2 || rest > 0) vm.assertLe(price - paid, weights.length, "dust");
    }
}
