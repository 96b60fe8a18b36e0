// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SeatWords, ValidatorWords} from "./SeatWords.sol";
import {WordTree} from "./WordTree.sol";

/// @title The arithmetic of aggregator `stakeMedian` 2, checked rather than searched for
/// @dev Shares are parts of 2^32, rounded down at every division, as in the TypeScript of the same name.
library StakeMedian {
    using SeatWords for bytes32;
    using ValidatorWords for bytes32;

    bytes32 internal constant SPEC_HASH = 0xf596db71fe8a6e9edd96e225bf76f91862b6625428d5de3495468b84eea71f5b;
    uint256 internal constant ROW_WORDS = 16;
    uint256 internal constant ROW_DEPTH = 4;
    uint256 private constant ONE_BITS = 32;

    /// @dev What rows weigh, in the order of the validators; the sum; whether it is more than half of all permitted stake.
    struct Turnout {
        uint256[] votes;
        uint256 voting;
        bool decides;
    }

    error NotTheMedian(uint256 consensus);

    function turnoutOf(bytes32[] calldata validators) internal pure returns (Turnout memory turnout) {
        turnout.votes = new uint256[](validators.length);
        uint256 permitted;
        for (uint256 i = 0; i < validators.length; ++i) {
            turnout.votes[i] = validators[i].vote();
            turnout.voting += turnout.votes[i];
            permitted += validators[i].stake();
        }
        turnout.decides = 2 * turnout.voting > permitted;
    }

    /// @notice A seat's share of a row: weight as part of the sum of all weights of the row.
    function share(uint256 weight, uint256 sum) internal pure returns (uint256) {
        return (weight << ONE_BITS) / sum;
    }

    /// @notice The weight of a seat in the word that holds it.
    function weightIn(bytes32 word, uint256 uid) internal pure returns (uint256) {
        return uint16(uint256(word) >> (240 - 16 * (uid & 15)));
    }

    /// @notice Checks that `consensus` is the largest share that more than half of the votes give at least, and returns the rank.
    function rank(Turnout memory turnout, uint256[] memory shares, uint256 consensus)
        internal
        pure
        returns (uint256 weighted)
    {
        uint256 atLeast;
        uint256 above;
        for (uint256 i = 0; i < shares.length; ++i) {
            uint256 vote = turnout.votes[i];
            if (shares[i] >= consensus) atLeast += vote;
            if (shares[i] > consensus) above += vote;
            weighted += vote * (shares[i] < consensus ? shares[i] : consensus);
        }
        if (2 * atLeast <= turnout.voting || 2 * above > turnout.voting) revert NotTheMedian(consensus);
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
        for (uint256 uid = 0; uid < seats.length; ++uid) {
            uint256 weight = weightIn(row[uid >> 4], uid);
            if (weight == 0 || uid == own || age > seats[uid].tenure()) continue;
            uint256 given = share(weight, sum);
            uint256 consensus = seats[uid].consensus();
            agreed += given < consensus ? given : consensus;
        }
    }

    /// @notice Sum of a row's weights, and what the ledger keeps of it ({IWeights-rowHashOf}).
    function sumAndHash(bytes32[] calldata row) internal pure returns (uint256 sum, bytes32 hash) {
        for (uint256 i = 0; i < row.length; ++i) {
            for (uint256 rest = uint256(row[i]); rest != 0; rest >>= 16) {
                sum += uint16(rest);
            }
        }
        hash = keccak256(abi.encode(WordTree.root(row, ROW_DEPTH), sum));
    }
}
