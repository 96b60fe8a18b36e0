// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Prices that rise with each sale and fall with time
/// @dev Integers only, as specs/0013 sections 6 and 7 say; specs/vectors/emission.json holds TypeScript and Solidity to it.
///      Factors are fractions of 2^32 ("Q32").
library Prices {
    uint256 private constant ONE = 1 << 32;
    uint256 private constant HALF = 1 << 31;

    /// @notice The largest Q32 factor whose `halfLife`-th power is at most one half; below 2^32.
    /// @dev About 100,000 gas, so it is kept beside the half-life. For `halfLife` 360: 4,286,705,684.
    function decayFactor(uint256 halfLife) internal pure returns (uint32) {
        uint256 low = 0;
        uint256 high = ONE;
        while (low + 1 < high) {
            uint256 middle = (low + high) / 2;
            if (power(middle, halfLife) > HALF) high = middle;
            else low = middle;
        }
        return uint32(low);
    }

    /// @notice `price` after `elapsed` seconds: halved once per whole half-life, times the factor's power for the rest.
    function decayed(uint256 price, uint256 elapsed, uint256 halfLife, uint256 factor) internal pure returns (uint256) {
        uint256 halvings = elapsed / halfLife;
        if (halvings >= 128) return 0;
        return ((price >> halvings) * power(factor, elapsed % halfLife)) >> 32;
    }

    /// @notice `price` after a registration: 126 %, at most `ceiling`.
    function raised(uint256 price, uint256 ceiling) internal pure returns (uint256) {
        uint256 next = (price * 126) / 100;
        return next < ceiling ? next : ceiling;
    }

    /// @notice Price of a subnet `elapsed` seconds after one was created for `last`: twice that, falling by `last` per
    ///         `interval`, at least `floor`.
    function lock(uint256 last, uint256 elapsed, uint256 interval, uint256 floor) internal pure returns (uint256) {
        uint256 fall = (last * elapsed) / interval;
        uint256 price = fall < 2 * last ? 2 * last - fall : 0;
        return price > floor ? price : floor;
    }

    /// @dev Squaring; every product is cut to Q32.
    function power(uint256 base, uint256 exponent) internal pure returns (uint256 result) {
        result = ONE;
        while (exponent > 0) {
            if (exponent & 1 == 1) result = (result * base) >> 32;
            exponent >>= 1;
            if (exponent > 0) base = (base * base) >> 32;
        }
    }
}
