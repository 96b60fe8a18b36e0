// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Issue as an integer function of the issuance, to the bit as specs/0013-emission.md section 2
/// @dev O(halvings), whatever the time. Thresholds are issuance: what is recycled delays them.
library Halving {
    /// @dev Units that exist at most, and units per second before the first halving; 0 < 2 * base <= cap < 2^128.
    struct Schedule {
        uint256 cap;
        uint256 base;
    }

    error BadSchedule(uint256 cap, uint256 base);

    /// @notice Units per second at `issuance`; 0 at the cap and above.
    function rate(Schedule memory schedule, uint256 issuance) internal pure returns (uint256) {
        _requireSchedule(schedule);
        if (issuance >= schedule.cap) return 0;
        return schedule.base >> Math.log2(schedule.cap / (schedule.cap - issuance));
    }

    /// @notice Units issued in `elapsed` seconds from `issuance` on, each second at the rate of its start.
    function issuedOver(Schedule memory schedule, uint256 issuance, uint256 elapsed) internal pure returns (uint256) {
        _requireSchedule(schedule);
        uint256 cap = schedule.cap;
        uint256 reached = issuance;
        while (elapsed > 0 && reached < cap) {
            uint256 halvings = Math.log2(cap / (cap - reached));
            uint256 perSecond = schedule.base >> halvings;
            if (perSecond == 0) break;
            // The first issuance at which one more halving has passed.
            uint256 threshold = cap - (cap >> (halvings + 1));
            uint256 steps = Math.min(Math.ceilDiv(threshold - reached, perSecond), elapsed);
            reached += perSecond * steps;
            elapsed -= steps;
        }
        return reached - issuance;
    }

    function _requireSchedule(Schedule memory schedule) private pure {
        bool ok = schedule.base > 0 && schedule.cap >> 128 == 0 && schedule.base <= schedule.cap / 2;
        if (!ok) revert BadSchedule(schedule.cap, schedule.base);
    }
}
