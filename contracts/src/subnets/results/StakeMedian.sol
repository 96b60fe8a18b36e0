// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes, SeatClaim} from "./IDisputes.sol";
import {Rows} from "./Rows.sol";
import {SeatWords, ValidatorWords} from "./SeatWords.sol";

/// @title The arithmetic of aggregator `stakeMedian` 2, checked rather than searched for
/// @dev Shares are parts of 2^32, rounded down at every division, as in the TypeScript of the same name.
library StakeMedian {
    using SeatWords for bytes32;
    using ValidatorWords for bytes32;

    bytes32 internal constant SPEC_HASH = 0xf596db71fe8a6e9edd96e225bf76f91862b6625428d5de3495468b84eea71f5b;
    /// @notice What of a seat's word follows from its column: all but the dividend.
    uint256 internal constant SETTLED =
        SeatWords.TENURE_BITS | SeatWords.CONSENSUS_BITS | SeatWords.RANK_BITS | SeatWords.OWN_BITS;

    /// @dev What rows weigh, in the order of the validators; the sum; whether it is more than half of all permitted stake.
    struct Turnout {
        uint256[] votes;
        uint256 voting;
        bool decides;
    }

    function isKnown(bytes32 aggregator) internal pure returns (bool) {
        return aggregator == SPEC_HASH;
    }

    /// @notice The {SETTLED} bits of the word of a taken seat. Reverts unless the claim's consensus is right.
    function seatWord(Rows.Column memory column, bytes32[] calldata validators, SeatClaim calldata claim)
        internal
        pure
        returns (bytes32)
    {
        Turnout memory turnout = turnoutOf(validators);
        if (!turnout.decides) return SeatWords.pack(column.tenure, 0, 0, 0);
        uint256[] memory shares = Rows.openedShares(column, validators, turnout.votes, claim.openings);
        return SeatWords.pack(column.tenure, claim.consensus, rank(turnout, shares, claim.consensus), 0);
    }

    function turnoutOf(bytes32[] calldata validators) internal pure returns (Turnout memory) {
        uint256[] memory votes = new uint256[](validators.length);
        (uint256 voting, uint256 permitted) = (0, 0);
        // At most 256 stakes of 88 bits.
        unchecked {
            for (uint256 i = 0; i < votes.length; ++i) {
                bytes32 word = Rows.wordAt(validators, i);
                uint256 vote = word.vote();
                votes[i] = vote;
                voting += vote;
                permitted += word.stake();
            }
        }
        return Turnout(votes, voting, 2 * voting > permitted);
    }

    /// @notice Checks that `consensus` is the largest share that more than half of the votes give at least, and returns the rank.
    function rank(Turnout memory turnout, uint256[] memory shares, uint256 consensus)
        internal
        pure
        returns (uint256 weighted)
    {
        uint256 atLeast;
        uint256 above;
        uint256[] memory votes = turnout.votes;
        // At most 256 products of 88 and 40 bits: `consensus` is compared with 40 bits in the end.
        unchecked {
            for (uint256 i = 0; i < votes.length; ++i) {
                (uint256 vote, uint256 given) = (votes[i], shares[i]);
                if (given >= consensus) atLeast += vote;
                if (given > consensus) above += vote;
                weighted += vote * (given < consensus ? given : consensus);
            }
        }
        if (2 * atLeast <= turnout.voting || 2 * above > turnout.voting) revert IDisputes.NotTheMedian(consensus);
        weighted /= turnout.voting;
    }

    /// @notice What a row gives at most the consensus of every seat but its own validator's, over all seats.
    /// @param own The validator's seat, or beyond the last.
    /// @param age Of the row: seats that changed hands since do not count.
    function agreement(bytes32[] memory row, uint256 sum, bytes32[] calldata seats, uint256 own, uint256 age)
        internal
        pure
        returns (uint256 agreed)
    {
        // Every term is at most one.
        unchecked {
            for (uint256 uid = 0; uid < seats.length; ++uid) {
                uint256 weight = Rows.weightIn(row[uid >> 4], uid);
                bytes32 word = seats[uid];
                if (weight == 0 || uid == own || age > word.tenure()) continue;
                uint256 given = Rows.share(weight, sum);
                uint256 consensus = word.consensus();
                agreed += given < consensus ? given : consensus;
            }
        }
    }
}
