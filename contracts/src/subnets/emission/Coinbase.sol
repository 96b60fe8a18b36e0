// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Q64} from "./Q64.sol";

/// @title What a subnet's alpha is divided into, and what bounds an injection, to the bit as specs/0013-emission.md section 5
library Coinbase {
    uint256 internal constant BPS = 10_000;

    /// @dev issued = owner + miners + dividends + recycled.
    struct Parts {
        uint256 owner;
        uint256 miners;
        uint256 dividends;
        uint256 recycled;
    }

    error PartsDoNotSum();

    /// @notice KOIN on the root against tokens, Q64; 0 when there is neither.
    function rootProportion(uint256 rootStake, uint256 rootWeight, uint256 issuance) internal pure returns (uint256) {
        uint256 weighed = Q64.mul(rootStake, rootWeight);
        return weighed + issuance == 0 ? 0 : Math.mulDiv(weighed, Q64.ONE, weighed + issuance);
    }

    /// @notice Alpha issued by whom it is for, each part rounded down.
    function split(uint256 issued, uint256 ownerBps, uint256 minersBps, uint256 dividendsBps)
        internal
        pure
        returns (Parts memory parts)
    {
        if (ownerBps + minersBps + dividendsBps != BPS) revert PartsDoNotSum();
        parts.owner = issued * ownerBps / BPS;
        parts.miners = issued * minersBps / BPS;
        parts.dividends = issued * dividendsBps / BPS;
        parts.recycled = issued - parts.owner - parts.miners - parts.dividends;
    }
}
