// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Q64} from "./emission/Q64.sol";

/// @dev Locked alpha and the conviction that it has gathered, in base units.
struct Mass {
    uint128 locked;
    uint128 conviction;
}

/// @title How a lock and its conviction change with time, to the bit as specs/0013-emission.md section 8
library ConvictionMath {
    /// @notice e^(-elapsed / tau) in parts of 2^64: 1 at once, 0 for a tau of 0 afterwards.
    function decay(uint256 elapsed, uint256 tau) internal pure returns (uint256) {
        if (elapsed == 0) return Q64.ONE;
        if (tau == 0) return 0;
        return Q64.exp(-int256(elapsed * Q64.ONE / tau));
    }

    /// @notice A lock that keeps its mass: conviction goes to it.
    function kept(Mass memory mass, uint256 elapsed, uint256 tau) internal pure returns (Mass memory) {
        uint256 left = decay(elapsed, tau);
        uint256 conviction = Q64.mul(mass.conviction, left) + Q64.mul(mass.locked, Q64.ONE - left);
        return Mass(mass.locked, uint128(conviction));
    }

    /// @notice A lock that is let go of: its mass decays and its conviction follows.
    function leaving(Mass memory mass, uint256 elapsed, uint256 tau) internal pure returns (Mass memory) {
        uint256 left = decay(elapsed, tau);
        uint256 locked = Q64.mul(mass.locked, left);
        uint256 moved = tau == 0 ? 0 : locked * elapsed / tau;
        return Mass(uint128(locked), uint128(Q64.mul(mass.conviction, left) + moved));
    }
}
