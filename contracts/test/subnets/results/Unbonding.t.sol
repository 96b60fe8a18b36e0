// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs, Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {SeatClaim, Spec} from "../../../src/subnets/results/IDisputes.sol";
import {ISubnetTerms} from "../../../src/subnets/ISubnetTerms.sol";
import {SubnetParams} from "../../../src/subnets/ISubnets.sol";
import {SeatWords} from "../../../src/subnets/results/SeatWords.sol";
import {SeatTree} from "../../support/SeatTree.sol";
import {vm} from "../../support/Vm.sol";
import {Round} from "./Round.sol";

/// @dev No stake is gone before what it signed is active, and no change of a subnet's file saves who signed before it.
contract UnbondingTest is Round {
    using SeatWords for bytes32;

    uint256 private constant VALIDATORS = 4;
    uint256 private constant DELAY = 120;

    function setUp() public {
        startRound(16, VALIDATORS);
        for (uint160 i = 0; i < 4; ++i) {
            join(netuid, address(0x2000 + i));
        }
    }

    function test_a_subnet_whose_epochs_outlast_the_unbonding_is_refused() public {
        SubnetParams memory chosen = params();
        chosen.epochSeconds = uint32((UNBONDING - DELAY) / 2);
        createSubnet(chosen);
        ++chosen.epochSeconds;
        uint256 price = subnets.lockPrice();
        fund(FOUNDER, price);
        vm.prank(FOUNDER);
        vm.expectRevert(
            abi.encodeWithSelector(ISubnetTerms.EpochOutlastsUnbonding.selector, UNBONDING + 2, UNBONDING)
        );
        subnets.createSubnet(chosen, price);
    }

    /// @dev The earliest moment at which stake that voted can leave, and the latest at which a wrong result of its can be shown.
    function test_who_leaves_at_once_and_signs_as_late_as_can_be_is_slashed_still() public {
        address leaver = vm.addr(keys[0]);
        uint256 startsAt = subnets.epochWindow(netuid, 1).startsAt;
        vm.warp(startsAt + 1);
        (uint256 shares, uint256 worth) = staking.positionOf(netuid, leaver, leaver);
        vm.prank(leaver);
        staking.unstake(netuid, leaver, shares, 1);
        (Result memory result, Posting memory posting) = _wrong(1);
        vm.warp(startsAt + UNBONDING - DELAY + 1);
        bytes[] memory all = signedBy(keys, 0, VALIDATORS, epochs.resultDigest(result));
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.RootTooLate.selector, startsAt + UNBONDING + 1, startsAt + UNBONDING)
        );
        epochs.submitRoot(result, posting, 15, all);
        vm.warp(block.timestamp - 1);
        submit(result, posting, keys, VALIDATORS);
        vm.warp(block.timestamp + DELAY - 1);
        disputes.disputeTotal(result, posting.seats, SeatTree.half(posting.amounts));
        vm.warp(block.timestamp + 1);
        epochs.punish(result, posting.validators, type(uint256).max);
        vm.warp(block.timestamp + 1);
        staking.withdraw(leaver, 1);
        eq(pools.balanceOf(leaver, netuid), worth - worth / 5, "a fifth of what was leaving");
    }

    /// @dev The owner names another file, with an aggregator that nobody can check, between an epoch and its result.
    function test_a_new_file_of_the_owner_leaves_earlier_epochs_disputable() public {
        vm.prank(FOUNDER);
        terms.announceUpdate(netuid, "", keccak256("another file"));
        (Result memory result, Posting memory posting) = _wrong(1);
        vm.warp(subnets.epochWindow(netuid, 3).startsAt);
        eq(subnets.specHashAt(netuid, 3), keccak256("another file"), "in force");
        eq(subnets.specHashAt(netuid, 1), result.specHash, "but not for epoch 1");
        uint16 uid = uint16(VALIDATORS);
        uint256 consensus = wordAt(posting.seats, uid).consensus();
        posting.seats[uid] ^= bytes32(uint256(1) << 168);
        Result memory forged = resultFor(netuid, 1, posting, result.minersTotal, result.dividendsTotal);
        forged.specHash = result.specHash;
        submit(forged, posting, keys, VALIDATORS);
        SeatClaim memory seat = claimed(posting, uid, consensus);
        disputes.disputeSeat(forged, spec, posting.validators, seat);
        yes(epochs.isDisabled(epochs.resultDigest(forged)), "a seat of epoch 1");
        submit(result, posting = _posting, keys, VALIDATORS);
        disputes.disputeTotal(result, posting.seats, SeatTree.half(posting.amounts));
        yes(epochs.isDisabled(epochs.resultDigest(result)), "a total of epoch 1");
    }

    Posting private _posting;

    /// @dev An honest vote in `epoch`, and a result that pays a unit too little.
    function _wrong(uint64 epoch) private returns (Result memory result, Posting memory posting) {
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            uint16[] memory row = new uint16[](8);
            for (uint256 uid = VALIDATORS; uid < 8; ++uid) {
                row[uid] = uint16(1_000 * (uid + 1) + 7 * i);
            }
            setRow(vm.addr(keys[i]), row);
        }
        vote(epoch, 15);
        (result, posting) = honest(epoch, 8, none());
        result.minersTotal -= 1;
        _posting = posting;
    }
}
