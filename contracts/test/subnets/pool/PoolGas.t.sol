// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "../../support/Vm.sol";
import {PoolNetwork} from "./PoolNetwork.sol";

/// @dev The part of the gas snapshot about pools and alpha stake; see GasSnapshot.t.sol.
contract PoolGasSnapshotTest is PoolNetwork {
    string private constant GROUP = "gas-snapshot";
    address private constant HOTKEY = address(0x407);
    address private constant ANN = address(0xA);
    uint32 private _netuid;

    function setUp() public {
        deployPools();
        _netuid = openSubnet();
        fund(ANN, 10_000e18);
        mintAlpha(_netuid, ANN, 10_000e18);
        vm.warp(block.timestamp + 1 hours);
    }

    function test_gas_of_trades() public {
        uint32 other = openSubnet();
        vm.warp(block.timestamp + 60);
        vm.startPrank(ANN);
        pools.buy(_netuid, 10e18, 1);
        vm.snapshotGasLastCall(GROUP, "pool buy");
        vm.warp(block.timestamp + 60);
        pools.sell(_netuid, 10e18, 1);
        vm.snapshotGasLastCall(GROUP, "pool sell");
        vm.warp(block.timestamp + 60);
        pools.buyToPrice(_netuid, 10e18, 1.1e18, 1);
        vm.snapshotGasLastCall(GROUP, "pool buy to a limit price");
        vm.warp(block.timestamp + 60);
        pools.swap(_netuid, other, 10e18, 1);
        vm.snapshotGasLastCall(GROUP, "pool swap");
        pools.transfer(HOTKEY, _netuid, 1e18);
        vm.snapshotGasLastCall(GROUP, "alpha transfer");
        vm.stopPrank();
    }

    function test_gas_of_the_coinbase() public {
        fund(coinbase, 100e18);
        stakeOn(_netuid, HOTKEY, ANN, 500e18);
        stakeRoot(HOTKEY, ANN, 500e18);
        seat(_netuid, HOTKEY, true);
        mintAlpha(_netuid, coinbase, 100e18);
        vm.warp(block.timestamp + 60);
        vm.startPrank(coinbase);
        pools.inject(_netuid, 10e18, 5e18);
        vm.snapshotGasLastCall(GROUP, "pool injection");
        pools.mint(_netuid, coinbase, 1e18);
        vm.snapshotGasLastCall(GROUP, "alpha mint");
        staking.payDividends(_netuid, HOTKEY, 10e18);
        vm.snapshotGasLastCall(GROUP, "dividends of a hotkey with root stake");
        vm.stopPrank();
        vm.startPrank(ANN);
        staking.claimRoot(_netuid, HOTKEY, 10);
        vm.snapshotGasLastCall(GROUP, "root claim");
        vm.stopPrank();
    }

    function test_gas_of_alpha_stake() public {
        uint32 other = openSubnet();
        vm.startPrank(ANN);
        uint256 shares = staking.stake(_netuid, HOTKEY, 400e18);
        vm.snapshotGasLastCall(GROUP, "alpha stake, first");
        vm.warp(block.timestamp + 60);
        staking.move(_netuid, HOTKEY, address(0x408), shares / 8, 1);
        vm.snapshotGasLastCall(GROUP, "alpha move");
        vm.warp(block.timestamp + 60);
        staking.swap(_netuid, HOTKEY, other, HOTKEY, shares / 8, 1);
        vm.snapshotGasLastCall(GROUP, "alpha stake swap");
        vm.warp(block.timestamp + 60);
        staking.unstake(_netuid, HOTKEY, shares / 8, 1);
        vm.snapshotGasLastCall(GROUP, "alpha unstake at once");
        vm.stopPrank();
        seat(_netuid, HOTKEY, true);
        vm.warp(block.timestamp + 60);
        vm.startPrank(ANN);
        staking.stake(_netuid, HOTKEY, 100e18);
        vm.snapshotGasLastCall(GROUP, "alpha stake on a validator");
        vm.warp(block.timestamp + 60);
        staking.unstake(_netuid, HOTKEY, shares / 8, 1);
        vm.snapshotGasLastCall(GROUP, "alpha unstake, queued");
        vm.warp(block.timestamp + UNBONDING);
        staking.withdraw(ANN, 1);
        vm.snapshotGasLastCall(GROUP, "alpha withdraw, 1 ticket");
        vm.stopPrank();
        vm.prank(address(epochs));
        staking.slash(_netuid, HOTKEY, 1_000, ANN);
        vm.snapshotGasLastCall(GROUP, "slash of a validator");
    }

    function test_gas_of_root_stake_in_16_subnets() public {
        for (uint32 netuid = 1; netuid <= 16; ++netuid) {
            if (netuid > 1) createSubnet();
            seat(netuid, HOTKEY, true);
        }
        fund(ANN, 2_000e18);
        vm.startPrank(ANN);
        staking.stake(0, HOTKEY, 1_000e18);
        vm.warp(block.timestamp + 60);
        staking.stake(0, HOTKEY, 1_000e18);
        vm.snapshotGasLastCall(GROUP, "root stake counted in 16 subnets");
        vm.stopPrank();
    }

    function test_gas_of_children() public {
        address[] memory children = new address[](5);
        uint64[] memory proportions = new uint64[](5);
        for (uint160 i = 0; i < 5; ++i) {
            (children[i], proportions[i]) = (address(0x500 + i), 0.1e18);
            vm.prank(children[i]);
            delegation.setTakesParent(_netuid, HOTKEY, true);
        }
        vm.startPrank(HOTKEY);
        delegation.announceChildren(_netuid, children, proportions);
        vm.snapshotGasLastCall(GROUP, "announce 5 children");
        vm.stopPrank();
        stakeOn(_netuid, HOTKEY, ANN, 500e18);
        vm.warp(block.timestamp + 1 days);
        staking.applyChildren(_netuid, HOTKEY);
        vm.snapshotGasLastCall(GROUP, "apply 5 children");
        vm.warp(block.timestamp + 60);
        vm.prank(ANN);
        staking.stake(_netuid, HOTKEY, 100e18);
        vm.snapshotGasLastCall(GROUP, "alpha stake on a parent of 5");
    }

    /// @dev The most that one slash can touch: 8 parents of 5 children each, and root stake in 16 subnets.
    function test_gas_of_the_widest_slash() public {
        for (uint32 netuid = 1; netuid <= 16; ++netuid) {
            if (netuid > 1) createSubnet();
            seat(netuid, HOTKEY, true);
        }
        stakeRoot(HOTKEY, ANN, 1_000e18);
        stakeOn(_netuid, HOTKEY, ANN, 500e18);
        for (uint160 i = 0; i < 8; ++i) {
            address parent = address(0x700 + i);
            stakeOn(_netuid, parent, ANN, 500e18);
            address[] memory children = new address[](5);
            uint64[] memory proportions = new uint64[](5);
            for (uint160 j = 0; j < 5; ++j) {
                (children[j], proportions[j]) = (j == 0 ? HOTKEY : address(0x800 + 5 * i + j), 0.2e18);
                vm.prank(children[j]);
                delegation.setTakesParent(_netuid, parent, true);
            }
            vm.prank(parent);
            delegation.announceChildren(_netuid, children, proportions);
        }
        vm.warp(block.timestamp + 1 days);
        for (uint160 i = 0; i < 8; ++i) {
            staking.applyChildren(_netuid, address(0x700 + i));
        }
        vm.warp(block.timestamp + 60);
        vm.prank(address(epochs));
        staking.slash(_netuid, HOTKEY, 1_000, ANN);
        vm.snapshotGasLastCall(GROUP, "slash, 8 parents of 5, 16 root subnets");
    }
}
