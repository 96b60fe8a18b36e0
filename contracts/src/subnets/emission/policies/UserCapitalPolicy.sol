// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {EmissionPolicies} from "../EmissionPolicies.sol";
import {IEmissionPolicy} from "../IEmissionPolicy.sol";

/// @title By what people keep in a pool, and no more of the issue than that carries (`userCapital`)
/// @dev A unit of capital brings the same wherever it stands, so nothing is gained by splitting a subnet, and nothing by being alone.
contract UserCapitalPolicy is IEmissionPolicy {
    /// @notice KOIN in all pools from which on the whole issue is handed out, base units, below 2^128.
    uint256 public immutable fullCapital;
    /// @inheritdoc IEmissionPolicy
    bytes32 public immutable specHash;

    constructor(uint256 fullCapital_) {
        if (fullCapital_ >> 128 != 0) revert EmissionPolicies.BadParameter();
        fullCapital = fullCapital_;
        specHash = sha256(
            bytes.concat(
                "koinon emission policy userCapital 1: capital / max(sum, ",
                bytes(Strings.toString(fullCapital_)),
                "), Q64 floor, rest to nobody"
            )
        );
    }

    /// @inheritdoc IEmissionPolicy
    function shares(uint32[] calldata, EmissionPolicies.Signals[] calldata signals)
        external
        view
        returns (uint256[] memory)
    {
        return EmissionPolicies.userCapital(signals, fullCapital);
    }
}
