// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Logarithm and exponential in parts of 2^128, to the bit as specs/0014-pools.md section 1
/// @dev Only non-negative terms are added and each is rounded down, so neither {lnDown} nor {expDown} ever exceeds the
///      true value. Other directions come from where they are used, not from an error constant.
library FixedPoint {
    uint256 internal constant ONE = 1 << 128;
    /// @dev ln 2, rounded down.
    uint256 internal constant LN2 = 0xb17217f7d1cf79abc9e3b39803f2f6af;

    error LogarithmOutOfRange(uint256 numerator, uint256 denominator);

    /// @notice ln(n / d) in parts of 2^128, at most 2^-120 too small. Needs 2^127 > n >= d > 0.
    function lnDown(uint256 n, uint256 d) internal pure returns (uint256) {
        if (n >= 1 << 127 || n < d || d == 0) revert LogarithmOutOfRange(n, d);
        unchecked {
            uint256 k = 0;
            for (uint256 step = 64; step > 0; step >>= 1) {
                if (d << step <= n) (d, k) = (d << step, k + step);
            }
            // ln(n / d) = 2 artanh(s), s < 1/3.
            uint256 term = ((n - d) << 128) / (n + d);
            uint256 square = (term * term) >> 128;
            uint256 sum = term;
            for (uint256 j = 3; term > 0; j += 2) {
                term = (term * square) >> 128;
                sum += term / j;
            }
            return k * LN2 + 2 * sum;
        }
    }

    /// @notice e^z >= mantissa * 2^k / 2^128, the mantissa in [1, 2) as parts of 2^128; relative
    ///         error below (40 + k) / 2^128.
    function expDown(uint256 z) internal pure returns (uint256 mantissa, uint256 k) {
        unchecked {
            k = z / (LN2 + 1);
            uint256 rest = z - k * (LN2 + 1);
            uint256 term = ONE;
            mantissa = ONE;
            for (uint256 j = 1; term > 0; ++j) {
                term = ((term * rest) >> 128) / j;
                mantissa += term;
            }
        }
    }

    /// @notice e^-z in parts of 2^128, rounded up: 1 to 2^128.
    function expNegUp(uint256 z) internal pure returns (uint256) {
        (uint256 mantissa, uint256 k) = expDown(z);
        unchecked {
            if (k >= 128) return 1;
            uint256 inverse = type(uint256).max / mantissa + 1;
            return k == 0 ? inverse : (inverse >> k) + 1;
        }
    }
}
