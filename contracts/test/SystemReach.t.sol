// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SystemHandler} from "./base/SystemHandler.t.sol";
import {SystemTest} from "./base/SystemTest.sol";

/// @notice The invariants are worth what the random games reach: the same steps, drawn from a fixed seed, must come to
/// every end that there is.
contract SystemReachTest is SystemTest {
    uint256 private constant GAMES = 14;
    uint256 private constant STEPS = 120;

    function test_randomGames_reachEveryState() external {
        string[27] memory ends = [
            "consensus",
            "no consensus",
            "second attempt",
            "delivered",
            "delivered late",
            "delivered without consensus",
            "refunded",
            "called back",
            "callback failed",
            "re-entered",
            "retried",
            "claimed",
            "slashed",
            "slashed in random",
            "jailed",
            "honest evicted",
            "attacker evicted",
            "dropped",
            "held back",
            "stalled",
            "voted after leaving",
            "honest came back",
            "refunded though decided",
            "sealed",
            "re-dated",
            "kept",
            "forged"
        ];
        uint256[27] memory counts;
        for (uint256 game = 0; game < GAMES; ++game) {
            _play(game);
            for (uint256 k = 0; k < ends.length; ++k) {
                counts[k] += handler.reached(ends[k]);
            }
        }
        for (uint256 k = 0; k < ends.length; ++k) {
            vm.assertTrue(counts[k] != 0, string.concat("never reached: ", ends[k]));
        }
    }

    function _play(uint256 game) private {
        handler = new SystemHandler();
        bytes4[] memory steps = handler.steps();
        for (uint256 k = 0; k < STEPS; ++k) {
            uint256 draw = uint256(keccak256(abi.encode(game, k)));
            bytes memory arguments = abi.encode(
                keccak256(abi.encode(draw, 1)), keccak256(abi.encode(draw, 2)), keccak256(abi.encode(draw, 3))
            );
            (bool success, bytes memory problem) =
                address(handler).call(bytes.concat(steps[draw % steps.length], arguments));
            if (!success) _fail(problem);
        }
        handler.settle();
        _check(STEPS);
        _checkSettled();
    }

    /// @dev With the step's own words.
    function _fail(bytes memory problem) private pure {
        assembly ("memory-safe") {
            revert(add(problem, 0x20), mload(problem))
        }
    }
}
