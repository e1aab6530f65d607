// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title The project token: what nodes bond, and votes weigh
/// @notice A fixed supply below 2^96, so that weights and their sums fit 96 bits.
contract ChainBoyToken is ERC20, ERC20Permit {
    /// @notice The supply does not fit 96 bits.
    error SupplyTooLarge(uint256 supply);

    constructor(address holder, uint256 supply) ERC20("ChainBoy", "CBOY") ERC20Permit("ChainBoy") {
        if (supply >= 2 ** 96) revert SupplyTooLarge(supply);
        _mint(holder, supply);
    }
}
