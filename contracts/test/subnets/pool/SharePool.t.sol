// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SharePool, Shares} from "../../../src/subnets/pool/SharePool.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

contract SharePoolTest is Test {
    using SharePool for Shares;

    uint256 private constant SUPPLY = 21_000_000e18;
    Shares private _pool;
    uint256[3] private _held;

    /// @dev Deposits, redemptions, dividends and slashes of any size in any order: the holders' parts are never more
    ///      than the assets, and all can always leave.
    function testFuzz_parts_never_exceed_the_assets(uint256[12] memory moves) public {
        for (uint256 i = 0; i < moves.length; ++i) {
            uint256 who = moves[i] % 3;
            uint256 size = (moves[i] >> 8) >> ((moves[i] >> 2) % 240);
            uint256 kind = (moves[i] >> 16) % 4;
            if (kind == 0) _deposit(who, within(size, 1, SUPPLY - _pool.assets));
            else if (kind == 1) _redeem(who, within(size, 0, _held[who]));
            else if (kind == 2) _pool.raise(within(size, 0, SUPPLY - _pool.assets));
            else _pool.slash(within(size, 0, 5_000), 10_000);
            atMost(_pool.worth(_held[0]) + _pool.worth(_held[1]) + _pool.worth(_held[2]), _pool.assets, "parts");
        }
        for (uint256 who = 0; who < 3; ++who) {
            _redeem(who, _held[who]);
        }
        eq(_pool.shares, 0, "all left");
    }

    /// @dev The first depositor gives itself any dividends and leaves: it gains nothing from whoever comes between,
    ///      who loses at most the worth of one share.
    function testFuzz_nobody_profits_from_the_rounding_of_another(uint256 first, uint256 gift, uint256 victim) public {
        first = within(first >> (first % 250), 1, SUPPLY / 4);
        gift = within(gift, 0, SUPPLY / 4);
        victim = within(victim >> (victim % 250), 1, SUPPLY / 4);
        _held[0] = _pool.deposit(first);
        _pool.raise(gift);
        uint256 before = _pool.worth(_held[0]);
        if (_pool.sharesFor(victim) == 0) return;
        _held[1] = _pool.deposit(victim);
        uint256 oneShare = (uint256(_pool.assets) + 1) / (uint256(_pool.shares) + 1e6) + 1;
        atMost(victim, _pool.worth(_held[1]) + oneShare + 1, "the victim keeps all but a share");
        atMost(_pool.redeem(_held[0]), before + oneShare + 1, "the first gains no more than that");
        atMost(before, first + gift, "and had at most what it put in");
    }

    function test_deposits_that_cannot_be_counted_are_refused() public {
        vm.expectRevert(abi.encodeWithSelector(SharePool.DepositTooSmall.selector, 0));
        this.deposit(0);
        vm.expectRevert(abi.encodeWithSelector(SharePool.AmountTooLarge.selector, uint256(1) << 96));
        this.deposit(1 << 96);
        this.deposit(1);
        _pool.raise(1e12);
        vm.expectRevert(abi.encodeWithSelector(SharePool.DepositTooSmall.selector, 1e5));
        this.deposit(1e5);
        eq(_pool.depositOrRaise(1e5), 0, "raised the others instead");
        eq(_pool.assets, 1 + 1e12 + 1e5, "all there");
    }

    function deposit(uint256 amount) external {
        _pool.deposit(amount);
    }

    function _deposit(uint256 who, uint256 amount) private {
        if (_pool.sharesFor(amount) == 0) return;
        _held[who] += _pool.deposit(amount);
        atMost(_pool.worth(_held[who]), _pool.assets, "at once");
    }

    function _redeem(uint256 who, uint256 shares) private {
        _held[who] -= shares;
        _pool.redeem(shares);
    }
}
