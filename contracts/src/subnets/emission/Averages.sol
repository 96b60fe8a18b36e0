// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Q64} from "./Q64.sol";

/// @title Moving averages over elapsed time, to the bit as specs/0013-emission.md section 3
library Averages {
    error OutOfRange();

    /// @notice What a time leaves of an average, in parts of 2^64: `keepPerSecond`^`elapsed`. One for all subnets of a step.
    function keepOver(uint256 keepPerSecond, uint256 elapsed) internal pure returns (uint256) {
        if (keepPerSecond > Q64.ONE || elapsed > type(uint64).max) revert OutOfRange();
        return Q64.power(keepPerSecond, elapsed);
    }

    /// @notice The average flow per second after `elapsed` seconds in which `flow` units came in evenly.
    /// @param keep What that time leaves of the average ({keepOver}).
    function flowAfter(int256 ema, int256 flow, uint256 elapsed, uint256 keep) internal pure returns (int256) {
        if (elapsed == 0) return ema;
        int256 kept = int256(keep);
        return (ema * kept * int256(elapsed) + flow * (int256(Q64.ONE) - kept)) / int256(elapsed * Q64.ONE);
    }

    /// @notice What people keep in a pool: KOIN that it held both after the last injection (`heldBefore`) and now, less what the protocol
    ///         lately put in, by its flow average; its slow average; and the lesser of the two, which is what counts.
    /// @param before The average until now.
    /// @param memorySeconds What a flow average is multiplied by to be what came in lately.
    /// @param keep What the time since leaves of the average ({keepOver}).
    function keptCapital(
        uint256 before,
        uint256 heldBefore,
        uint256 held,
        uint256 protocolFlow,
        uint256 memorySeconds,
        uint256 keep
    ) internal pure returns (uint256 average, uint256 capital) {
        uint256 current = Math.saturatingSub(Math.min(heldBefore, held), protocolFlow * memorySeconds);
        average = Q64.mul(before, keep) + Q64.mul(current, Q64.ONE - keep);
        capital = Math.min(average, current);
    }
}
