// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";

/// @title Who held a seat at the end of a past second, and since when
/// @dev One storage slot per change. A seat that changed hands twice in a second belonged, for history, to the last.
library SeatHistory {
    using Checkpoints for Checkpoints.Trace160;

    error SecondNotPast(uint256 timestamp, uint256 nowAt);

    /// @notice Records that `hotkey` (zero for nobody) holds the seat from this second on.
    function record(Checkpoints.Trace160 storage seat, address hotkey) internal {
        seat.push(uint96(block.timestamp), uint160(hotkey));
    }

    /// @notice The holder at the end of second `timestamp`, which must be past, and the second it came; zeros for a free seat.
    function at(Checkpoints.Trace160 storage seat, uint256 timestamp)
        internal
        view
        returns (address hotkey, uint48 since)
    {
        if (timestamp >= block.timestamp) revert SecondNotPast(timestamp, block.timestamp);
        // Nearly always the newest change or the one before it.
        for (uint256 next = seat.length(); next > 0; --next) {
            Checkpoints.Checkpoint160 memory change = seat.at(uint32(next - 1));
            if (change._key > timestamp) continue;
            return change._value == 0 ? (address(0), 0) : (address(change._value), uint48(change._key));
        }
    }
}
