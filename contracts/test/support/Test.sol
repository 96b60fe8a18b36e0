// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm, vm} from "./Vm.sol";

/// @dev Assertions that revert with both values, a bounded fuzz input, and signing.
abstract contract Test {
    // solhint-disable-next-line var-name-mixedcase
    bool public constant IS_TEST = true;

    error NotEqualUint(uint256 actual, uint256 expected, string what);
    error NotEqualAddress(address actual, address expected, string what);
    error NotEqualBytes32(bytes32 actual, bytes32 expected, string what);
    error NotEqualBytes(bytes actual, bytes expected, string what);
    error NotLessOrEqual(uint256 actual, uint256 limit, string what);
    error Expected(string what);

    function eq(uint256 actual, uint256 expected, string memory what) internal pure {
        if (actual != expected) revert NotEqualUint(actual, expected, what);
    }

    function eq(address actual, address expected, string memory what) internal pure {
        if (actual != expected) revert NotEqualAddress(actual, expected, what);
    }

    function eq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        if (actual != expected) revert NotEqualBytes32(actual, expected, what);
    }

    function eq(bytes memory actual, bytes memory expected, string memory what) internal pure {
        if (keccak256(actual) != keccak256(expected)) revert NotEqualBytes(actual, expected, what);
    }

    function eq(string memory actual, string memory expected, string memory what) internal pure {
        eq(bytes(actual), bytes(expected), what);
    }

    function atMost(uint256 actual, uint256 limit, string memory what) internal pure {
        if (actual > limit) revert NotLessOrEqual(actual, limit, what);
    }

    function yes(bool condition, string memory what) internal pure {
        if (!condition) revert Expected(what);
    }

    function no(bool condition, string memory what) internal pure {
        if (condition) revert Expected(what);
    }

    /// @dev Maps any input into [least, most].
    function within(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        return least + (value % (most - least + 1));
    }

    function signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev The other signature of the same key over the same digest: high `s`, flipped `v`.
    function malleated(bytes memory signature) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s, uint8 v) = split(signature);
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        return abi.encodePacked(r, bytes32(order - uint256(s)), v == 27 ? uint8(28) : uint8(27));
    }

    function split(bytes memory signature) internal pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
            v := byte(0, mload(add(signature, 0x60)))
        }
    }
}
