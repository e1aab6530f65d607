// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ChainBoyToken} from "../src/ChainBoyToken.sol";
import {ForgeTest} from "./base/Vm.sol";

contract ChainBoyTokenTest is ForgeTest {
    function testFuzz_supplyFits96Bits(uint256 supply) external {
        bool fits = supply < 2 ** 96;
        if (!fits) vm.expectRevert(abi.encodeWithSelector(ChainBoyToken.SupplyTooLarge.selector, supply));
        ChainBoyToken token = new ChainBoyToken(address(this), supply);
        if (fits) vm.assertEq(token.balanceOf(address(this)), supply);
    }
}
