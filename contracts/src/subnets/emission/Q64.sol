// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Q64 fixed point, to the bit as specs/0013-emission.md section 1
library Q64 {
    uint256 internal constant ONE = 1 << 64;
    /// @dev ln 2 in parts of 2^128, rounded down.
    int256 private constant LN2 = 0xb17217f7d1cf79abc9e3b39803f2f6af;

    error ExponentTooLarge(int256 x);

    /// @notice a * b, rounded down.
    function mul(uint256 a, uint256 b) internal pure returns (uint256) {
        return Math.mulDiv(a, b, ONE);
    }

    /// @notice base^exponent by squaring from the lowest bit, every product rounded down.
    function power(uint256 base, uint256 exponent) internal pure returns (uint256 result) {
        result = ONE;
        while (exponent > 0) {
            if (exponent & 1 == 1) result = mul(result, base);
            exponent >>= 1;
            if (exponent > 0) base = mul(base, base);
        }
    }

    /// @notice e^x for x <= 88; 0 below 2^-64.
    function exp(int256 x) internal pure returns (uint256) {
        if (x > 88 << 64) revert ExponentTooLarge(x);
        if (x < -46 << 64) return 0;
        unchecked {
            int256 wide = x << 64;
            int256 whole = wide / LN2;
            if (wide % LN2 < 0) --whole;
            if (whole < -64) return 0;
            uint256 rest = uint256(wide - whole * LN2);
            uint256 term = 1 << 128;
            uint256 sum = term;
            // term <= 2^128 and rest < 2^128 * 0.7: the product fits.
            for (uint256 index = 1; term > 0; ++index) {
                term = ((term * rest) >> 128) / index;
                sum += term;
            }
            return whole > 64 ? sum << uint256(whole - 64) : sum >> uint256(64 - whole);
        }
    }
}
