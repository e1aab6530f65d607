// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice How outcomes are compared.
enum Mode {
    EXACT,
    MEDIAN,
    RANDOM
}

/// @notice What gateway and hub of one deployment accept; both must be given the same.
struct Bounds {
    uint256 minCommitWindow; // seconds
    uint256 maxCommitWindow; // seconds
    uint256 maxFuel;
}

/// @title The one word of rules a task is tallied under
/// @notice From the least significant bit: expiresAt 64, fuelLimit 64, commitWindow 32, tolerance 16, mode 8,
/// version 8; the remaining 64 bits are zero.
library Params {
    error UnsupportedVersion(uint256 version);
    error UnknownMode(uint256 mode);
    error ToleranceOutOfRange(uint256 tolerance);
    error CommitWindowOutOfRange(uint256 commitWindow);
    error FuelLimitOutOfRange(uint256 fuelLimit);
    error NonzeroPadding(uint256 params);

    uint256 internal constant VERSION = 1;
    uint256 internal constant MAX_TOLERANCE = 10_000;

    function expiresAt(uint256 params) internal pure returns (uint256) {
        return uint64(params);
    }

    function fuelLimit(uint256 params) internal pure returns (uint256) {
        return uint64(params >> 64);
    }

    function commitWindow(uint256 params) internal pure returns (uint256) {
        return uint32(params >> 128);
    }

    /// @notice In hundredths of a percent of the median.
    function tolerance(uint256 params) internal pure returns (uint256) {
        return uint16(params >> 160);
    }

    /// @dev Only for validated words.
    function mode(uint256 params) internal pure returns (Mode) {
        return Mode(uint8(params >> 176));
    }

    /// @notice Reverts unless `params` is canonical and within `bounds`. Tolerance is MEDIAN's alone; RANDOM runs
    /// no program and so has no fuel, the others have some.
    function validate(uint256 params, Bounds memory bounds) internal pure {
        if (params >> 192 != 0) revert NonzeroPadding(params);
        if (params >> 184 != VERSION) revert UnsupportedVersion(params >> 184);
        uint256 rawMode = uint8(params >> 176);
        if (rawMode > uint256(type(Mode).max)) revert UnknownMode(rawMode);
        uint256 maxTolerance = rawMode == uint256(Mode.MEDIAN) ? MAX_TOLERANCE : 0;
        if (tolerance(params) > maxTolerance) revert ToleranceOutOfRange(tolerance(params));
        uint256 window = commitWindow(params);
        if (window < bounds.minCommitWindow || window > bounds.maxCommitWindow) revert CommitWindowOutOfRange(window);
        uint256 fuel = fuelLimit(params);
        if ((rawMode == uint256(Mode.RANDOM)) != (fuel == 0) || fuel > bounds.maxFuel) revert FuelLimitOutOfRange(fuel);
    }
}
