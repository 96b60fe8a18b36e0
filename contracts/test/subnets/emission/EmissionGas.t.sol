// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HillGatePolicy} from "../../../src/subnets/emission/policies/HillGatePolicy.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

/// @dev The part of the gas snapshot about emission on pools; see GasSnapshot.t.sol. The dearest policy.
contract EmissionGasSnapshotTest is EmissionNetwork {
    string private constant GROUP = "gas-snapshot";
    address private constant HOTKEY = address(0x407);

    function test_gas_of_one_subnet() external {
        _network(1);
        emission.advance(1);
        vm.snapshotGasLastCall(GROUP, "emission step, 1 subnet");
        vm.startPrank(EPOCHS);
        emission.payMiner(1, HOTKEY, 1e18);
        vm.snapshotGasLastCall(GROUP, "emission to a miner");
        emission.payDividends(1, HOTKEY, 1e18);
        vm.snapshotGasLastCall(GROUP, "emission to a validator");
        emission.payOwner(1, 2);
        vm.snapshotGasLastCall(GROUP, "emission to an owner");
        vm.stopPrank();
    }

    function test_gas_of_128_subnets() external {
        _network(128);
        emission.advance(0);
        vm.snapshotGasLastCall(GROUP, "emission step of 128 subnets, opening");
        emission.advance(32);
        vm.snapshotGasLastCall(GROUP, "emission step of 128 subnets, 32 paid");
        emission.advance(96);
        vm.warp(block.timestamp + PERIOD);
        emission.advance(128);
        vm.snapshotGasLastCall(GROUP, "emission step of 128 subnets, whole");
        atMost(128 * 0.05e18, lastStep().koinMinted, "the policy answered within its gas");
    }

    /// @dev Everything exists and has changed before, as in most steps of its life; a trade came before in every pool.
    function _network(uint256 count) private {
        deployEmission(new HillGatePolicy(3, 61));
        for (uint256 i = 0; i < count; ++i) {
            openSubnet(1_000e18, 100e18 + 1e18 * i);
        }
        stakeRoot(address(0xA), HOTKEY, 10_000e18);
        nextStep();
        vm.warp(block.timestamp + PERIOD);
        for (uint32 i = 1; i <= count; ++i) {
            buy(i, address(0xB), 1e18);
        }
        vm.warp(block.timestamp + PERIOD);
        emission.advance(count);
        vm.warp(block.timestamp + PERIOD);
    }
}
