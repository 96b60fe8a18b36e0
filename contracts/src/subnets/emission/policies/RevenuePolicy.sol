// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionPolicies} from "../EmissionPolicies.sol";
import {IEmissionPolicy} from "../IEmissionPolicy.sol";

/// @title What subnets sell
interface IRevenueSource {
    /// @notice Sales of the subnet lately, in any one unit for all subnets.
    function revenueOf(uint32 netuid) external view returns (uint128);
}

/// @title By sales, as a contract chosen at deployment counts them
/// @dev Nothing in this repository counts sales by subnet on the ledger: the source is whoever deploys the policy's to write.
contract RevenuePolicy is IEmissionPolicy {
    /// @inheritdoc IEmissionPolicy
    bytes32 public constant specHash =
        sha256("koinon emission policy revenueWeighted 1: revenue; Q64 floor, rest to the first of the largest");

    IRevenueSource public immutable source;

    constructor(IRevenueSource source_) {
        source = source_;
    }

    /// @inheritdoc IEmissionPolicy
    function shares(uint32[] calldata netuids, EmissionPolicies.Signals[] memory signals)
        external
        view
        returns (uint256[] memory)
    {
        for (uint256 i = 0; i < signals.length; ++i) {
            signals[i].revenue = source.revenueOf(netuids[i]);
        }
        return EmissionPolicies.revenueWeighted(signals);
    }
}
