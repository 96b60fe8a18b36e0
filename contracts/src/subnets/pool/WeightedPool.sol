// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPoint} from "./FixedPoint.sol";

/// @dev Reserves and the weight of KOIN in parts of 1e18 (alpha has the rest): one slot.
struct Pool {
    uint96 alpha;
    uint96 koin;
    uint64 weightKoin;
}

/// @title Two-token pool with moving weights, without fee or storage (specs/0014-pools.md sections 2 and 3)
/// @dev price = (weightAlpha / weightKoin) * (koin / alpha). Every result is rounded in the pool's favour:
///      exact - 2 < out <= exact.
library WeightedPool {
    uint256 internal constant WAD = 1e18;
    uint256 internal constant MIN_WEIGHT = 0.01e18;
    uint256 internal constant MAX_AMOUNT = type(uint96).max;
    uint256 internal constant MAX_INPUT_RATIO = 1000;
    /// @dev One over the largest rate per second of the price average.
    uint256 internal constant EMA_SECONDS_PER_UNIT = 4_000_000;
    /// @dev Age in seconds at which the rate is half of the largest: 28 days.
    uint256 internal constant EMA_HALF_AGE = 2_419_200;
    /// @dev Price ratios are parts of 2^96 below 2^127.
    uint256 private constant MAX_RATIO = (1 << 127) - 1;

    error InputTooLarge(uint256 input, uint256 limit);

    /// @notice KOIN for one alpha, in parts of 1e18, rounded down.
    function price(Pool memory pool) internal pure returns (uint256) {
        unchecked {
            return (WAD - pool.weightKoin) * pool.koin * WAD / (uint256(pool.weightKoin) * pool.alpha);
        }
    }

    /// @notice Alpha for `koin` that comes in, fee already taken off.
    function alphaOut(Pool memory pool, uint256 koin) internal pure returns (uint256) {
        return _out(pool.koin, pool.weightKoin, pool.alpha, WAD - pool.weightKoin, koin);
    }

    /// @notice KOIN for `alpha` that comes in, fee already taken off.
    function koinOut(Pool memory pool, uint256 alpha) internal pure returns (uint256) {
        return _out(pool.alpha, WAD - pool.weightKoin, pool.koin, pool.weightKoin, alpha);
    }

    /// @notice Most KOIN that may come in before the price passes `limit`; 0 when it already has.
    function koinToPrice(Pool memory pool, uint256 limit) internal pure returns (uint256) {
        uint256 weightAlpha = WAD - pool.weightKoin;
        uint256 ratio = _ratio(Math.saturatingMul(limit, pool.weightKoin), pool.alpha, weightAlpha * WAD * pool.koin);
        return _growth(pool.koin, ratio, weightAlpha);
    }

    /// @notice Most alpha that may come in before the price falls below `limit` > 0; 0 when it already has.
    function alphaToPrice(Pool memory pool, uint256 limit) internal pure returns (uint256) {
        uint256 below = Math.saturatingMul(limit, uint256(pool.weightKoin) * pool.alpha);
        return _growth(pool.alpha, _ratio((WAD - pool.weightKoin) * WAD, pool.koin, below), pool.weightKoin);
    }

    /// @notice The pool after (`alpha`, `koin`) joined it at an unmoved price; `fits` is false, and the pool as it was,
    ///         when a weight or a reserve would leave its range.
    function injected(Pool memory pool, uint256 alpha, uint256 koin)
        internal
        pure
        returns (Pool memory after_, bool fits)
    {
        if (pool.alpha + alpha > MAX_AMOUNT || pool.koin + koin > MAX_AMOUNT) return (pool, false);
        unchecked {
            uint256 a = (WAD - pool.weightKoin) * pool.koin * (pool.alpha + alpha);
            uint256 b = uint256(pool.weightKoin) * pool.alpha * (pool.koin + koin);
            uint256 weight = (Math.mulDiv(2 * WAD, b, a + b) + 1) / 2;
            if (weight < MIN_WEIGHT || weight > WAD - MIN_WEIGHT) return (pool, false);
            return (Pool(uint96(pool.alpha + alpha), uint96(pool.koin + koin), uint64(weight)), true);
        }
    }

    /// @notice Price average at age `to`, from its value at age `from` (seconds since opening) while the price was `spot`.
    function movedAverage(uint256 average, uint256 spot, uint256 from, uint256 to) internal pure returns (uint256) {
        if (to <= from) return average;
        if (spot > WAD) spot = WAD;
        unchecked {
            uint256 aged = EMA_HALF_AGE * FixedPoint.lnDown(to + EMA_HALF_AGE, from + EMA_HALF_AGE);
            uint256 rest = FixedPoint.expNegUp((((to - from) << 128) - aged) / EMA_SECONDS_PER_UNIT);
            if (average >= spot) return spot + (((average - spot) * rest) >> 128);
            return spot - (((spot - average) * rest) >> 128);
        }
    }

    function _out(uint256 reserveIn, uint256 weightIn, uint256 reserveOut, uint256 weightOut, uint256 input)
        private
        pure
        returns (uint256)
    {
        uint256 limit = Math.min(MAX_INPUT_RATIO * reserveIn, MAX_AMOUNT - reserveIn);
        if (input > limit) revert InputTooLarge(input, limit);
        unchecked {
            uint256 exponent = FixedPoint.lnDown(reserveIn + input, reserveIn) * weightIn / weightOut;
            return (reserveOut * (FixedPoint.ONE - FixedPoint.expNegUp(exponent))) >> 128;
        }
    }

    /// @dev a * b / c in parts of 2^96, at most {MAX_RATIO}.
    function _ratio(uint256 a, uint256 b, uint256 c) private pure returns (uint256) {
        (uint256 high, uint256 low) = Math.mul512(a, b << 96);
        if (high == 0) return Math.min(low / c, MAX_RATIO);
        if (high >= c) return MAX_RATIO;
        return Math.min(Math.mulDiv(a, b << 96, c), MAX_RATIO);
    }

    /// @dev reserve * (ratio^weight - 1), at most what may come in at once.
    function _growth(uint256 reserve, uint256 ratio, uint256 weight) private pure returns (uint256) {
        uint256 limit = Math.min(MAX_INPUT_RATIO * reserve, MAX_AMOUNT - reserve);
        if (ratio <= 1 << 96) return 0;
        unchecked {
            (uint256 mantissa, uint256 k) = FixedPoint.expDown(FixedPoint.lnDown(ratio, 1 << 96) * weight / WAD);
            uint256 growth = (mantissa << k) - FixedPoint.ONE;
            return Math.min(Math.mulDiv(reserve, growth, FixedPoint.ONE), limit);
        }
    }
}
