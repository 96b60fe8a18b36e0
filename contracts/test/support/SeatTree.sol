// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ResultTree} from "../../src/subnets/results/ResultTree.sol";

/// @dev Roots and proofs of words, leaving the words alone.
library SeatTree {
    function root(bytes32[] memory seats, bytes32[] memory amounts) internal pure returns (bytes32) {
        return ResultTree.root(half(seats), half(amounts));
    }

    function half(bytes32[] memory words) internal pure returns (bytes32) {
        return ResultTree.half(_copy(words, words.length));
    }

    /// @dev Nine siblings of a seat word.
    function seatProof(bytes32[] memory seats, bytes32[] memory amounts, uint256 uid)
        internal
        pure
        returns (bytes32[] memory)
    {
        return _below(path(seats, uid, 8), half(amounts));
    }

    /// @dev Nine siblings of an amount word.
    function amountProof(bytes32[] memory seats, bytes32[] memory amounts, uint256 uid)
        internal
        pure
        returns (bytes32[] memory)
    {
        return _below(path(amounts, uid, 8), half(seats));
    }

    function path(bytes32[] memory words, uint256 place, uint256 depth) internal pure returns (bytes32[] memory siblings) {
        bytes32[] memory nodes = _copy(words, 1 << depth);
        siblings = new bytes32[](depth);
        for (uint256 level = 0; level < depth; ++level) {
            siblings[level] = nodes[place ^ 1];
            for (uint256 i = 0; 2 * i < nodes.length >> level; ++i) {
                nodes[i] = keccak256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
            }
            place >>= 1;
        }
    }

    function _below(bytes32[] memory siblings, bytes32 other) private pure returns (bytes32[] memory all) {
        all = _copy(siblings, siblings.length + 1);
        all[siblings.length] = other;
    }

    function _copy(bytes32[] memory words, uint256 length) private pure returns (bytes32[] memory copied) {
        copied = new bytes32[](length);
        for (uint256 i = 0; i < words.length; ++i) {
            copied[i] = words[i];
        }
    }
}
