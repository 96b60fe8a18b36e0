// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {Accrued, IPoolEmission} from "../../../src/subnets/emission/IPoolEmission.sol";
import {EqualPolicy} from "../../../src/subnets/emission/policies/EqualPolicy.sol";
import {PoolEmission} from "../../../src/subnets/emission/PoolEmission.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

contract EmissionAccountsTest is EmissionNetwork {
    address private constant ANN = address(0xA);
    address private constant HOTKEY = address(0x407);
    uint32 private _netuid;

    function setUp() public {
        deployEmission();
        _netuid = openSubnet(1_000e18, 1_000e18);
        stakeRoot(ANN, HOTKEY, 10_000e18);
        nextStep();
    }

    function test_only_the_epoch_contract_pays() external {
        bytes memory refusal = abi.encodeWithSelector(IPoolEmission.NotEpochs.selector, address(this));
        vm.expectRevert(refusal);
        emission.payMiner(_netuid, HOTKEY, 1);
        vm.expectRevert(refusal);
        emission.payDividends(_netuid, HOTKEY, 1);
        vm.expectRevert(refusal);
        emission.payOwner(_netuid, 1);
    }

    function test_the_epoch_contract_is_named_once_by_whoever_deployed() external {
        bytes memory refusal = abi.encodeWithSelector(IPoolEmission.NotSetter.selector, address(this));
        vm.expectRevert(refusal);
        emission.setEpochs(ANN);
        PoolEmission fresh = new PoolEmission(pools, address(this), new EqualPolicy(), PoolEmission.Schedules(1, 1, 9, 9));
        eq(fresh.epochs(), address(0), "not yet");
        vm.expectRevert(refusal);
        fresh.setEpochs(address(0));
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.NotSetter.selector, ANN));
        vm.prank(ANN);
        fresh.setEpochs(ANN);
        fresh.setEpochs(ANN);
        eq(fresh.epochs(), ANN, "named");
    }

    function test_miners_are_paid_into_stake_where_they_prefer() external {
        vm.prank(ANN);
        delegation.setAutoStake(_netuid, HOTKEY);
        _payMiner(ANN, 2e18);
        _payMiner(HOTKEY, 3e18);
        _payMiner(HOTKEY, 0);
        eq(_worth(HOTKEY, ANN), 2e18, "on the hotkey that it chose");
        eq(_worth(HOTKEY, HOTKEY), 3e18, "by default on itself");
        eq(emission.paidOf(_netuid).miners, 5e18, "counted");
        checkBooks();
    }

    /// @dev A payment worth no share of the pool would revert; it must not stop the claims of others.
    function test_what_a_share_pool_refuses_is_paid_as_free_alpha() external {
        uint256 alpha = buy(_netuid, ANN, 100e18);
        vm.prank(ANN);
        alphaStaking.stake(_netuid, HOTKEY, 1);
        vm.startPrank(ANN);
        pools.transfer(address(emission), _netuid, alpha - 1);
        vm.stopPrank();
        vm.prank(EPOCHS);
        emission.payDividends(_netuid, HOTKEY, 8e18);
        _payMiner(HOTKEY, 1);
        eq(pools.balanceOf(HOTKEY, _netuid), 1, "free");
        eq(emission.paidOf(_netuid).miners, 1, "counted");
    }

    function test_too_little_gas_does_not_turn_stake_into_free_alpha() external {
        for (uint256 gas_ = 60_000; gas_ < 400_000; gas_ += 5_000) {
            uint256 before = vm.snapshotState();
            vm.prank(EPOCHS);
            try emission.payMiner{gas: gas_}(_netuid, HOTKEY, 1e18) {
                eq(_worth(HOTKEY, HOTKEY), 1e18, "staked");
            } catch {}
            vm.revertToState(before);
        }
    }

    function test_payments_never_exceed_what_accrued() external {
        Accrued memory parts = accruedNow(_netuid);
        skip(PERIOD);
        emission.advance(0);
        _refused("miners", parts.miners);
        vm.expectRevert(
            abi.encodeWithSelector(
                IPoolEmission.PaymentExceedsAccrued.selector,
                _netuid,
                "dividends",
                uint256(parts.dividends) + 1,
                uint256(parts.dividends)
            )
        );
        vm.prank(EPOCHS);
        emission.payDividends(_netuid, HOTKEY, uint256(parts.dividends) + 1);
        _payMiner(HOTKEY, parts.miners);
        vm.expectRevert();
        _payMiner(HOTKEY, type(uint256).max);
        vm.prank(EPOCHS);
        emission.payDividends(_netuid, HOTKEY, parts.dividends);
        checkBooks();
        eq(emission.advance(1), 0, "closed");
        _payMiner(HOTKEY, 1);
        checkBooks();
    }

    function test_the_owner_gets_what_accrued_before_an_epoch_once() external {
        nextStep();
        vm.startPrank(EPOCHS);
        eq(emission.payOwner(_netuid, 1), 10.8e18, "the first epoch");
        eq(emission.payOwner(_netuid, 1), 0, "once");
        eq(emission.payOwner(_netuid, 0), 0, "nothing before");
        eq(emission.payOwner(_netuid, 2), 10.8e18, "the second");
        vm.stopPrank();
        eq(_worth(OWNER, OWNER), 21.6e18, "staked");
        checkBooks();
    }

    function test_owners_change_parts_within_bounds_and_with_notice() external {
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.NotSubnetOwner.selector, address(this), OWNER));
        emission.announceParts(_netuid, 0, 5_000);
        vm.startPrank(OWNER);
        uint256[2][4] memory bad = [[uint256(1_801), 5_000], [uint256(0), 1_999], [uint256(0), 8_001], [uint256(1_000), type(uint256).max]];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IPoolEmission.PartsOutOfRange.selector, bad[i][0], bad[i][1]));
            emission.announceParts(_netuid, bad[i][0], bad[i][1]);
        }
        emission.announceParts(_netuid, 0, 8_000);
        vm.stopPrank();
        uint256 from = block.timestamp + 7 days;
        _parts(from - 1, 1_800, 4_100);
        _parts(from, 0, 8_000);
        vm.warp(from + 1);
        bytes memory refusal =
            abi.encodeWithSelector(IPoolEmission.AccrualNotFinal.selector, from, emission.finalUntil());
        // The step that began before goes by the old ones, so it comes first.
        vm.expectRevert(refusal);
        vm.prank(OWNER);
        emission.announceParts(_netuid, 500, 2_000);
        uint256 had = accruedNow(_netuid).owner;
        emission.advance(1);
        yes(accruedNow(_netuid).owner > had, "old parts");
        had = accruedNow(_netuid).owner;
        vm.warp(block.timestamp + PERIOD);
        emission.advance(1);
        vm.prank(OWNER);
        emission.announceParts(_netuid, 500, 2_000);
        _parts(block.timestamp, 0, 8_000);
        _parts(block.timestamp + 7 days, 500, 2_000);
        had = accruedNow(_netuid).owner;
        nextStep();
        eq(accruedNow(_netuid).owner, had, "the owner's part is 0");
        checkBooks();
    }

    function test_what_no_result_paid_is_burned_after_the_end() external {
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.RestNotFree.selector, _netuid, 0));
        emission.burnRest(_netuid);
        uint256 alpha = buy(_netuid, ANN, 100e18);
        registry.dissolve(_netuid);
        uint256 freeAt = block.timestamp + REST;
        vm.warp(freeAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.RestNotFree.selector, _netuid, freeAt));
        emission.burnRest(_netuid);
        _payMiner(HOTKEY, 4e18);
        vm.warp(freeAt);
        uint256 pot = pools.stateOf(_netuid).koin;
        yes(emission.burnRest(_netuid) > 0, "burned");
        eq(pools.supplyOf(_netuid), alpha + 4e18, "only people are left");
        vm.prank(ANN);
        eq(pools.redeem(_netuid, alpha), pot * alpha / (alpha + 4e18), "theirs is the pot");
        vm.expectRevert(abi.encodeWithSelector(ERC6909.ERC6909InsufficientBalance.selector, address(emission), 0, 1, _netuid));
        vm.prank(EPOCHS);
        emission.payDividends(_netuid, HOTKEY, 1);
    }

    function test_a_pot_that_nobody_can_claim_is_burned() external {
        uint256 supply = token.totalSupply();
        registry.dissolve(_netuid);
        skip(REST);
        uint256 pot = pools.stateOf(_netuid).koin;
        emission.burnRest(_netuid);
        eq(token.totalSupply(), supply - pot, "burned");
        eq(pools.supplyOf(_netuid), 0, "none left");
        eq(emission.burnRest(_netuid), 0, "again is nothing");
    }

    function _refused(string memory part, uint256 most) private {
        vm.expectRevert(
            abi.encodeWithSelector(IPoolEmission.PaymentExceedsAccrued.selector, _netuid, part, most + 1, most)
        );
        vm.prank(EPOCHS);
        emission.payMiner(_netuid, HOTKEY, most + 1);
    }

    function _payMiner(address hotkey, uint256 amount) private {
        vm.prank(EPOCHS);
        emission.payMiner(_netuid, hotkey, amount);
    }

    function _worth(address hotkey, address staker) private view returns (uint256 amount) {
        (, amount) = alphaStaking.positionOf(_netuid, hotkey, staker);
    }

    function _parts(uint256 timestamp, uint256 owner, uint256 miners) private view {
        (uint256 ownerBps, uint256 minersBps, uint256 validatorsBps) = emission.partsOf(_netuid, timestamp);
        eq(ownerBps, owner, "owner");
        eq(minersBps, miners, "miners");
        eq(validatorsBps, 10_000 - owner - miners, "validators");
    }
}
