// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes, SeatClaim} from "./IDisputes.sol";
import {Rows} from "./Rows.sol";
import {SeatWords, ValidatorWords} from "./SeatWords.sol";

/// @title Consensus and rank under Yuma (specs/0011-yuma.md sections 3, 4 and 8), checked rather than searched for
/// @dev Shares are parts of 2^32, rounded down at every division, as in the TypeScript of the same name. Bonds, and the dividends that
///      follow from them, stand in the carry and are not looked at.
library Yuma {
    using SeatWords for bytes32;
    using ValidatorWords for bytes32;

    bytes32 internal constant YUMA2 = 0x26de334ad90124b598232633a27e83731bbf96df9a4ad48cdbdacd9f7be583c4;
    bytes32 internal constant YUMA3 = 0x28fb73b10b43a8b898999b24561cc915dd9e2cbd2210a3dd895b0e866981630e;
    bytes32 internal constant YUMA3_CAPPED = 0x7ea8947c8f67db51547c41b0168cf8bd16277bbae636505a758f72f13823e9f9;
    bytes32 internal constant YUMA3_LIQUID = 0x0e46fb67bfb69fa8c2adfb6cf22c449ff5334b46e6fc81d6c593e54ca86970a1;
    bytes32 internal constant YUMA3_LIQUID_DECAYING = 0x6bfa73de7b664021a4097bb5c57f018e0552dd721a2284f47f5f9d06d5ea8201;
    /// @notice What of a seat's word follows from its column: all but rank and dividend.
    uint256 internal constant SETTLED = SeatWords.TENURE_BITS | SeatWords.CONSENSUS_BITS | SeatWords.OWN_BITS;
    /// @dev 32767 parts of 65535, of all five.
    uint256 private constant KAPPA = (uint256(32_767) << ONE_BITS) / 65_535;
    uint256 private constant CAPPED_PERCENT = 88;
    uint256 private constant ONE_BITS = 32;

    function isKnown(bytes32 aggregator) internal pure returns (bool) {
        return aggregator == YUMA3 || aggregator == YUMA2 || aggregator == YUMA3_CAPPED || aggregator == YUMA3_LIQUID
            || aggregator == YUMA3_LIQUID_DECAYING;
    }

    /// @notice The {SETTLED} bits of the word of a taken seat. Reverts unless the claim's consensus, and the cap where the aggregator has
    ///         one, are right.
    function seatWord(
        bytes32 aggregator,
        Rows.Column memory column,
        bytes32[] calldata validators,
        SeatClaim calldata claim
    ) internal pure returns (bytes32) {
        bool isCapped = aggregator == YUMA3_CAPPED;
        (uint256[] memory stakes, uint256 sum) = _stakesOf(validators, isCapped, claim.cap);
        if (sum == 0) return SeatWords.pack(column.tenure, 0, 0, 0);
        uint256[] memory shares = Rows.openedShares(column, validators, stakes, claim.openings);
        uint256 rank = _rank(stakes, sum, shares, claim.consensus);
        return SeatWords.pack(column.tenure, claim.consensus, 0, 0) | bytes32(rank);
    }

    /// @notice A seat's part of all ranks, which are what posted words hold as the aggregator's own.
    function incentive(bytes32[] calldata seats, uint256 uid) internal pure returns (uint256) {
        uint256 sum;
        // At most 256 numbers of 128 bits.
        unchecked {
            for (uint256 i = 0; i < seats.length; ++i) {
                sum += seats[i].aggregatorsOwn();
            }
        }
        if (sum == 0 || uid >= seats.length) return 0;
        return (seats[uid].aggregatorsOwn() << ONE_BITS) / sum;
    }

    /// @dev What counts of each validator, and the sum: its vote, or its whole stake where no row counts for it, so that the silent count
    ///      against; cut to `cap`, which must be the smallest that at least 88 of a hundred of those above 0 do not exceed.
    function _stakesOf(bytes32[] calldata validators, bool isCapped, uint256 cap)
        private
        pure
        returns (uint256[] memory stakes, uint256 sum)
    {
        stakes = new uint256[](validators.length);
        (uint256 held, uint256 below, uint256 within) = (0, 0, 0);
        if (!isCapped) cap = type(uint256).max;
        // At most 256 stakes of 88 bits.
        unchecked {
            for (uint256 i = 0; i < stakes.length; ++i) {
                bytes32 word = Rows.wordAt(validators, i);
                uint256 age = word.age();
                uint256 stake = age == ValidatorWords.NO_ROW ? word.stake() : word.stake() >> age;
                if (stake == 0) continue;
                ++held;
                if (stake < cap) ++below;
                if (stake > cap) stake = cap;
                else ++within;
                sum += stake;
                stakes[i] = stake;
            }
            if (!isCapped || held == 0) return (stakes, sum);
            uint256 place = (CAPPED_PERCENT * held + 99) / 100;
            if (below >= place || within < place) revert IDisputes.NotTheCap(cap);
        }
    }

    /// @dev Checks that `consensus` is what voters of kappa give at least and voters of less than kappa more, and returns the rank.
    ///      Overwrites `stakes` by their shares.
    function _rank(uint256[] memory stakes, uint256 sum, uint256[] memory shares, uint256 consensus)
        private
        pure
        returns (uint256 weighted)
    {
        (uint256 atLeast, uint256 above) = (0, 0);
        // Both lists are as long as the validators are many. Shares are at most 2^32, and neither divisor is 0: the largest stake has a
        // share above 0.
        assembly ("memory-safe") {
            let end := add(stakes, shl(5, mload(stakes)))
            let counted := 0
            for { let place := stakes } lt(place, end) {} {
                place := add(place, 32)
                let active := div(shl(ONE_BITS, mload(place)), sum)
                mstore(place, active)
                counted := add(counted, active)
            }
            let toShare := sub(shares, stakes)
            for { let place := stakes } lt(place, end) {} {
                place := add(place, 32)
                let active := mload(place)
                let given := mload(add(place, toShare))
                if iszero(lt(given, consensus)) {
                    let voice := div(shl(ONE_BITS, active), counted)
                    atLeast := add(atLeast, voice)
                    if gt(given, consensus) {
                        above := add(above, voice)
                        given := consensus
                    }
                }
                weighted := add(weighted, shr(ONE_BITS, mul(active, given)))
            }
        }
        if (atLeast < KAPPA || above >= KAPPA) revert IDisputes.NotTheMedian(consensus);
    }
}
