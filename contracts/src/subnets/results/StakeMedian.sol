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
    uint256 private constant OPENING_WORDS = 1 + ROW_DEPTH;
    /// @dev Holds the sum of 256 weights of 16 bits.
    uint256 private constant SUM_MASK = 0xffffff;
    uint256 private constant ONE_BITS = 32;

    /// @dev What rows weigh, in the order of the validators; the sum; whether it is more than half of all permitted stake.
    struct Turnout {
        uint256[] votes;
        uint256 voting;
        bool decides;
    }

    /// @dev A seat, and what the ledger keeps of every validator's row.
    struct Column {
        uint256 uid;
        address holder;
        uint256 tenure;
        bytes32[] rowHashes;
    }

    error RowMismatch(address hotkey);
    error NotTheMedian(uint256 consensus);
    error OpeningsMissing(uint256 position);

    function turnoutOf(bytes32[] calldata validators) internal pure returns (Turnout memory) {
        uint256[] memory votes = new uint256[](validators.length);
        (uint256 voting, uint256 permitted) = (0, 0);
        // At most 256 stakes of 88 bits.
        unchecked {
            for (uint256 i = 0; i < votes.length; ++i) {
                bytes32 word = _word(validators, i);
                uint256 vote = word.vote();
                votes[i] = vote;
                voting += vote;
                permitted += word.stake();
            }
        }
        return Turnout(votes, voting, 2 * voting > permitted);
    }

    /// @notice A seat's share of a row: weight as part of the sum of all weights of the row.
    function share(uint256 weight, uint256 sum) internal pure returns (uint256) {
        return (weight << ONE_BITS) / sum;
    }

    /// @notice What the ledger keeps of a row: the first 29 bytes of its root, then the sum of its weights.
    function kept(bytes32 root, uint256 sum) internal pure returns (bytes32) {
        return bytes32(uint256(root) & ~SUM_MASK | sum);
    }

    /// @notice The weight of a seat in the word that holds it.
    function weightIn(bytes32 word, uint256 uid) internal pure returns (uint256) {
        return uint16(uint256(word) >> (240 - 16 * (uid & 15)));
    }

    /// @notice What each validator gives a seat, from openings of their rows: nothing to its own seat, nothing to a holder that came
    ///         after its row was made. Reverts unless each row is the one that the ledger keeps.
    function openedShares(
        Column memory column,
        bytes32[] calldata validators,
        uint256[] memory votes,
        bytes32[] calldata openings
    ) internal pure returns (uint256[] memory shares) {
        shares = new uint256[](votes.length);
        uint256 start;
        assembly {
            start := openings.offset
        }
        uint256 end = start + openings.length * 32;
        bytes32[] memory hashes = column.rowHashes;
        // Indices below the length of `votes`, which is that of `validators` and of the hashes.
        unchecked {
            for (uint256 i = 0; i < votes.length; ++i) {
                if (votes[i] == 0) continue;
                if (start + OPENING_WORDS * 32 > end) revert OpeningsMissing(i);
                (uint256 weight, bytes32 root) = _opened(start, column.uid);
                start += OPENING_WORDS * 32;
                bytes32 validator = _word(validators, i);
                uint256 rowHash = uint256(hashes[i]);
                if ((uint256(root) ^ rowHash) > SUM_MASK) revert RowMismatch(validator.hotkey());
                if (validator.hotkey() != column.holder && validator.age() <= column.tenure) {
                    shares[i] = share(weight, rowHash & SUM_MASK);
                }
            }
        }
    }

    /// @dev Without the check of `i`, which is below the length in both loops.
    function _word(bytes32[] calldata words, uint256 i) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(words.offset, shl(5, i)))
        }
    }

    /// @dev The seat's weight that an opening at `start` of the calldata shows, and the root of the row that it belongs to. The four
    ///      levels are written out: a dispute passes here 64 times.
    function _opened(uint256 start, uint256 uid) private pure returns (uint256 weight, bytes32 root) {
        assembly ("memory-safe") {
            let word := calldataload(start)
            let own := and(shl(1, uid), 32)
            mstore(own, word)
            mstore(xor(own, 32), calldataload(add(start, 32)))
            root := keccak256(0, 64)
            own := and(uid, 32)
            mstore(own, root)
            mstore(xor(own, 32), calldataload(add(start, 64)))
            root := keccak256(0, 64)
            own := and(shr(1, uid), 32)
            mstore(own, root)
            mstore(xor(own, 32), calldataload(add(start, 96)))
            root := keccak256(0, 64)
            own := and(shr(2, uid), 32)
            mstore(own, root)
            mstore(xor(own, 32), calldataload(add(start, 128)))
            root := keccak256(0, 64)
            weight := and(shr(sub(240, shl(4, and(uid, 15))), word), 0xffff)
        }
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
        // Every term is at most one.
        unchecked {
            for (uint256 uid = 0; uid < seats.length; ++uid) {
                uint256 weight = weightIn(row[uid >> 4], uid);
                bytes32 word = seats[uid];
                if (weight == 0 || uid == own || age > word.tenure()) continue;
                uint256 given = share(weight, sum);
                uint256 consensus = word.consensus();
                agreed += given < consensus ? given : consensus;
            }
        }
    }

    /// @notice Sum of a row's weights, and what the ledger keeps of it ({IWeights-rowHashOf}).
    function sumAndHash(bytes32[] calldata row) internal pure returns (uint256 sum, bytes32 hash) {
        for (uint256 i = 0; i < row.length; ++i) {
            for (uint256 rest = uint256(row[i]); rest != 0; rest >>= 16) {
                sum += uint16(rest);
            }
        }
        hash = kept(WordTree.root(row, ROW_DEPTH), sum);
    }
}
