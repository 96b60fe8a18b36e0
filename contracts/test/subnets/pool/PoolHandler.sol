// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {HotkeyState, Ticket} from "../../../src/subnets/pool/IAlphaStaking.sol";
import {PoolState} from "../../../src/subnets/pool/IPools.sol";
import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

/// @dev Sums over everybody who can hold anything, beside what the contracts keep.
struct Sums {
    uint256 balances;
    uint256 stakedAssets;
    uint256 positions;
    uint256 leavingAssets;
    uint256 tickets;
    uint256 weights;
    uint256 permitted;
    uint256 given;
    uint256 received;
    uint256 claimable;
}

/// @dev Random moves of traders, stakers, hotkeys, the coinbase and the slasher over two subnets and the root.
contract PoolHandler is PoolNetwork {
    uint256 public constant PEOPLE = 3;
    uint256 public constant HOTKEYS = 4;

    uint256 public rootPaid;
    uint256 public rootClaimed;
    bool public gained;
    bool public priceMoved;
    mapping(bytes32 name => uint256) public done;

    constructor() {
        deployPools();
        openSubnet();
        openSubnet();
        fund(coinbase, 1_000_000e18);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            fund(_person(i), 100_000e18);
            for (uint32 netuid = 1; netuid <= 2; ++netuid) {
                stakeOn(netuid, _hotkey(i), _person(i), 200e18);
                stakeOn(netuid, _hotkey(HOTKEYS - 1), _person(i), 100e18);
                seat(netuid, _hotkey(i), true);
                mintAlpha(netuid, _person(i), 500e18);
            }
            stakeRoot(_hotkey(i), _person(i), 300e18);
        }
    }

    function buy(uint256 seed, uint256 who, uint256 amount) external {
        vm.prank(_person(who));
        pools.buy(_netuid(seed), within(amount, 1e6, 2_000e18), 1);
        ++done["buy"];
    }

    function sell(uint256 seed, uint256 who, uint256 amount) external {
        uint32 netuid = _netuid(seed);
        address person = _person(who);
        amount = within(amount, 1e6, pools.balanceOf(person, netuid) / 2 + 1e6);
        vm.prank(person);
        pools.sell(netuid, amount, 1);
        ++done["sell"];
    }

    function buyAndSellBack(uint256 seed, uint256 who, uint256 amount) external {
        uint32 netuid = _netuid(seed);
        amount = within(amount, 1e6, 5_000e18);
        vm.startPrank(_person(who));
        uint256 got = pools.buy(netuid, amount, 1);
        if (pools.sell(netuid, got, 1) > amount) gained = true;
        vm.stopPrank();
    }

    function inject(uint256 seed, uint256 alpha, uint256 koin) external {
        uint32 netuid = _netuid(seed);
        uint256 price = pools.priceOf(netuid);
        vm.prank(coinbase);
        pools.inject(netuid, within(alpha, 0, 500e18), within(koin, 0, 500e18));
        uint256 then = pools.priceOf(netuid);
        if ((then > price ? then - price : price - then) > 1 + price * 6 / 1e17) priceMoved = true;
        ++done["inject"];
    }

    function stake(uint256 seed, uint256 who, uint256 on, uint256 amount) external {
        uint32 netuid = _netuidOrRoot(seed);
        address person = _person(who);
        uint256 most = netuid == 0 ? token.balanceOf(person) : pools.balanceOf(person, netuid);
        amount = within(amount, 1, most / 2 + 1);
        vm.prank(person);
        staking.stake(netuid, _hotkey(on), amount);
        ++done["stake"];
    }

    function unstake(uint256 seed, uint256 who, uint256 on, uint256 part) external {
        (uint32 netuid, address person) = (_netuidOrRoot(seed), _person(who));
        address hotkey = _held(netuid, person, on, false);
        uint256 shares = sharesOf(netuid, hotkey, person);
        vm.prank(person);
        (, bool queued) = staking.unstake(netuid, hotkey, within(part, shares / 10, shares), 1);
        ++done[queued ? bytes32("queued") : bytes32("left")];
    }

    /// @dev Of somebody who has a ticket; waits for it now and then.
    function withdraw(uint256 who, uint256 most, bool wait) external {
        address person;
        (uint256 next, uint256 count) = (0, 0);
        for (uint256 i = 0; i < PEOPLE && next == count; ++i) {
            person = _person(who % PEOPLE + i);
            (next, count) = staking.ticketRange(person);
        }
        if (wait && next < count) {
            (Ticket memory ticket,) = staking.ticketOf(person, next);
            if (ticket.releaseAt > block.timestamp) vm.warp(ticket.releaseAt);
        }
        staking.withdraw(person, within(most, 1, 5));
        ++done["withdraw"];
    }

    function move(uint256 seed, uint256 who, uint256 from, uint256 to, uint256 part) external {
        (uint32 netuid, address person) = (_netuid(seed), _person(who));
        address hotkey = _held(netuid, person, from, true);
        uint256 shares = sharesOf(netuid, hotkey, person);
        shares = within(part, shares / 10, shares);
        vm.prank(person);
        if (to % 2 == 0) staking.move(netuid, hotkey, _hotkey(to), shares, 1);
        else staking.swap(netuid, hotkey, 3 - netuid, _hotkey(to), shares, 1);
        ++done["move"];
    }

    function dividends(uint256 seed, uint256 on, uint256 amount) external {
        (uint32 netuid, address hotkey) = (_netuid(seed), _hotkey(on));
        uint256 before = pools.balanceOf(address(staking), netuid) - _assets(netuid);
        payDividends(netuid, hotkey, within(amount, 1, 100e18));
        rootPaid += pools.balanceOf(address(staking), netuid) - _assets(netuid) - before;
        ++done["dividends"];
    }

    function claim(uint256 seed, uint256 who, uint256 on, uint256 steps) external {
        (uint32 netuid, address person) = (_netuid(seed), _person(who));
        while (staking.claimableRoot(netuid, _hotkey(on), person, 4) == 0 && on % HOTKEYS != 0) --on;
        vm.prank(person);
        rootClaimed += staking.claimRoot(netuid, _hotkey(on), within(steps, 1, 4));
        ++done["claim"];
    }

    function slashSome(uint256 seed, uint256 on, uint256 bps) external {
        slash(_netuid(seed), _hotkey(on), within(bps, 0, 10_000));
        ++done["slash"];
    }

    function leaveOrJoin(uint256 seed, uint256 on) external {
        (uint32 netuid, address hotkey) = (_netuid(seed), _hotkey(on));
        seat(netuid, hotkey, !staking.hotkeyOf(netuid, hotkey).registered);
    }

    function setChild(uint256 seed, uint256 on, uint256 child, uint64 proportion) external {
        adopt(_netuid(seed), _hotkey(on), _hotkey(child), uint64(within(proportion, 0, 1e18)));
        ++done["child"];
    }

    function setTake(uint256 on, uint256 takeBps) external {
        vm.prank(_hotkey(on));
        delegation.setTake(within(takeBps, 0, 1_800));
    }

    function elapse(uint256 duration) external {
        vm.warp(block.timestamp + within(duration, 1, 3 days));
        if (duration % 4 == 0) pools.burnFees();
    }

    function stateOf(uint32 netuid) external view returns (PoolState memory) {
        return pools.stateOf(netuid);
    }

    /// @dev KOIN that the two contracts hold, and the fees that wait.
    function koinHeld() external view returns (uint256 byPools, uint256 byStaking, uint256 waiting) {
        (waiting,) = pools.fees();
        return (token.balanceOf(address(pools)), token.balanceOf(address(staking)), waiting);
    }

    function totals(uint32 netuid) external view returns (uint256 weight, uint256 permitted, uint256 stakingAlpha) {
        return (
            staking.totalWeightOf(netuid),
            permits.totalPermittedStakeAt(netuid, block.timestamp - 1),
            pools.balanceOf(address(staking), netuid)
        );
    }

    function sums(uint32 netuid) external view returns (Sums memory sum) {
        sum.balances = pools.balanceOf(address(staking), netuid) + pools.balanceOf(coinbase, netuid)
            + pools.balanceOf(FINDER, netuid);
        for (uint256 h = 0; h < HOTKEYS; ++h) {
            address hotkey = _hotkey(h);
            HotkeyState memory state = staking.hotkeyOf(netuid, hotkey);
            sum.stakedAssets += state.stakedAssets;
            sum.leavingAssets += state.leavingAssets;
            sum.given += state.given;
            sum.received += state.received;
            sum.weights += staking.weightOf(netuid, hotkey);
            sum.permitted += permits.permittedStakeAt(netuid, hotkey, block.timestamp - 1);
            sum.positions += worthOf(netuid, hotkey, hotkey);
            for (uint256 i = 0; i < PEOPLE; ++i) {
                sum.positions += worthOf(netuid, hotkey, _person(i));
                if (netuid != 0) sum.claimable += staking.claimableRoot(netuid, hotkey, _person(i), 1_000);
            }
        }
        for (uint256 i = 0; i < PEOPLE; ++i) {
            sum.balances += pools.balanceOf(_person(i), netuid);
            (uint256 next, uint256 count) = staking.ticketRange(_person(i));
            for (; next < count; ++next) {
                (Ticket memory ticket, uint256 amount) = staking.ticketOf(_person(i), next);
                if (ticket.netuid == netuid) sum.tickets += amount;
            }
        }
    }

    function _assets(uint32 netuid) private view returns (uint256 sum) {
        for (uint256 h = 0; h < HOTKEYS; ++h) {
            HotkeyState memory state = staking.hotkeyOf(netuid, _hotkey(h));
            sum += state.stakedAssets + state.leavingAssets;
        }
    }

    /// @dev A hotkey on which the person has something, and which can be left at once if asked for; else any.
    function _held(uint32 netuid, address person, uint256 from, bool free) private view returns (address hotkey) {
        for (uint256 i = 0; i < HOTKEYS; ++i) {
            hotkey = _hotkey(from % HOTKEYS + i);
            bool fits = !free || !staking.isSlashable(netuid, hotkey);
            if (fits && sharesOf(netuid, hotkey, person) > 0) return hotkey;
        }
    }

    function _netuid(uint256 seed) private pure returns (uint32) {
        return uint32(1 + seed % 2);
    }

    function _netuidOrRoot(uint256 seed) private pure returns (uint32) {
        return uint32(seed % 3);
    }

    function _person(uint256 seed) private pure returns (address) {
        return address(uint160(0xA + seed % PEOPLE));
    }

    function _hotkey(uint256 seed) private pure returns (address) {
        return address(uint160(0x407 + seed % HOTKEYS));
    }
}
