// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {EmissionPolicies} from "../EmissionPolicies.sol";
import {IEmissionPolicy} from "../IEmissionPolicy.sol";

/// @title By what people bring into a pool, less what the protocol itself brought (`netFlow`)
contract NetFlowPolicy is IEmissionPolicy {
    /// @notice Flow that counts as nothing, KOIN base units a second.
    int256 public immutable cutoff;
    /// @notice Twice the power to which flows are taken, 1 to 16.
    uint256 public immutable powerHalves;
    /// @inheritdoc IEmissionPolicy
    bytes32 public immutable specHash;

    constructor(int256 cutoff_, uint256 powerHalves_) {
        (cutoff, powerHalves) = (cutoff_, powerHalves_);
        EmissionPolicies.netFlow(new EmissionPolicies.Signals[](0), cutoff_, powerHalves_);
        specHash = sha256(
            bytes.concat(
                "koinon emission policy netFlow 1: S = user - min(1, sum+ user / sum+ cost) * cost+ - cost-, L = max(",
                bytes(Strings.toStringSigned(cutoff_)),
                ", min(least S, 0)), (S - L)^(",
                bytes(Strings.toString(powerHalves_)),
                "/2), Q64 floor, rest to the first of the largest"
            )
        );
    }

    /// @inheritdoc IEmissionPolicy
    function shares(uint32[] calldata, EmissionPolicies.Signals[] calldata signals)
        external
        view
        returns (uint256[] memory)
    {
        return EmissionPolicies.netFlow(signals, cutoff, powerHalves);
    }
}
