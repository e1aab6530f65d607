// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {Budgets} from "../src/libraries/Budgets.sol";
import {Snapshots} from "../src/libraries/Snapshots.sol";
import {Totals} from "../src/libraries/Totals.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @notice The libraries of the past against plain arrays with one entry an epoch.
contract NodeRegistryHistoryTest is ForgeTest {
    using Budgets for Budgets.Budget;
    using Snapshots for Snapshots.History;
    using Totals for Checkpoints.Trace224;

    uint256 private constant EPOCHS = 100; // more than 32 changes reach

    Snapshots.History private history;
    Checkpoints.Trace224 private totals;
    Budgets.Budget private budget;

    /// @dev Each byte moves 0 to 3 epochs on and sets a weight.
    function testFuzz_snapshotsKeepTheLastThree(bytes32 changes) external {
        uint256[EPOCHS] memory weights;
        uint256[] memory starts = new uint256[](32);
        (uint256 now_, uint256 count) = (1, 0);
        for (uint256 i = 0; i < 32; ++i) {
            uint256 weight = uint8(changes[i]) >> 2;
            history.set(now_, address(uint160(weight + 1)), weight);
            if (count == 0 || starts[count - 1] != now_) starts[count++] = now_;
            for (uint256 epoch = now_; epoch < EPOCHS; ++epoch) {
                weights[epoch] = weight;
            }
            now_ += uint8(changes[i]) & 3;
        }
        vm.assertEq(history.head.weight, weights[EPOCHS - 1]);
        vm.assertEq(history.latestPayout(), address(uint160(weights[EPOCHS - 1] + 1)));
        for (uint256 epoch = 0; epoch < EPOCHS; ++epoch) {
            (bool known, uint256 weight, address payout) = history.at(epoch);
            vm.assertTrue(known == (count <= 3 || epoch >= starts[count - 3]));
            if (known) vm.assertEq(weight, weights[epoch]);
            if (known) vm.assertEq(payout, epoch < starts[0] ? address(0) : address(uint160(weights[epoch] + 1)));
        }
    }

    /// @dev Each byte moves 0 to 3 epochs on and changes one of 8 nodes to one of 8 weights.
    function testFuzz_totalsKeepEverything(bytes32 changes) external {
        uint256[EPOCHS] memory weights;
        uint256[EPOCHS] memory counts;
        uint256[8] memory nodes;
        uint256 now_ = 1;
        for (uint256 i = 0; i < 32; ++i) {
            uint256 at = uint8(changes[i]) >> 5;
            uint256 weight = (uint8(changes[i]) >> 2) & 7;
            if (weight != nodes[at]) totals.change(now_, nodes[at], weight);
            nodes[at] = weight;
            (uint256 sum, uint256 count) = (0, 0);
            for (uint256 k = 0; k < 8; ++k) {
                sum += nodes[k];
                if (nodes[k] != 0) ++count;
            }
            for (uint256 epoch = now_; epoch < EPOCHS; ++epoch) {
                (weights[epoch], counts[epoch]) = (sum, count);
            }
            now_ += uint8(changes[i]) & 3;
        }
        for (uint256 epoch = 0; epoch < EPOCHS; ++epoch) {
            (uint256 weight, uint256 count) = totals.at(epoch);
            vm.assertEq(weight, weights[epoch]);
            vm.assertEq(count, counts[epoch]);
        }
        (uint256 lastWeight, uint256 lastCount) = totals.latest();
        vm.assertEq(lastWeight, weights[EPOCHS - 1]);
        vm.assertEq(lastCount, counts[EPOCHS - 1]);
        (lastWeight, lastCount) = totals.at(type(uint256).max);
        vm.assertEq(lastWeight, weights[EPOCHS - 1]);
    }

    function test_totalsHoldTheLargest() external {
        totals.change(1, 0, type(uint96).max - 255);
        for (uint256 i = 0; i < 255; ++i) {
            totals.change(1, 0, 1);
        }
        (uint256 weight, uint256 count) = totals.at(1);
        vm.assertEq(weight, type(uint96).max);
        vm.assertEq(count, 256);
    }

    function testFuzz_budgetsTakeAQuarterOrOne(uint96[6] calldata weights, uint96 total) external {
        (uint256 taken, uint256 count) = (0, 0);
        for (uint256 i = 0; i < weights.length; ++i) {
            uint256 weight = weights[i] >> (i * 16);
            bool fits = count == 0 || (taken + weight) * 4 <= total;
            vm.assertTrue(budget.take(7, weight, total) == fits);
            if (fits) (taken, count) = (taken + weight, count + 1);
            (uint256 spentCount, uint256 spentWeight) = budget.spent(7);
            vm.assertEq(spentCount, count);
            vm.assertEq(spentWeight, taken);
        }
        (uint256 later,) = budget.spent(8);
        vm.assertEq(later, 0);
        vm.assertTrue(budget.take(8, type(uint96).max, 0));
    }
}
