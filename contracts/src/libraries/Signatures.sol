// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Whose signature it is
library Signatures {
    uint256 internal constant LENGTH = 65;

    /// @notice Whether the 65 bytes r‖s‖v are `signer`'s over `digest`, with a low s and v 27 or 28: the only form.
    function isBy(bytes calldata signature, bytes32 digest, address signer) internal pure returns (bool) {
        if (signature.length != LENGTH) return false;
        (address found, ECDSA.RecoverError problem,) = ECDSA.tryRecover(
            digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        return problem == ECDSA.RecoverError.NoError && found == signer;
    }
}
