// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {WordTree} from "./WordTree.sol";

/// @title The tree of a result: leaves 0 to 255 are seat words, 256 to 511 the amount words of the same uids
/// @dev So the root is keccak256(root of the seats, root of the amounts), both of depth 8. A uid names a leaf of its own half only: an
///      amount can never pass for a seat.
library ResultTree {
    uint256 internal constant HALF_DEPTH = 8;
    uint256 private constant DEPTH = 9;
    uint256 private constant SEATS = 256;

    error UidOutOfRange(uint256 uid);

    function root(bytes32 seatsRoot, bytes32 amountsRoot) internal pure returns (bytes32) {
        return Hashes.efficientKeccak256(seatsRoot, amountsRoot);
    }

    function half(bytes32[] memory words) internal pure returns (bytes32) {
        return WordTree.root(words, HALF_DEPTH);
    }

    /// @notice Root of the half that `proof`, eight siblings, leads to from the word of `uid`.
    function climbHalf(bytes32 word, uint256 uid, bytes32[] calldata proof) internal pure returns (bytes32) {
        return WordTree.climb(word, uid, proof, HALF_DEPTH);
    }

    /// @notice Root that `proof`, nine siblings, leads to from the seat word of `uid`.
    function climbSeat(bytes32 word, uint256 uid, bytes32[] calldata proof) internal pure returns (bytes32) {
        if (uid >= SEATS) revert UidOutOfRange(uid);
        return WordTree.climb(word, uid, proof, DEPTH);
    }

    /// @notice Root that `proof`, nine siblings, leads to from the amount word of `uid`.
    function climbAmount(bytes32 word, uint256 uid, bytes32[] calldata proof) internal pure returns (bytes32) {
        if (uid >= SEATS) revert UidOutOfRange(uid);
        return WordTree.climb(word, SEATS + uid, proof, DEPTH);
    }
}
