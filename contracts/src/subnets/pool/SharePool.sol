// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Assets that belong to the holders of shares: one slot.
struct Shares {
    uint96 assets;
    uint160 shares;
}

/// @title Share accounting with virtual shares (specs/0014-pools.md section 4)
/// @dev The sum of what all shares are worth never exceeds the assets: there are {VIRTUAL_SHARES} more shares and one
///      more unit of assets than real ones, every division rounds down, and a share starts as 1e-6 of a unit. So the
///      first depositor cannot lift the price of a share far enough for rounding to take from the next.
library SharePool {
    uint256 internal constant VIRTUAL_SHARES = 1e6;
    /// @dev Keeps every product below 2^256.
    uint256 internal constant MAX_SHARES = type(uint160).max - VIRTUAL_SHARES;

    error DepositTooSmall(uint256 amount);
    error AmountTooLarge(uint256 amount);
    /// @notice Slashed so often or so far that new shares can no longer be counted.
    error PoolRuined();

    /// @notice Adds `amount` and the shares it buys.
    function deposit(Shares storage pool, uint256 amount) internal returns (uint256 shares) {
        uint256 assets = pool.assets + amount;
        if (assets > type(uint96).max) revert AmountTooLarge(amount);
        shares = sharesFor(pool, amount);
        if (shares == 0) revert DepositTooSmall(amount);
        uint256 total = pool.shares + shares;
        if (total > MAX_SHARES) revert PoolRuined();
        (pool.assets, pool.shares) = (uint96(assets), uint160(total));
    }

    /// @notice As {deposit}; when no share can be given, the amount raises the price of those that exist.
    function depositOrRaise(Shares storage pool, uint256 amount) internal returns (uint256 shares) {
        shares = sharesFor(pool, amount);
        if (shares > 0 && pool.shares + shares <= MAX_SHARES) return deposit(pool, amount);
        raise(pool, amount);
        return 0;
    }

    /// @notice Adds `amount` to what all shares are worth.
    function raise(Shares storage pool, uint256 amount) internal {
        uint256 assets = pool.assets + amount;
        if (assets > type(uint96).max) revert AmountTooLarge(amount);
        pool.assets = uint96(assets);
    }

    /// @notice Shares for `amount` < 2^96, rounded down.
    function sharesFor(Shares storage pool, uint256 amount) internal view returns (uint256) {
        return amount * (uint256(pool.shares) + VIRTUAL_SHARES) / (uint256(pool.assets) + 1);
    }

    /// @notice Removes `shares` that exist and what they are worth.
    function redeem(Shares storage pool, uint256 shares) internal returns (uint256 amount) {
        amount = worth(pool, shares);
        unchecked {
            pool.assets -= uint96(amount);
            pool.shares -= uint160(shares);
        }
    }

    /// @notice What `shares` are worth, rounded down.
    function worth(Shares storage pool, uint256 shares) internal view returns (uint256) {
        unchecked {
            return shares * (uint256(pool.assets) + 1) / (uint256(pool.shares) + VIRTUAL_SHARES);
        }
    }

    /// @notice Takes floor(assets * numerator / denominator) away from all shares alike; numerator <= denominator.
    function slash(Shares storage pool, uint256 numerator, uint256 denominator) internal returns (uint256 amount) {
        amount = uint256(pool.assets) * numerator / denominator;
        pool.assets -= uint96(amount);
    }
}
