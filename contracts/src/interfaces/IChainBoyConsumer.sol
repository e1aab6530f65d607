// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskConsumer} from "./ITaskConsumer.sol";
import {ITaskGateway} from "./ITaskGateway.sol";

/// @title A contract that asks one gateway for results and accepts them from it alone
interface IChainBoyConsumer is ITaskConsumer {
    /// @notice Only the gateway brings results.
    error NotGateway(address sender);
    /// @notice This contract did not ask for the task, or has its result already.
    error NotPending(bytes32 taskId);

    function gateway() external view returns (ITaskGateway);
    /// @notice Asked for, and no result accepted yet. Stays true for a task that ends without one: no consensus, a
    /// delivery after it expired, a refund.
    function isPending(bytes32 taskId) external view returns (bool);
}
