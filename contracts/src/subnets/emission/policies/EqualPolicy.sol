// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionPolicies} from "../EmissionPolicies.sol";
import {IEmissionPolicy} from "../IEmissionPolicy.sol";

/// @title Every subnet the same
contract EqualPolicy is IEmissionPolicy {
    /// @inheritdoc IEmissionPolicy
    bytes32 public constant specHash =
        sha256("koinon emission policy equal 1: one each; Q64 floor, rest to the first");

    /// @inheritdoc IEmissionPolicy
    function shares(uint32[] calldata, EmissionPolicies.Signals[] calldata signals)
        external
        pure
        returns (uint256[] memory)
    {
        return EmissionPolicies.equal(signals);
    }
}
