// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionPolicies} from "../EmissionPolicies.sol";
import {IEmissionPolicy} from "../IEmissionPolicy.sol";

/// @title By the time-weighted average of a subnet token's price
contract PriceEmaPolicy is IEmissionPolicy {
    /// @inheritdoc IEmissionPolicy
    bytes32 public constant specHash = sha256(
        "koinon emission policy priceEma 1: price * (1 - burned), all zero: price; Q64 floor, rest to the first of the largest"
    );

    /// @inheritdoc IEmissionPolicy
    function shares(uint32[] calldata, EmissionPolicies.Signals[] calldata signals)
        external
        pure
        returns (uint256[] memory)
    {
        return EmissionPolicies.priceEma(signals);
    }
}
