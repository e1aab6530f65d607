// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bounds, Mode, Params} from "../src/libraries/Params.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @notice Given a params word: whether gateway and hub accept it, and what they read in it.
contract ParamsTest is ForgeTest {
    using Params for uint256;

    struct Fields {
        uint256 version;
        uint256 mode;
        uint256 tolerance;
        uint256 commitWindow;
        uint256 fuelLimit;
        uint256 expiresAt;
    }

    function validate(uint256 params) public pure {
        params.validate(Bounds({minCommitWindow: 60, maxCommitWindow: 3600, maxFuel: 10 ** 9}));
    }

    function _good(Mode mode) private pure returns (Fields memory) {
        return Fields(1, uint256(mode), mode == Mode.MEDIAN ? 100 : 0, 300, mode == Mode.RANDOM ? 0 : 10 ** 6, 12345);
    }

    function _pack(Fields memory f) private pure returns (uint256) {
        return f.version << 184 | f.mode << 176 | f.tolerance << 160 | f.commitWindow << 128 | f.fuelLimit << 64
            | f.expiresAt;
    }

    function _expectRevert(uint256 params, bytes4 problem, uint256 argument) private {
        vm.expectRevert(abi.encodeWithSelector(problem, argument));
        this.validate(params);
    }

    function test_good_ofEveryMode() external pure {
        for (uint8 mode = 0; mode < 3; ++mode) {
            Fields memory f = _good(Mode(mode));
            uint256 params = _pack(f);
            validate(params);
            vm.assertTrue(params.mode() == Mode(mode));
            vm.assertEq(params.tolerance(), f.tolerance);
            vm.assertEq(params.commitWindow(), f.commitWindow);
            vm.assertEq(params.fuelLimit(), f.fuelLimit);
            vm.assertEq(params.expiresAt(), f.expiresAt);
        }
    }

    function test_revert_padding() external {
        uint256 params = _pack(_good(Mode.EXACT)) | 1 << 255;
        _expectRevert(params, Params.NonzeroPadding.selector, params);
    }

    function test_revert_version() external {
        Fields memory f = _good(Mode.EXACT);
        f.version = 0;
        _expectRevert(_pack(f), Params.UnsupportedVersion.selector, 0);
        f.version = 2;
        _expectRevert(_pack(f), Params.UnsupportedVersion.selector, 2);
    }

    function test_revert_mode() external {
        Fields memory f = _good(Mode.EXACT);
        f.mode = 3;
        _expectRevert(_pack(f), Params.UnknownMode.selector, 3);
    }

    function test_revert_tolerance() external {
        Fields memory f = _good(Mode.MEDIAN);
        f.tolerance = 10_001;
        _expectRevert(_pack(f), Params.ToleranceOutOfRange.selector, 10_001);
        f = _good(Mode.EXACT);
        f.tolerance = 1;
        _expectRevert(_pack(f), Params.ToleranceOutOfRange.selector, 1);
        f = _good(Mode.RANDOM);
        f.tolerance = 1;
        _expectRevert(_pack(f), Params.ToleranceOutOfRange.selector, 1);
    }

    function test_revert_commitWindow() external {
        Fields memory f = _good(Mode.EXACT);
        f.commitWindow = 59;
        _expectRevert(_pack(f), Params.CommitWindowOutOfRange.selector, 59);
        f.commitWindow = 3601;
        _expectRevert(_pack(f), Params.CommitWindowOutOfRange.selector, 3601);
        f.commitWindow = 60;
        validate(_pack(f));
        f.commitWindow = 3600;
        validate(_pack(f));
    }

    function test_revert_fuel() external {
        Fields memory f = _good(Mode.EXACT);
        f.fuelLimit = 0;
        _expectRevert(_pack(f), Params.FuelLimitOutOfRange.selector, 0);
        f.fuelLimit = 10 ** 9 + 1;
        _expectRevert(_pack(f), Params.FuelLimitOutOfRange.selector, 10 ** 9 + 1);
        f = _good(Mode.RANDOM);
        f.fuelLimit = 1;
        _expectRevert(_pack(f), Params.FuelLimitOutOfRange.selector, 1);
    }
}
