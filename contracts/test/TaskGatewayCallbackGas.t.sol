// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Callbacks} from "../src/libraries/Callbacks.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @dev Notes the gas it is called with.
contract GasMeter {
    uint256 public gasAtEntry;

    fallback() external {
        gasAtEntry = gasleft();
    }
}

contract TaskGatewayCallbackGasTest is ForgeTest {
    uint256 private constant MOST = 1_000_000;

    GasMeter private _meter;

    function setUp() external {
        _meter = new GasMeter();
    }

    function tryCall(uint256 callbackGas) external returns (bool) {
        return Callbacks.tryCall(address(_meter), callbackGas, "");
    }

    function test_call_atTheBoundary_getsAllItsGasOrIsNotMade() external {
        uint256[4] memory amounts = [uint256(30_000), 100_000, 333_333, MOST];
        for (uint256 i = 0; i < amounts.length; i++) {
            this.tryCall(amounts[i]);
            uint256 expected = _meter.gasAtEntry();
            uint256 boundary = (amounts[i] + 5_000) * 64 / 63;
            uint256 made = 0;
            for (uint256 limit = boundary - 6_000; limit < boundary + 3_000; limit += 61) {
                if (_tryWith(limit, amounts[i])) {
                    vm.assertEq(_meter.gasAtEntry(), expected);
                    made++;
                }
            }
            vm.assertTrue(made > 0 && made < 100, "both sides of the boundary are tried");
        }
    }

    function _tryWith(uint256 limit, uint256 callbackGas) private returns (bool made) {
        try this.tryCall{gas: limit}(callbackGas) returns (bool success) {
            vm.assertTrue(success);
            return true;
        } catch (bytes memory reason) {
            vm.assertEq(reason, abi.encodeWithSelector(ITaskGateway.NotEnoughGas.selector, callbackGas));
        }
    }
}
