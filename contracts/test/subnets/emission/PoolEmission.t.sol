// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued, IPoolEmission, Step} from "../../../src/subnets/emission/IPoolEmission.sol";
import {PoolEmission} from "../../../src/subnets/emission/PoolEmission.sol";
import {EqualPolicy} from "../../../src/subnets/emission/policies/EqualPolicy.sol";
import {PoolState} from "../../../src/subnets/pool/IPools.sol";
import {Halving} from "../../../src/subnets/emission/Halving.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

contract PoolEmissionTest is EmissionNetwork {
    address private constant ANN = address(0xA);
    address private constant HOTKEY = address(0x407);

    function setUp() public {
        deployEmission();
    }

    function test_a_step_divides_alpha_and_deepens_the_pool_by_five_parts_in_ten_thousand() external {
        uint32 netuid = openSubnet(1_000e18, 1_000e18);
        stakeRoot(ANN, HOTKEY, 10_000e18);
        nextStep();
        Step memory step = lastStep();
        eq(step.koinIssued, 30e18, "600 s of 0.05 KOIN");
        eq(step.koinMinted, 0.5e18, "the rest is recycled");
        eq(token.totalMinted(), GENESIS + 0.5e18, "only that was minted");
        Accrued memory parts = accruedNow(netuid);
        eq(parts.owner, 10.8e18, "18 % of 60 alpha");
        eq(parts.miners, 24.6e18, "41 %");
        eq(parts.dividends, 24.6e18, "41 %, though most of what weighs is on the root");
        eq(pools.stateOf(netuid).minted, 1_000e18 + 0.5e18 + sumOf(parts), "nothing else was minted");
        checkBooks();
    }

    /// @dev As in a young network: validators weigh by KOIN on the root, and prices sum to less than one KOIN an alpha.
    function test_fuzz_dividends_depend_on_no_price_and_no_root_stake(uint256 root, uint256 alpha, uint256 koin) external {
        uint32 netuid = openSubnet(within(alpha, 1e9, 1_000_000e18), within(koin, 1e9, 100_000e18));
        root = within(root, 0, 600_000e18);
        if (root > 0) stakeRoot(ANN, HOTKEY, root);
        skip(30 days);
        nextStep();
        Accrued memory parts = accruedNow(netuid);
        eq(parts.dividends, parts.miners, "4,100 each");
        eq(sumOf(parts), (30 days + PERIOD) * ALPHA_PER_SECOND, "all that was issued");
    }

    function test_dividends_go_to_whoever_stands_behind_the_validator_when_they_are_paid() external {
        uint32 netuid = openSubnet(100e18, 100e18);
        registry.register(netuid, HOTKEY);
        stakeRoot(ANN, HOTKEY, 10_000e18);
        nextStep();
        Accrued memory parts = accruedNow(netuid);
        vm.prank(EPOCHS);
        emission.payDividends(netuid, HOTKEY, parts.dividends);
        (, uint256 taken) = alphaStaking.positionOf(netuid, HOTKEY, HOTKEY);
        uint256 claimable = alphaStaking.claimableRoot(netuid, HOTKEY, ANN, 10);
        yes(claimable > parts.dividends / 2, "all but the take is for KOIN on the root");
        atMost(taken + claimable, parts.dividends, "no more");
        atMost(parts.dividends - taken - claimable, 1e4, "but for rounding");
        checkBooks();
    }

    function test_without_root_stake_no_koin_is_minted() external {
        uint32 netuid = openSubnet(1_000e18, 1_000e18);
        nextStep();
        eq(lastStep().koinMinted, 0, "none");
        eq(sumOf(accruedNow(netuid)), 60e18, "all alpha");
    }

    function test_a_network_without_subnets_steps_too() external {
        nextStep();
        eq(lastStep().koinMinted, 0, "none");
        eq(lastStep().koinIssued, 30e18, "all recycled");
        openSubnet(1_000e18, 1_000e18);
        nextStep();
        nextStep();
        eq(lastStep().count, 1, "takes part");
    }

    function test_time_opens_steps() external {
        openSubnet(1_000e18, 1_000e18);
        uint256 begin = emission.startsAt();
        vm.warp(begin + PERIOD - 1);
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.TooEarly.selector, block.timestamp, begin + PERIOD));
        emission.advance(1);
        vm.warp(begin + PERIOD);
        emission.advance(0);
        eq(emission.finalUntil(), begin, "opened, not closed");
        // The open step is finished first, however much time passes; the next takes all whole periods since.
        vm.warp(begin + 10 * PERIOD + 7);
        eq(emission.advance(9), 0, "closed");
        eq(emission.finalUntil(), begin + PERIOD, "one period");
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.TooEarly.selector, block.timestamp, block.timestamp + 1));
        emission.advance(9);
        vm.warp(block.timestamp + 1);
        emission.advance(9);
        eq(emission.finalUntil(), begin + 10 * PERIOD, "nine periods");
    }

    /// @dev In one call, or in any portions in the same block: the same network.
    function test_fuzz_portions_change_nothing(uint256 seed) external {
        for (uint256 i = 0; i < 7; ++i) {
            openSubnet(1e18 + uint256(keccak256(abi.encode(seed, i))) % 1_000e18, 1e18 + (seed % 777e18) * (i + 1));
        }
        stakeRoot(ANN, HOTKEY, within(seed, 1, 100_000e18));
        nextStep();
        skip(within(seed, PERIOD, 90 days));
        uint256 before = vm.snapshotState();
        emission.advance(7);
        bytes32 whole = _stateHash();
        vm.revertToState(before);
        for (uint256 i = 0; emission.advance(1 + (seed >> (4 * i) & 3)) > 0; ++i) {
            emission.advance(0);
        }
        eq(_stateHash(), whole, "portions");
    }

    /// @dev Late or on time: the same KOIN and alpha are issued, but for a unit a division.
    function test_fuzz_missed_periods_are_made_up(uint256 count) external {
        count = within(count, 2, 60);
        uint32 netuid = openSubnet(1_000e18, 1_000e18);
        uint256 before = vm.snapshotState();
        for (uint256 i = 0; i < count; ++i) {
            nextStep();
        }
        Accrued memory timely = accruedNow(netuid);
        vm.revertToState(before);
        skip(count * PERIOD);
        emission.advance(1);
        Accrued memory late = accruedNow(netuid);
        atMost(timely.miners, late.miners, "rounding goes one way");
        atMost(late.miners - timely.miners, count, "a unit a period");
        atMost(late.owner - timely.owner, count, "a unit a period");
    }

    function test_new_and_dissolved_subnets_in_the_middle_of_a_period() external {
        uint32 first = openSubnet(1_000e18, 1_000e18);
        uint32 second = openSubnet(1_000e18, 1_000e18);
        stakeRoot(ANN, HOTKEY, 10_000e18);
        skip(PERIOD / 2);
        uint32 young = openSubnet(1_000e18, 1_000e18);
        skip(PERIOD / 2);
        emission.advance(0);
        eq(lastStep().count, 2, "the young one waits for a whole period");
        registry.dissolve(first);
        eq(emission.advance(2), 0, "goes on");
        eq(sumOf(accruedNow(first)), 0, "its part is recycled");
        eq(lastStep().koinMinted, 0.5e18, "the other's only");
        nextStep();
        eq(lastStep().count, 2, "second and young");
        yes(sumOf(accruedNow(young)) > 0, "young");
        registry.dissolve(second);
        uint256 had = sumOf(accruedNow(second));
        nextStep();
        nextStep();
        eq(sumOf(accruedNow(second)), had, "no more");
        eq(sumOf(emission.accruedUntil(second, block.timestamp - PERIOD)), had, "at any later time");
        checkBooks();
    }

    function test_accrual_grows_evenly_within_a_step_and_is_final() external {
        uint32 netuid = openSubnet(1_000e18, 1_000e18);
        uint256 begin = emission.startsAt();
        skip(4 * PERIOD);
        emission.advance(1);
        eq(emission.accruedUntil(netuid, begin).miners, 0, "begin");
        eq(emission.accruedUntil(netuid, begin + PERIOD).miners, 24.6e18, "a quarter");
        eq(emission.accrued(netuid, 2).miners, 49.2e18, "the second epoch's end");
        uint256 last;
        for (uint256 t = begin; t <= begin + 4 * PERIOD; t += 171) {
            uint256 next = emission.accruedUntil(netuid, t).miners;
            atMost(last, next, "monotone");
            last = next;
        }
        bytes memory refusal =
            abi.encodeWithSelector(IPoolEmission.AccrualNotFinal.selector, begin + 5 * PERIOD, begin + 4 * PERIOD);
        vm.expectRevert(refusal);
        emission.accrued(netuid, 5);
        nextStep();
        eq(emission.accrued(netuid, 2).miners, 49.2e18, "for ever");
    }

    /// @dev Buys before the injection, sells after it, in one block; whatever the sizes, nothing is gained.
    function test_fuzz_a_flash_trade_around_an_injection_does_not_pay(uint256 koin, uint256 alpha, uint256 trade)
        external
    {
        koin = within(koin, 1e9, 100_000e18);
        uint32 netuid = openSubnet(within(alpha, 1e9, 1_000_000e18), koin);
        stakeRoot(TREASURY, HOTKEY, 600_000e18);
        trade = within(trade, koin / 1_000 + 1e6, koin < 100e18 ? 900 * koin : 90_000e18);
        skip(PERIOD);
        uint256 bought = buy(netuid, ANN, trade);
        emission.advance(1);
        vm.prank(ANN);
        uint256 back = pools.sell(netuid, bought, 1);
        atMost(back, trade, "bought first");
    }

    function test_fuzz_a_flash_sale_around_an_injection_does_not_pay(uint256 koin, uint256 trade, uint256 part)
        external
    {
        koin = within(koin, 1e12, 10_000e18);
        uint32 netuid = openSubnet(1_000e18, koin);
        stakeRoot(TREASURY, HOTKEY, 600_000e18);
        uint256 held = buy(netuid, ANN, within(trade, 1e9, 4 * koin));
        skip(PERIOD);
        held = within(part, held / 1_000 + 1, held);
        vm.startPrank(ANN);
        uint256 koinOut = pools.sell(netuid, held, 1);
        emission.advance(1);
        atMost(pools.buy(netuid, koinOut, 1), held, "sold first");
        vm.stopPrank();
    }

    /// @dev A price that stands for no time has no weight: the share is the same with and without the flash trade.
    function test_a_flash_trade_does_not_move_the_average() external {
        uint32 netuid = openSubnet(1_000e18, 1_000e18);
        nextStep();
        skip(PERIOD);
        uint256 before = vm.snapshotState();
        emission.advance(1);
        nextStep();
        uint256 average = pools.averageOf(netuid);
        vm.revertToState(before);
        uint256 bought = buy(netuid, ANN, 9_000e18);
        emission.advance(1);
        vm.prank(ANN);
        pools.sell(netuid, bought, 1);
        nextStep();
        uint256 then = pools.averageOf(netuid);
        atMost(then > average ? then - average : average - then, average / 1_000, "but for the fees that stay");
    }

    function test_fuzz_injection_keeps_the_price(uint256 alpha, uint256 koin, uint256 steps) external {
        uint32 netuid = openSubnet(within(alpha, 1e12, 1_000_000e18), within(koin, 1e12, 100_000e18));
        stakeRoot(ANN, HOTKEY, 600_000e18);
        for (uint256 i = within(steps, 1, 20); i > 0; --i) {
            uint256 price = pools.priceOf(netuid);
            uint256 reserve = pools.stateOf(netuid).koin;
            nextStep();
            uint256 then = pools.priceOf(netuid);
            uint256 moved = then > price ? then - price : price - then;
            // Half a unit of the weight, and one of KOIN.
            atMost(moved, 1 + price / reserve + price * 2 / 1e18 + 1, "price");
        }
        uint256 weight = pools.stateOf(netuid).weightKoin;
        atMost(weight > 0.5e18 ? weight - 0.5e18 : 0.5e18 - weight, 0.001e18, "weights stay at one half");
    }

    function test_a_pool_drained_to_dust_does_not_stop_anybody() external {
        uint32 netuid = openSubnet(1e9, 1e9);
        openSubnet(1_000e18, 1_000e18);
        stakeRoot(ANN, HOTKEY, 10_000e18);
        buy(netuid, ANN, 1e12);
        buy(netuid, ANN, 1e15);
        buy(netuid, ANN, 9e17);
        nextStep();
        nextStep();
        eq(lastStep().koinMinted, uint256(1_000.5e18) * 5 / 10_000, "the other one only");
        checkBooks();
    }

    function test_issue_never_passes_the_caps() external {
        openSubnet(20_999_000e18, 900_000e18);
        stakeRoot(ANN, HOTKEY, 90_000e18);
        for (uint256 i = 0; i < 12; ++i) {
            skip(3_650 days);
            emission.advance(1);
            checkBooks();
        }
        PoolState memory pool = pools.stateOf(1);
        atMost(20_999_999e18, pool.minted, "almost all");
    }

    function test_people_who_spam_or_donate_change_nothing() external {
        openSubnet(1_000e18, 1_000e18);
        stakeRoot(ANN, HOTKEY, 10_000e18);
        give(address(emission), 5e18);
        skip(PERIOD);
        for (uint256 i = 0; i < 3; ++i) {
            emission.advance(0);
        }
        emission.advance(1);
        eq(lastStep().koinMinted, 0.5e18, "as ever");
        eq(token.balanceOf(address(emission)), 5e18, "a gift stays where nobody can use it");
    }

    function test_deployment_refuses_what_cannot_work() external {
        EqualPolicy policy = new EqualPolicy();
        PoolEmission.Schedules memory chosen = PoolEmission.Schedules(1e18, 1e18, 600, 1 days);
        chosen.periodSeconds = 0;
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.ParameterOutOfRange.selector, "periodSeconds"));
        new PoolEmission(pools, EPOCHS, policy, chosen);
        (chosen.periodSeconds, chosen.restSeconds) = (600, 0);
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.ParameterOutOfRange.selector, "restSeconds"));
        new PoolEmission(pools, EPOCHS, policy, chosen);
        (chosen.restSeconds, chosen.koinPerSecond) = (1, 10_500_001e18);
        vm.expectRevert(abi.encodeWithSelector(Halving.BadSchedule.selector, 21_000_000e18, 10_500_001e18));
        new PoolEmission(pools, EPOCHS, policy, chosen);
    }

    function _stateHash() private view returns (bytes32 hash) {
        hash = keccak256(abi.encode(token.totalMinted(), emission.finalUntil(), lastStep().koinMinted));
        for (uint32 netuid = 1; netuid <= registry.subnetCount(); ++netuid) {
            hash = keccak256(
                abi.encode(
                    hash, pools.stateOf(netuid), accruedNow(netuid), pools.balanceOf(address(emission), netuid)
                )
            );
        }
    }
}
