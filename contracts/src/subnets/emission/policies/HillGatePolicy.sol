// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {EmissionPolicies} from "../EmissionPolicies.sol";
import {IEmissionPolicy} from "../IEmissionPolicy.sol";

/// @title Average prices through a Hill curve: what lies below the bar fades
contract HillGatePolicy is IEmissionPolicy {
    /// @notice 1 to 4.
    uint256 public immutable steepness;
    /// @notice The bar stands where this part of demand ends, 1 to 99 percent.
    uint256 public immutable demandPercent;
    /// @inheritdoc IEmissionPolicy
    bytes32 public immutable specHash;

    constructor(uint256 steepness_, uint256 demandPercent_) {
        (steepness, demandPercent) = (steepness_, demandPercent_);
        EmissionPolicies.hillGate(new EmissionPolicies.Signals[](0), steepness_, demandPercent_);
        specHash = sha256(
            bytes.concat(
                "koinon emission policy hillGate 1: s = priceEma 1, s / (1 + (bar / s)^",
                bytes(Strings.toString(steepness_)),
                "), bar at ",
                bytes(Strings.toString(demandPercent_)),
                " % of demand, below bar / 2^24 nothing"
            )
        );
    }

    /// @inheritdoc IEmissionPolicy
    function shares(uint32[] calldata, EmissionPolicies.Signals[] calldata signals)
        external
        view
        returns (uint256[] memory)
    {
        return EmissionPolicies.hillGate(signals, steepness, demandPercent);
    }
}
