// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SeatClaim} from "./IDisputes.sol";
import {Rows} from "./Rows.sol";
import {SeatWords, ValidatorWords} from "./SeatWords.sol";
import {StakeMedian} from "./StakeMedian.sol";
import {Yuma} from "./Yuma.sol";

/// @title What aggregators make of one column alone
/// @dev A rule is a library with `isKnown` of spec hashes, `SETTLED`, the bits of a seat's word that follow from its column, and
///      `seatWord`, which computes them from openings of the rows. An aggregator's spec hash names its parameters with it.
library ColumnRules {
    using ValidatorWords for bytes32;

    function isKnown(bytes32 aggregator) internal pure returns (bool) {
        return StakeMedian.isKnown(aggregator) || Yuma.isKnown(aggregator);
    }

    /// @notice The bits of a taken seat's word that follow from its column, under an aggregator that is known. Whoever is no validator has
    ///         no dividend under any.
    function settled(bytes32 aggregator, address holder, bytes32[] calldata validators)
        internal
        pure
        returns (uint256)
    {
        uint256 bits = StakeMedian.isKnown(aggregator) ? StakeMedian.SETTLED : Yuma.SETTLED;
        return _isListed(holder, validators) ? bits : bits | SeatWords.DIVIDEND_BITS;
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

    function _isListed(address hotkey, bytes32[] calldata validators) private pure returns (bool) {
        unchecked {
            for (uint256 i = 0; i < validators.length; ++i) {
                if (Rows.wordAt(validators, i).hotkey() == hotkey) return true;
            }
        }
        return false;
    }
}
