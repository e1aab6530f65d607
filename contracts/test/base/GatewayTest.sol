// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TaskGateway} from "../../src/TaskGateway.sol";
import {GatewayProfile} from "../../src/interfaces/ITaskGateway.sol";
import {Bounds} from "../../src/libraries/Params.sol";
import {GatewaySteps} from "./GatewaySteps.sol";
import {MockVerifier} from "./MockVerifier.sol";
import {ProbeConsumer} from "./ProbeConsumer.sol";

/// @notice Deploys a gateway, its verifier and a requester for each test.
abstract contract GatewayTest is GatewaySteps {
    function setUp() public virtual {
        vm.warp(NOW);
        verifier = new MockVerifier();
        gateway = new TaskGateway(verifier, TREASURER, _profile());
        probe = new ProbeConsumer();
        vm.deal(ALICE, 1_000 ether);
        vm.deal(address(probe), 1_000 ether);
    }

    function _profile() internal pure returns (GatewayProfile memory) {
        return GatewayProfile({
            bounds: Bounds({minCommitWindow: 60, maxCommitWindow: 3600, maxFuel: MAX_FUEL}),
            revealWindow: REVEAL_WINDOW,
            settleTime: SETTLE_TIME,
            maxTaskLife: MAX_TASK_LIFE,
            refundMargin: REFUND_MARGIN,
            minPrice: MIN_PRICE,
            maxCallbackGas: MAX_CALLBACK_GAS
        });
    }
}
