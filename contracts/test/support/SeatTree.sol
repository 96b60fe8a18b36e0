// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {WordTree} from "../../src/subnets/WordTree.sol";

/// @dev Roots and proofs of words, leaving the words alone.
library SeatTree {
    function root(bytes32[] memory words) internal pure returns (bytes32) {
        return WordTree.root(_copy(words, words.length), 8);
    }

    function proof(bytes32[] memory words, uint256 place) internal pure returns (bytes32[] memory) {
        return path(words, place, 8);
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

    function _copy(bytes32[] memory words, uint256 length) private pure returns (bytes32[] memory copied) {
        copied = new bytes32[](length);
        for (uint256 i = 0; i < words.length; ++i) {
            copied[i] = words[i];
        }
    }
}
