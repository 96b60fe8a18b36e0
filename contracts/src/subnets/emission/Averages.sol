// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Q64} from "./Q64.sol";

/// @title Moving averages over elapsed time, to the bit as specs/0013-emission.md section 3
library Averages {
    error OutOfRange();

    /// @notice The average price after `elapsed` seconds at one spot price. `age` is the subnet's at their end.
    /// @param base Largest weight of one second, at most {Q64.ONE}.
    /// @param halving Age in seconds at which half of it counts.
    /// @param cap Spot prices count up to here.
    function priceAfter(
        uint256 base,
        uint256 halving,
        uint256 cap,
        uint256 ema,
        uint256 spot,
        uint256 age,
        uint256 elapsed
    ) internal pure returns (uint256) {
        if (base > Q64.ONE || halving == 0 || age < elapsed) revert OutOfRange();
        uint256 keep = Q64.power(Q64.ONE - (base * age) / (age + halving), elapsed);
        return Q64.mul(ema, keep) + Q64.mul(Math.min(spot, cap), Q64.ONE - keep);
    }

    /// @notice The average flow per second after `elapsed` seconds in which `flow` units came in evenly.
    /// @param keepPerSecond What a second leaves of the average, at most {Q64.ONE}.
    function flowAfter(int256 ema, int256 flow, uint256 elapsed, uint256 keepPerSecond) internal pure returns (int256) {
        if (keepPerSecond > Q64.ONE || elapsed > type(uint64).max) revert OutOfRange();
        if (elapsed == 0) return ema;
        int256 keep = int256(Q64.power(keepPerSecond, elapsed));
        return (ema * keep * int256(elapsed) + flow * (int256(Q64.ONE) - keep)) / int256(elapsed * Q64.ONE);
    }
}
