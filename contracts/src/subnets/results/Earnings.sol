// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What an account earned lately
/// @dev Two buckets of {WINDOW_EPOCHS} epochs, by the epoch of the root that was claimed against, in one slot: so the sum covers the
///      last 16 to 32 epochs of results, the same ones for every seat of a subnet.
library Earnings {
    uint64 internal constant WINDOW_EPOCHS = 16;

    struct Recent {
        uint64 window;
        uint96 current;
        uint96 previous;
    }

    function add(Recent storage recent, uint64 epoch, uint256 amount) internal {
        uint64 window = epoch / WINDOW_EPOCHS;
        Recent memory next = recent;
        if (window > next.window) {
            next.previous = window == next.window + 1 ? next.current : 0;
            next.current = 0;
            next.window = window;
        }
        // At most the token's cap of 2.1e25.
        if (window == next.window) next.current += uint96(amount);
        else if (window + 1 == next.window) next.previous += uint96(amount);
        (recent.window, recent.current, recent.previous) = (next.window, next.current, next.previous);
    }

    /// @notice Sum of the window of `epoch` and the one before it.
    function sumAt(Recent storage recent, uint64 epoch) internal view returns (uint256) {
        uint64 window = epoch / WINDOW_EPOCHS;
        if (window <= recent.window) return uint256(recent.current) + recent.previous;
        return window == recent.window + 1 ? recent.current : 0;
    }
}
