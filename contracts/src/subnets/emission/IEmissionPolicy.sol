// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EmissionPolicies} from "./EmissionPolicies.sol";

/// @title How the issue of KOIN is shared between subnets
/// @dev Chosen at deployment, for ever. What {PoolEmission} does with a policy that reverts, answers too long, too short or above the
///      whole stands in specs/0020-pool-emission.md section 3.
interface IEmissionPolicy {
    /// @notice SHA-256 of the rule's text (specs/0013-emission.md section 4).
    function specHash() external view returns (bytes32);

    /// @notice One share a subnet, in the order given, in parts of 2^64; together at most 2^64.
    function shares(uint32[] calldata netuids, EmissionPolicies.Signals[] calldata signals)
        external
        view
        returns (uint256[] memory);
}
