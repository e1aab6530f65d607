// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskGateway} from "../interfaces/ITaskGateway.sol";

/// @title Calling code that is not trusted
library Callbacks {
    /// @dev Above what happens between the check and the callee's first instruction: the call itself, and the load of
    /// a delegation's target.
    uint256 private constant OVERHEAD = 5_000;

    /// @notice Call `target` with exactly `callbackGas`, or revert with {ITaskGateway-NotEnoughGas}. Copies no return data: a callee
    /// that returns or reverts with a flood of bytes must not use up the gas of whoever pays for this transaction.
    function tryCall(address target, uint256 callbackGas, bytes memory data) internal returns (bool success) {
        // A call is handed at most 63/64 of what is left, and silently less than was asked for.
        if (gasleft() * 63 < (callbackGas + OVERHEAD) * 64) revert ITaskGateway.NotEnoughGas(callbackGas);
        // Solidity's own call copies return data even when it is not named.
        assembly ("memory-safe") {
            success := call(callbackGas, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
    }
}
