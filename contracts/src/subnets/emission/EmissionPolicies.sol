// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SignedMath} from "@openzeppelin/contracts/utils/math/SignedMath.sol";
import {Q64} from "./Q64.sol";

/// @title Shares of the issue per subnet, to the bit as specs/0013-emission.md section 4
/// @dev Every function returns one share per subnet in the order given; but for {userCapital} they sum to {Q64.ONE} exactly, or are all 0.
library EmissionPolicies {
    /// @dev Prices in Q64 KOIN per token; flows in KOIN base units per second; `minerBurned` 0 to {Q64.ONE}; `capital` what people keep in
    ///      the pool, KOIN base units.
    struct Signals {
        bool eligible;
        uint128 priceEma;
        int128 userFlow;
        int128 protocolCost;
        uint256 minerBurned;
        uint128 capital;
    }

    error BurnedOutOfRange(uint256 index, uint256 minerBurned);
    error BadParameter();

    /// @notice Average price, less the part of miners' pay that was burned; bare prices when that leaves nothing.
    function priceEma(Signals[] memory subnets) internal pure returns (uint256[] memory) {
        uint256[] memory weights = new uint256[](subnets.length);
        uint256 any = 0;
        for (uint256 i = 0; i < subnets.length; ++i) {
            uint256 burned = subnets[i].minerBurned;
            if (burned > Q64.ONE) revert BurnedOutOfRange(i, burned);
            if (subnets[i].eligible) any |= (weights[i] = Q64.mul(subnets[i].priceEma, Q64.ONE - burned));
        }
        for (uint256 i = 0; any == 0 && i < subnets.length; ++i) {
            if (subnets[i].eligible) weights[i] = subnets[i].priceEma;
        }
        return exactShares(weights);
    }

    /// @notice (S - L)^(powerHalves / 2), S the user flow less protocol cost, positive costs scaled down to what users brought,
    ///         L = max(cutoff, min(least S, 0)).
    function netFlow(Signals[] memory subnets, int256 cutoff, uint256 powerHalves)
        internal
        pure
        returns (uint256[] memory)
    {
        uint256 users = 0;
        uint256 costs = 0;
        for (uint256 i = 0; i < subnets.length; ++i) {
            if (!subnets[i].eligible) continue;
            users += uint256(SignedMath.max(subnets[i].userFlow, 0));
            costs += uint256(SignedMath.max(subnets[i].protocolCost, 0));
        }
        int256[] memory flows = new int256[](subnets.length);
        for (uint256 i = 0; i < subnets.length; ++i) {
            if (!subnets[i].eligible) continue;
            int256 cost = subnets[i].protocolCost;
            if (cost > 0 && users < costs) cost = int256(Math.mulDiv(uint256(cost), users, costs));
            flows[i] = int256(subnets[i].userFlow) - cost;
        }
        return _flowShares(subnets, flows, cutoff, powerHalves);
    }

    /// @notice s / (1 + (bar / s)^steepness) of the {priceEma} shares s, the bar where the top demand ends.
    function hillGate(Signals[] memory subnets, uint256 steepness, uint256 demandPercent)
        internal
        pure
        returns (uint256[] memory)
    {
        if (steepness == 0 || steepness > 4 || demandPercent == 0 || demandPercent > 99) revert BadParameter();
        uint256[] memory shares = priceEma(subnets);
        uint256 bar = _bar(shares, (demandPercent * Q64.ONE) / 100);
        for (uint256 i = 0; i < shares.length; ++i) {
            uint256 share = shares[i];
            if (share == 0 || share << 24 < bar) {
                shares[i] = 0;
                continue;
            }
            uint256 ratio = (bar * Q64.ONE) / share;
            uint256 power = ratio;
            for (uint256 step = 1; step < steepness; ++step) {
                power = Q64.mul(power, ratio);
            }
            shares[i] = (share * Q64.ONE) / (Q64.ONE + power);
        }
        return exactShares(shares);
    }

    /// @notice capital / max(sum of capital, fullCapital), rounded down; what is left is nobody's.
    function userCapital(Signals[] memory subnets, uint256 fullCapital)
        internal
        pure
        returns (uint256[] memory shares)
    {
        shares = new uint256[](subnets.length);
        uint256 whole;
        for (uint256 i = 0; i < subnets.length; ++i) {
            if (subnets[i].eligible) whole += subnets[i].capital;
        }
        whole = Math.max(whole, fullCapital);
        if (whole == 0) return shares;
        for (uint256 i = 0; i < subnets.length; ++i) {
            if (subnets[i].eligible) shares[i] = uint256(subnets[i].capital) * Q64.ONE / whole;
        }
    }

    /// @notice Every eligible subnet the same.
    function equal(Signals[] memory subnets) internal pure returns (uint256[] memory) {
        uint256[] memory weights = new uint256[](subnets.length);
        for (uint256 i = 0; i < subnets.length; ++i) {
            if (subnets[i].eligible) weights[i] = 1;
        }
        return exactShares(weights);
    }

    /// @notice Weights as parts of {Q64.ONE}, rounded down, what is left to the first of the largest; all 0 for no weight.
    function exactShares(uint256[] memory weights) internal pure returns (uint256[] memory shares) {
        shares = new uint256[](weights.length);
        uint256 total = 0;
        uint256 largest = 0;
        for (uint256 i = 0; i < weights.length; ++i) {
            total += weights[i];
            if (weights[i] > weights[largest]) largest = i;
        }
        if (total == 0) return shares;
        uint256 left = Q64.ONE;
        for (uint256 i = 0; i < weights.length; ++i) {
            left -= shares[i] = Math.mulDiv(weights[i], Q64.ONE, total);
        }
        shares[largest] += left;
    }

    function _flowShares(Signals[] memory subnets, int256[] memory flows, int256 cutoff, uint256 powerHalves)
        private
        pure
        returns (uint256[] memory)
    {
        if (powerHalves == 0 || powerHalves > 16) revert BadParameter();
        int256 floor = 0;
        for (uint256 i = 0; i < flows.length; ++i) {
            if (subnets[i].eligible) floor = SignedMath.min(floor, flows[i]);
        }
        floor = SignedMath.max(floor, cutoff);
        uint256[] memory weights = new uint256[](flows.length);
        uint256 largest = 0;
        for (uint256 i = 0; i < flows.length; ++i) {
            if (!subnets[i].eligible || flows[i] <= floor) continue;
            weights[i] = uint256(flows[i] - floor);
            largest = Math.max(largest, weights[i]);
        }
        for (uint256 i = 0; powerHalves != 2 && i < weights.length; ++i) {
            if (weights[i] > 0) weights[i] = _power(Math.mulDiv(weights[i], Q64.ONE, largest), powerHalves);
        }
        return exactShares(weights);
    }

    /// @dev x^(halves / 2) for x <= {Q64.ONE}: products rounded down, for an odd number of halves one square root last.
    function _power(uint256 x, uint256 halves) private pure returns (uint256 result) {
        bool odd = halves % 2 == 1;
        result = x;
        for (uint256 step = 1; step < (odd ? halves : halves / 2); ++step) {
            result = Q64.mul(result, x);
        }
        if (odd) result = Math.sqrt(result * Q64.ONE);
    }

    /// @dev The share with which the sum, largest first, reaches `demand`; 0 when there are none. That is the largest v
    ///      such that the shares of at least v sum to `demand`: found bit by bit, so no order of subnets makes it dear.
    function _bar(uint256[] memory shares, uint256 demand) private pure returns (uint256 bar) {
        unchecked {
            for (uint256 bit = 1 << 64; bit > 0; bit >>= 1) {
                uint256 candidate = bar | bit;
                uint256 reached = 0;
                for (uint256 i = 0; i < shares.length; ++i) {
                    if (shares[i] >= candidate) reached += shares[i];
                }
                if (reached >= demand) bar = candidate;
            }
        }
    }
}
