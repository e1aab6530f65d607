// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRecordVerifier} from "./interfaces/IRecordVerifier.sol";
import {GatewayProfile, ITaskGateway} from "./interfaces/ITaskGateway.sol";
import {GatewayProfiles} from "./libraries/GatewayProfiles.sol";
import {Bounds, Mode, Params} from "./libraries/Params.sol";

/// @title What a gateway takes: its figures, and the requests that keep to them
/// @dev The figures are immutables, so that a request reads no storage for them.
abstract contract GatewayRules is ITaskGateway {
    using Params for uint256;

    /// @inheritdoc ITaskGateway
    IRecordVerifier public immutable override verifier;

    uint256 private immutable _minCommitWindow;
    uint256 private immutable _maxCommitWindow;
    uint256 private immutable _maxFuel;
    uint256 private immutable _revealWindow;
    uint256 private immutable _settleTime;
    uint256 private immutable _maxTaskLife;
    uint256 private immutable _refundMargin;
    uint256 private immutable _minPrice;
    uint256 private immutable _maxCallbackGas;

    constructor(IRecordVerifier verifier_, GatewayProfile memory profile_) {
        GatewayProfiles.requireConsistent(profile_);
        verifier = verifier_;
        _minCommitWindow = profile_.bounds.minCommitWindow;
        _maxCommitWindow = profile_.bounds.maxCommitWindow;
        _maxFuel = profile_.bounds.maxFuel;
        _revealWindow = profile_.revealWindow;
        _settleTime = profile_.settleTime;
        _maxTaskLife = profile_.maxTaskLife;
        _refundMargin = profile_.refundMargin;
        _minPrice = profile_.minPrice;
        _maxCallbackGas = profile_.maxCallbackGas;
    }

    /// @inheritdoc ITaskGateway
    function profile() external view override returns (GatewayProfile memory) {
        return GatewayProfile({
            bounds: _bounds(),
            revealWindow: _revealWindow,
            settleTime: _settleTime,
            maxTaskLife: _maxTaskLife,
            refundMargin: _refundMargin,
            minPrice: _minPrice,
            maxCallbackGas: _maxCallbackGas
        });
    }

    /// @dev Reverts unless a task asked for now with these figures can be answered in time.
    function _requireAcceptable(bytes32 program, uint256 params, uint256 price, uint256 callbackGas) internal view {
        if (price < _minPrice) revert PriceBelowMinimum(price, _minPrice);
        if (callbackGas > _maxCallbackGas) revert CallbackGasTooHigh(callbackGas, _maxCallbackGas);
        params.validate(_bounds());
        if ((params.mode() == Mode.RANDOM) != (program == 0)) revert ProgramMismatch(program);

        uint256 expiresAt = params.expiresAt();
        uint256 earliest = block.timestamp + params.commitWindow() + _revealWindow + _settleTime;
        if (expiresAt < earliest) revert ExpiresTooSoon(expiresAt, earliest);
        uint256 latest = block.timestamp + _maxTaskLife;
        if (expiresAt > latest) revert ExpiresTooLate(expiresAt, latest);
        uint256 needed = _refundableAt(params);
        uint256 liveUntil = verifier.liveUntil();
        if (liveUntil < needed) revert VerifierNotLive(liveUntil, needed);
    }

    /// @dev From this second on a task can be refunded, and no longer delivered.
    function _refundableAt(uint256 params) internal view returns (uint256) {
        return params.expiresAt() + _refundMargin;
    }

    function _bounds() private view returns (Bounds memory) {
        return Bounds({minCommitWindow: _minCommitWindow, maxCommitWindow: _maxCommitWindow, maxFuel: _maxFuel});
    }
}
