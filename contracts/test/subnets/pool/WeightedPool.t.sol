// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {Pool, WeightedPool} from "../../../src/subnets/pool/WeightedPool.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev Reserves from 1 unit to the whole supply, weights to both limits; trades without fee, so that what holds here
///      holds by rounding alone.
contract WeightedPoolTest is Test {
    using WeightedPool for Pool;

    uint256 private constant WAD = 1e18;
    uint256 private constant SUPPLY = 21_000_000e18;
    string private _json;

    function setUp() public {
        _json = vm.readFile("specs/vectors/pools.json");
    }

    function test_vectors_of_buys() public view {
        uint256[] memory input = _column("buys", "input");
        for (uint256 i = 0; i < input.length; ++i) {
            Pool memory pool = _pool("buys", i);
            uint256 fee = _column("buys", "fee")[i];
            eq(pool.price(), _column("buys", "price")[i], "price");
            uint256 out = pool.alphaOut(input[i] - fee);
            eq(out, _column("buys", "output")[i], "output");
            (pool.koin, pool.alpha) = (uint96(pool.koin + input[i] - fee), uint96(pool.alpha - out));
            eq(pool.price(), _column("buys", "priceAfter")[i], "price after");
        }
    }

    function test_vectors_of_sales() public view {
        uint256[] memory input = _column("sells", "input");
        for (uint256 i = 0; i < input.length; ++i) {
            Pool memory pool = _pool("sells", i);
            uint256 fee = _column("sells", "fee")[i];
            uint256 out = pool.koinOut(input[i] - fee);
            eq(out, _column("sells", "output")[i], "output");
            (pool.alpha, pool.koin) = (uint96(pool.alpha + input[i] - fee), uint96(pool.koin - out));
            eq(pool.price(), _column("sells", "priceAfter")[i], "price after");
        }
    }

    function test_vectors_of_limits_injections_and_averages() public view {
        uint256[] memory limit = _column("limits", "limit");
        for (uint256 i = 0; i < limit.length; ++i) {
            Pool memory pool = _pool("limits", i);
            eq(pool.koinToPrice(limit[i]) * 10_000 / 9995, _column("limits", "buyInput")[i], "buy");
            eq(pool.alphaToPrice(limit[i]) * 10_000 / 9995, _column("limits", "sellInput")[i], "sell");
        }
        uint256[] memory alphaIn = _column("injections", "alphaIn");
        for (uint256 i = 0; i < alphaIn.length; ++i) {
            (Pool memory pool, bool fits) =
                _pool("injections", i).injected(alphaIn[i], _column("injections", "koinIn")[i]);
            eq(fits ? pool.weightKoin : 0, _column("injections", "weightKoinAfter")[i], "weight");
        }
        uint256[] memory average = _column("averages", "average");
        for (uint256 i = 0; i < average.length; ++i) {
            uint256 moved = WeightedPool.movedAverage(
                average[i],
                _column("averages", "spot")[i],
                _column("averages", "from")[i],
                _column("averages", "to")[i]
            );
            eq(moved, _column("averages", "result")[i], "average");
        }
    }

    /// @dev powWad is exact to a relative 1e-15 here.
    function testFuzz_output_agrees_with_solady(Pool memory pool, uint256 input) public pure {
        _shape(pool);
        input = _inputInto(pool.koin, input);
        uint256 base = pool.koin * WAD / (pool.koin + input);
        uint256 power = pool.weightKoin * WAD / (WAD - pool.weightKoin);
        uint256 theirs = WAD - uint256(FixedPointMathLib.powWad(int256(base), int256(power)));
        uint256 ours = pool.alphaOut(input) * WAD / pool.alpha;
        // 1 unit of base (an ulp of the oracle's input) is up to 99 of the power; the output is whole units.
        uint256 tolerance = 1200 * 99 + WAD / pool.alpha + 1;
        atMost(ours > theirs ? ours - theirs : theirs - ours, tolerance, "share of the reserve");
    }

    function testFuzz_no_free_round_trip(Pool memory pool, uint256 input, bool buying) public pure {
        _shape(pool);
        if (buying) {
            input = _inputInto(pool.koin, input);
            uint256 got = _buy(pool, input);
            atMost(_sell(pool, Math.min(got, _limit(pool.alpha))), input, "buy, then sell");
        } else {
            input = _inputInto(pool.alpha, input);
            uint256 got = _sell(pool, input);
            atMost(_buy(pool, Math.min(got, _limit(pool.koin))), input, "sell, then buy");
        }
    }

    function testFuzz_parts_bring_no_more_than_the_whole(Pool memory pool, uint256 input, uint256 parts) public pure {
        _shape(pool);
        input = _inputInto(pool.koin, input);
        parts = within(parts, 2, 12);
        uint256 whole = pool.alphaOut(input);
        uint256 got;
        for (uint256 i = 0; i < parts; ++i) {
            got += _buy(pool, i == 0 ? input - (parts - 1) * (input / parts) : input / parts);
        }
        atMost(got, whole + 1, "parts");
    }

    function testFuzz_the_price_moves_one_way_and_reserves_last(Pool memory pool, uint256 input) public pure {
        _shape(pool);
        uint256 price = pool.price();
        Pool memory sold = Pool(pool.alpha, pool.koin, pool.weightKoin);
        _buy(pool, _inputInto(pool.koin, input));
        atMost(price, pool.price(), "up");
        _sell(sold, _inputInto(sold.alpha, input));
        atMost(sold.price(), price, "down");
        yes(pool.alpha > 0 && sold.koin > 0, "reserves");
    }

    function testFuzz_more_in_is_never_less_out(Pool memory pool, uint256 a, uint256 b) public pure {
        _shape(pool);
        (a, b) = (_inputInto(pool.alpha, a), _inputInto(pool.alpha, b));
        // One unit more of input may be lost in the rounding of another term, never more.
        if (a < b) atMost(pool.koinOut(a), pool.koinOut(b) + 1, "monotone");
    }

    function testFuzz_a_trade_to_a_limit_keeps_to_it(Pool memory pool, uint256 limit) public pure {
        _shape(pool);
        limit = within(limit, 1, type(uint128).max);
        Pool memory sold = Pool(pool.alpha, pool.koin, pool.weightKoin);
        uint256 up = pool.koinToPrice(limit);
        uint256 down = pool.alphaToPrice(limit);
        yes(up == 0 || down == 0, "one side");
        if (up > 0) {
            _buy(pool, up);
            atMost(pool.price(), limit, "buy");
        }
        if (down > 0) {
            _sell(sold, down);
            atMost(limit, sold.price() + 1, "sell");
        }
    }

    /// @dev |p' / p - 1| <= 0.5e-18 / (w1' * w2'), in whole numbers.
    function testFuzz_an_injection_keeps_the_price(Pool memory pool, uint256 alpha, uint256 koin) public pure {
        _shape(pool);
        alpha = within(alpha, 0, SUPPLY);
        koin = within(koin, 0, SUPPLY);
        (Pool memory after_, bool fits) = pool.injected(alpha, koin);
        if (!fits) {
            yes(after_.alpha == pool.alpha && after_.koin == pool.koin, "as it was");
            eq(after_.weightKoin, pool.weightKoin, "weight as it was");
            return;
        }
        yes(after_.alpha == pool.alpha + alpha && after_.koin == pool.koin + koin, "all joined");
        yes(after_.weightKoin >= 0.01e18 && after_.weightKoin <= 0.99e18, "limits");
        // Odds of the weights times what the reserves grew by, against the odds before, in parts of 2^100.
        uint256 before = Math.mulDiv(WAD - pool.weightKoin, 1 << 160, pool.weightKoin);
        uint256 grown = Math.mulDiv(uint256(after_.koin) << 60, uint256(pool.alpha) << 100, uint256(pool.koin) * after_.alpha);
        uint256 then = Math.mulDiv(Math.mulDiv(WAD - after_.weightKoin, 1 << 160, after_.weightKoin), grown, 1 << 160);
        uint256 bound = Math.mulDiv(before, WAD, 2 * uint256(after_.weightKoin) * (WAD - after_.weightKoin));
        // The oracle's own rounding: relative 2^-96 when the reserves grew by up to 2^64.
        if (grown > 1 << 96) atMost(then > before ? then - before : before - then, bound + (before >> 90), "price");
    }

    function testFuzz_an_average_lies_between_and_does_not_care_how_often_it_is_touched(
        uint256 average,
        uint256 spot,
        uint256 from,
        uint256 middle,
        uint256 to
    ) public pure {
        (average, spot) = (within(average, 0, WAD), within(spot, 0, WAD));
        from = within(from, 0, 100 * 365 days);
        middle = within(middle, from, from + 10 * 365 days);
        to = within(to, middle, middle + 10 * 365 days);
        uint256 once = WeightedPool.movedAverage(average, spot, from, to);
        uint256 half = WeightedPool.movedAverage(average, spot, from, middle);
        uint256 twice = WeightedPool.movedAverage(half, spot, middle, to);
        atMost(once > twice ? once - twice : twice - once, 2, "touched");
        yes(once >= Math.min(average, spot) && once <= Math.max(average, spot), "between");
    }

    function test_extremes_do_not_overflow() public pure {
        uint96[2] memory reserves = [uint96(1), type(uint96).max];
        uint64[2] memory weights = [uint64(0.01e18), 0.99e18];
        for (uint256 i = 0; i < 8; ++i) {
            Pool memory pool = Pool(reserves[i & 1], reserves[(i >> 1) & 1], weights[i >> 2]);
            pool.price();
            yes(pool.alphaOut(_limit(pool.koin)) < pool.alpha, "all in for alpha");
            yes(pool.koinOut(_limit(pool.alpha)) < pool.koin, "all in for KOIN");
            eq(pool.alphaOut(0), 0, "nothing for nothing");
            pool.koinToPrice(type(uint256).max);
            pool.alphaToPrice(1);
            pool.koinToPrice(1);
            pool.alphaToPrice(type(uint256).max);
            pool.injected(type(uint96).max, type(uint96).max);
        }
    }

    function _buy(Pool memory pool, uint256 input) private pure returns (uint256 out) {
        out = pool.alphaOut(input);
        (pool.koin, pool.alpha) = (uint96(pool.koin + input), uint96(pool.alpha - out));
    }

    function _sell(Pool memory pool, uint256 input) private pure returns (uint256 out) {
        out = pool.koinOut(input);
        (pool.alpha, pool.koin) = (uint96(pool.alpha + input), uint96(pool.koin - out));
    }

    /// @dev Sizes spread over all magnitudes: the top byte of the seed shifts the rest down.
    function _shape(Pool memory pool) private pure {
        pool.alpha = uint96(within(uint256(pool.alpha) >> (pool.alpha % 90), 1, SUPPLY));
        pool.koin = uint96(within(uint256(pool.koin) >> (pool.koin % 90), 1, SUPPLY));
        pool.weightKoin = uint64(within(pool.weightKoin, 0.01e18, 0.99e18));
    }

    function _limit(uint256 reserve) private pure returns (uint256) {
        return Math.min(1000 * reserve, type(uint96).max - reserve);
    }

    function _inputInto(uint256 reserve, uint256 seed) private pure returns (uint256) {
        return within(seed >> (seed % 160), 1, _limit(reserve));
    }

    function _pool(string memory group, uint256 i) private view returns (Pool memory) {
        return Pool(
            uint96(_column(group, "alpha")[i]),
            uint96(_column(group, "koin")[i]),
            uint64(_column(group, "weightKoin")[i])
        );
    }

    function _column(string memory group, string memory name) private view returns (uint256[] memory values) {
        values = vm.parseJsonUintArray(_json, string.concat(".", group, ".", name));
        yes(values.length > 20, "vectors");
    }
}
