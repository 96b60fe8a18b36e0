// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Prices} from "../../src/subnets/Prices.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

/// @dev specs/vectors/emission.json is what TypeScript computes; here Solidity must agree with it.
contract PricesTest is Test {
    string private _json = vm.readFile("specs/vectors/emission.json");

    function test_the_price_of_a_seat_is_that_of_the_vectors() public view {
        uint256[] memory halfLife = _column(".burn.halfLife");
        uint256[] memory decay = _column(".burn.decay");
        uint256[] memory bump = _column(".burn.bump");
        uint256[] memory minimum = _column(".burn.minimum");
        uint256[] memory maximum = _column(".burn.maximum");
        uint256[] memory price = _column(".burn.price");
        uint256[] memory elapsed = _column(".burn.seconds");
        uint256[] memory later = _column(".burn.after");
        uint256[] memory bumped = _column(".burn.bumped");
        uint256 compared;
        for (uint256 i = 0; i < halfLife.length; ++i) {
            if (halfLife[i] == 0) continue;
            eq(Prices.decayFactor(halfLife[i]), decay[i], "factor");
            uint256 decayed = Prices.decayed(price[i], elapsed[i], halfLife[i], decay[i]);
            eq(_clamp(decayed, minimum[i], maximum[i]), later[i], "decayed");
            if (bump[i] != 12_600) continue;
            eq(_clamp(Prices.raised(price[i], maximum[i]), minimum[i], maximum[i]), bumped[i], "raised");
            ++compared;
        }
        yes(compared > 20, "rows");
    }

    function test_the_lock_of_a_subnet_is_that_of_the_vectors() public view {
        uint256[] memory interval = _column(".lockPrice.interval");
        uint256[] memory minimum = _column(".lockPrice.minimum");
        uint256[] memory last = _column(".lockPrice.last");
        uint256[] memory elapsed = _column(".lockPrice.seconds");
        uint256[] memory price = _column(".lockPrice.price");
        for (uint256 i = 0; i < interval.length; ++i) {
            eq(Prices.lock(last[i], elapsed[i], interval[i], minimum[i]), price[i], "lock");
        }
        yes(interval.length > 10, "rows");
    }

    function testFuzz_prices_fall_with_time_and_never_overflow(uint128 price, uint40 elapsed, uint32 halfLife) public pure {
        halfLife = uint32(within(halfLife, 60, 7 days));
        uint256 factor = Prices.decayFactor(halfLife);
        uint256 now_ = Prices.decayed(price, elapsed, halfLife, factor);
        atMost(now_, price, "falls");
        // Between a power's rounding and the exact halving lie at most 2^-12 of the price.
        atMost(Prices.decayed(price, uint256(elapsed) + 1, halfLife, factor), now_ + now_ / 4096 + 1, "with time");
        atMost(Prices.raised(price, type(uint128).max), type(uint128).max, "ceiling");
    }

    function _column(string memory key) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(_json, key);
    }

    function _clamp(uint256 price, uint256 least, uint256 most) private pure returns (uint256) {
        return price < least ? least : price > most ? most : price;
    }
}
