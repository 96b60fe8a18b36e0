// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SeatClaim} from "./IDisputes.sol";
import {Rows} from "./Rows.sol";
import {StakeMedian} from "./StakeMedian.sol";
import {Yuma} from "./Yuma.sol";

/// @title What aggregators make of one column alone
/// @dev A rule is a library with `isKnown` of spec hashes, `SETTLED`, the bits of a seat's word that follow from its column, and
///      `seatWord`, which computes them from openings of the rows. An aggregator's spec hash names its parameters with it.
library ColumnRules {
    function isKnown(bytes32 aggregator) internal pure returns (bool) {
        return StakeMedian.isKnown(aggregator) || Yuma.isKnown(aggregator);
    }

    /// @notice The bits of a seat's word that follow from its column, under an aggregator that is known.
    function settled(bytes32 aggregator) internal pure returns (uint256) {
        return StakeMedian.isKnown(aggregator) ? StakeMedian.SETTLED : Yuma.SETTLED;
    }

    /// @notice Those bits, of a taken seat. Reverts unless the openings are those of all rows that count and what the claim says beside
    ///         them is right.
    function seatWord(
        bytes32 aggregator,
        Rows.Column memory column,
        bytes32[] calldata validators,
        SeatClaim calldata claim
    ) internal pure returns (bytes32) {
        if (StakeMedian.isKnown(aggregator)) return StakeMedian.seatWord(column, validators, claim);
        return Yuma.seatWord(aggregator, column, validators, claim);
    }
}
