// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued, IPoolEmission} from "../../../src/subnets/emission/IPoolEmission.sol";
import {PoolEmission} from "../../../src/subnets/emission/PoolEmission.sol";
import {Epochs} from "../../../src/subnets/results/Epochs.sol";
import {Claim, EpochRoot, IEpochs, Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {AlphaStaking} from "../../../src/subnets/pool/AlphaStaking.sol";
import {Pools} from "../../../src/subnets/pool/Pools.sol";
import {AmountWords} from "../../../src/subnets/results/SeatWords.sol";
import {Network} from "../../support/Network.sol";
import {vm} from "../../support/Vm.sol";

contract EpochsTest is Network {
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    uint32 private _netuid;
    uint256[] private _keys;

    event RootDisabled(
        uint32 indexed netuid,
        uint64 indexed epoch,
        bytes32 indexed resultHash,
        uint256 objectingStake,
        uint256 totalPermittedStake
    );

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
        _keys = addValidators(_netuid, 3, MIN_STAKE);
        join(_netuid, ANN);
        join(_netuid, BOB);
        toRoot(_netuid, 1);
    }

    function test_two_thirds_is_not_enough_and_all_is() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        bytes32 digest = epochs.resultDigest(result);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 2 * MIN_STAKE, 3 * MIN_STAKE)
        );
        epochs.submitRoot(result, posting, (1 << 2) - 1, signedBy(_keys, 0, 2, digest));
        epochs.submitRoot(result, posting, (1 << 3) - 1, signedBy(_keys, 0, 3, digest));
        EpochRoot memory stored = epochs.rootOf(_netuid, 1);
        eq(stored.resultHash, digest, "hash");
        eq(stored.activatesAt, block.timestamp + 120, "delay");
        (bool exists, uint64 newest) = epochs.lastRootEpoch(_netuid);
        yes(exists && newest == 1, "newest");
        no(epochs.isActive(_netuid, 1), "waiting");
    }

    function test_one_unit_above_two_thirds_is_enough() public {
        stakeOn(_netuid, vm.addr(_keys[0]), ANN, 1);
        toRoot(_netuid, 3);
        _submit(3, 0, 2);
    }

    function test_signers_are_the_validators_that_the_bits_name() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        bytes32 digest = epochs.resultDigest(result);
        bytes[] memory twice = signedBy(_keys, 0, 3, digest);
        twice[1] = twice[0];
        (address first, address second) = (vm.addr(_keys[0]), vm.addr(_keys[1]));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.WrongSigner.selector, second, first));
        epochs.submitRoot(result, posting, 7, twice);
        bytes[] memory all = signedBy(_keys, 0, 3, digest);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignerCountMismatch.selector, 3, 3));
        epochs.submitRoot(result, posting, 3, all);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignerCountMismatch.selector, 15, 3));
        epochs.submitRoot(result, posting, 15, all);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 0, 3 * MIN_STAKE));
        epochs.submitRoot(result, posting, 0, new bytes[](0));
    }

    function test_a_posting_must_be_what_was_signed() public {
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(result));
        posting.amounts[3] = AmountWords.pack(25e18, 0);
        bytes memory refusal = abi.encodeWithSelector(IEpochs.PostingMismatch.selector, "root");
        vm.expectRevert(refusal);
        epochs.submitRoot(result, posting, 7, signatures);
        posting.amounts[3] = AmountWords.pack(24e18, 0);
        (posting.seats, posting.amounts) = (posting.amounts, posting.seats);
        vm.expectRevert(refusal);
        epochs.submitRoot(result, posting, 7, signatures);
        (posting.seats, posting.amounts) = (posting.amounts, posting.seats);
        bytes32[] memory amounts = posting.amounts;
        posting.amounts = new bytes32[](257);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PostingTooLong.selector, "amounts"));
        epochs.submitRoot(result, posting, 7, signatures);
        posting.amounts = amounts;
        posting.carry = new bytes32[](1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PostingMismatch.selector, "carry"));
        epochs.submitRoot(result, posting, 7, signatures);
        posting.carry = new bytes32[](0);
        posting.validators[0] |= bytes32(uint256(1));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PostingMismatch.selector, "validators"));
        epochs.submitRoot(result, posting, 7, signatures);
    }

    function test_validators_are_whole_ascending_and_their_signers_true() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        bytes32[] memory all = posting.validators;
        posting.validators = new bytes32[](2);
        (posting.validators[0], posting.validators[1]) = (all[0], all[1]);
        _refused(result, posting, abi.encodeWithSelector(IEpochs.PostingMismatch.selector, "stakes"));
        (posting.validators[0], posting.validators[1]) = (all[1], all[0]);
        _refused(result, posting, abi.encodeWithSelector(IEpochs.ValidatorsNotAscending.selector, 1));
        posting.validators = all;
        (posting.validators[0], posting.validators[1]) =
            (bytes32(uint256(all[0]) + 1), bytes32(uint256(all[1]) - 1));
        _refused(
            result,
            posting,
            abi.encodeWithSelector(IEpochs.StakeMismatch.selector, vm.addr(_keys[0]), MIN_STAKE, MIN_STAKE + 1)
        );
    }

    function _refused(Result memory result, Posting memory posting, bytes memory failure) private {
        Result memory changed = resultFor(_netuid, result.epoch, posting, result.minersTotal, result.dividendsTotal);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(changed));
        vm.expectRevert(failure);
        epochs.submitRoot(changed, posting, 7, signatures);
    }

    function test_malleated_and_short_signatures_are_refused() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(result));
        bytes memory good = signatures[2];
        signatures[2] = malleated(good);
        vm.expectRevert();
        epochs.submitRoot(result, posting, 7, signatures);
        signatures[2] = hex"1234";
        vm.expectRevert();
        epochs.submitRoot(result, posting, 7, signatures);
        signatures[2] = good;
        epochs.submitRoot(result, posting, 7, signatures);
    }

    function test_signatures_do_not_travel_to_another_chain_contract_or_epoch() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(result));
        Epochs twin = new Epochs(subnets, emission, disputes);
        vm.expectRevert();
        twin.submitRoot(result, posting, 7, signatures);
        vm.chainId(1);
        vm.expectRevert();
        epochs.submitRoot(result, posting, 7, signatures);
        vm.chainId(424242);
        result.epoch = 0;
        vm.expectRevert();
        epochs.submitRoot(result, posting, 7, signatures);
    }

    function test_stake_moved_after_the_snapshot_does_not_vote() public {
        vm.warp(subnets.epochWindow(_netuid, 2).startsAt + 1);
        address late = vm.addr(0x1A7E);
        join(_netuid, late);
        stakeOn(_netuid, late, late, 1_000 * MIN_STAKE);
        seek(_netuid, late);
        toRoot(_netuid, 2);
        (Result memory result, Posting memory posting) = _result(2, 0);
        posting.validators = new bytes32[](1);
        posting.validators[0] = bytes32(uint256(uint160(late)) << 96 | 255 << 88 | 3 * MIN_STAKE);
        result = resultFor(_netuid, 2, posting, 0, 0);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signed(0x1A7E, epochs.resultDigest(result));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignerNotPermitted.selector, late));
        epochs.submitRoot(result, posting, 1, signatures);
        _submit(2, 0, 3);
    }

    function test_stake_without_a_permit_does_not_count_in_the_quorum() public {
        stakeOn(_netuid, address(0xDEAD), ANN, 1_000 * MIN_STAKE);
        toRoot(_netuid, 3);
        _submit(3, 0, 3);
    }

    function test_an_epoch_without_validators_has_no_root() public {
        uint32 lonely = createSubnet();
        toRoot(lonely, 0);
        Posting memory posting;
        Result memory result = resultFor(lonely, 0, posting, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 0, 0));
        epochs.submitRoot(result, posting, 0, new bytes[](0));
    }

    function test_a_root_is_refused_before_the_reveals_end() public {
        uint256 opensAt = subnets.epochWindow(_netuid, 2).revealEndsAt;
        vm.warp(opensAt - 1);
        _fails(2, 0, abi.encodeWithSelector(IEpochs.RootTooEarly.selector, opensAt - 1, opensAt));
    }

    function test_a_root_waits_until_what_accrued_is_final() public {
        uint256 endsAt = subnets.epochWindow(_netuid, 2).endsAt;
        vm.warp(subnets.epochWindow(_netuid, 2).revealEndsAt);
        bytes memory refusal =
            abi.encodeWithSelector(IPoolEmission.AccrualNotFinal.selector, endsAt, emission.finalUntil());
        _fails(2, 0, refusal);
        emission.advance(0);
        _fails(2, 0, refusal);
        emission.advance(1);
        _submit(2, 0, 3);
    }

    function test_totals_are_bounded_by_accrual_and_never_fall_each_for_itself() public {
        Accrued memory accrued = emission.accrued(_netuid, 2);
        (uint256 miners, uint256 dividends) = (accrued.miners, accrued.dividends);
        yes(miners > 0 && dividends > 0, "both accrued");
        _fails(1, miners + 1, 0, _total(IEpochs.TotalExceedsAccrued.selector, "miners", miners + 1, miners));
        _fails(1, 0, dividends + 1, _total(IEpochs.TotalExceedsAccrued.selector, "dividends", dividends + 1, dividends));
        _submit(1, miners, dividends, 3);
        EpochRoot memory stored = epochs.rootOf(_netuid, 1);
        yes(stored.minersTotal == miners && stored.dividendsTotal == dividends, "kept");
        toRoot(_netuid, 2);
        _fails(2, miners - 1, dividends, _total(IEpochs.TotalDecreased.selector, "miners", miners - 1, miners));
        _fails(2, miners, dividends - 1, _total(IEpochs.TotalDecreased.selector, "dividends", dividends - 1, dividends));
        _submit(2, miners, dividends, 3);
        eq(epochs.rootOf(_netuid, 2).previousPlusOne, 2, "builds on the first");
    }

    function test_an_emission_of_another_stake_is_refused() public {
        Pools others = new Pools(token);
        new AlphaStaking(others, 1, 0);
        PoolEmission foreign =
            new PoolEmission(others, address(this), emission.policy(), PoolEmission.Schedules(1, 1, 9, 9));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PartsMismatch.selector, "emission"));
        new Epochs(subnets, foreign, disputes);
    }

    function test_the_spec_must_be_the_one_in_force() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        result.specHash = keccak256("spec 2");
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.SpecHashMismatch.selector, SPEC, keccak256("spec 2"))
        );
        epochs.submitRoot(result, posting, 0, new bytes[](0));
    }

    function test_one_pending_root_at_a_time_and_epochs_only_forward() public {
        _submit(1, 0, 3);
        _fails(1, 0, abi.encodeWithSelector(IEpochs.RootPending.selector, 1, epochs.rootOf(_netuid, 1).activatesAt));
        vm.warp(block.timestamp + 120);
        _fails(1, 0, abi.encodeWithSelector(IEpochs.EpochNotAfter.selector, 1, 1));
        toRoot(_netuid, 5);
        _submit(5, 0, 3);
        vm.warp(block.timestamp + 120);
        _fails(4, 0, abi.encodeWithSelector(IEpochs.EpochNotAfter.selector, 4, 5));
    }

    function test_an_objection_disables_the_result_for_ever_and_reopens_the_epoch() public {
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        submit(result, posting, _keys, 3);
        bytes32 hash = epochs.resultDigest(result);
        bytes32 objection = epochs.objectionDigest(_netuid, 1, hash);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, MIN_STAKE, 3 * MIN_STAKE));
        epochs.objectRoot(_netuid, 1, hash, signedBy(_keys, 0, 1, objection));
        vm.expectRevert();
        epochs.objectRoot(_netuid, 1, hash, signedBy(_keys, 0, 3, hash));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ResultHashMismatch.selector, hash, bytes32(0)));
        epochs.objectRoot(_netuid, 1, 0, signedBy(_keys, 0, 2, objection));
        vm.expectEmit(true, true, true, true);
        emit RootDisabled(_netuid, 1, hash, 2 * MIN_STAKE, 3 * MIN_STAKE);
        epochs.objectRoot(_netuid, 1, hash, signedBy(_keys, 0, 2, objection));

        yes(epochs.isDisabled(hash), "disabled");
        (bool exists,) = epochs.lastRootEpoch(_netuid);
        no(exists, "no root left");
        bytes[] memory again = signedBy(_keys, 0, 3, hash);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ResultDisabled.selector, hash));
        epochs.submitRoot(result, posting, 7, again);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootNotFound.selector, _netuid, 1));
        epochs.claim(claimOf(_netuid, 1, 3, posting));

        result.dataHash = keccak256("corrected");
        submit(result, posting, _keys, 3);
    }

    function test_an_active_root_cannot_be_objected_to() public {
        (Result memory result, Posting memory posting) = _result(1, 0);
        submit(result, posting, _keys, 3);
        bytes32 hash = epochs.resultDigest(result);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.objectionDigest(_netuid, 1, hash));
        vm.warp(block.timestamp + 120);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootAlreadyActive.selector, block.timestamp));
        epochs.objectRoot(_netuid, 1, hash, signatures);
    }

    function test_anyone_claims_for_anyone_once_the_root_is_active() public {
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        submit(result, posting, _keys, 3);
        Claim memory claim = claimOf(_netuid, 1, 4, posting);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootNotActive.selector, block.timestamp + 120));
        epochs.claim(claim);
        vm.warp(block.timestamp + 120);
        yes(epochs.isActive(_netuid, 1), "active");
        claim.amounts = AmountWords.pack(16e18 + 1, 8e18);
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claim(claim);
        (claim.amounts, claim.uid) = (posting.amounts[4], 3);
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claim(claim);
        claim.uid = 4;
        vm.prank(ANN);
        (uint256 mined, uint256 dividends) = epochs.claim(claim);
        yes(mined == 16e18 && dividends == 8e18, "amounts");
        atMost(24e18 - 2, _worth(BOB), "staked on the seat's hotkey, not the caller's");
        atMost(_worth(BOB), 24e18, "no more");
        _paidIs(BOB, 4, 16e18, 8e18);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToClaim.selector, 4));
        epochs.claim(claim);
    }

    function test_miners_are_paid_where_they_prefer_and_dividends_reach_who_staked() public {
        address delegator = address(0xDE1);
        stakeOn(_netuid, BOB, delegator, 100e18);
        vm.prank(ANN);
        delegation.setAutoStake(_netuid, BOB);
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        submit(result, posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(claimOf(_netuid, 1, 3, posting));
        (, uint256 worth) = staking.positionOf(_netuid, BOB, ANN);
        atMost(24e18 - 1, worth, "ann's earnings on bob");
        epochs.claim(claimOf(_netuid, 1, 4, posting));
        (, worth) = staking.positionOf(_netuid, BOB, delegator);
        yes(worth > 100e18, "dividends raise every share");
    }

    function test_later_roots_pay_the_difference_and_older_ones_stay_claimable() public {
        (Result memory first, Posting memory firstPosting) = _paying(1, 24e18, 16e18);
        submit(first, firstPosting, _keys, 3);
        toRoot(_netuid, 2);
        (Result memory second, Posting memory secondPosting) = _paying(2, 30e18, 18e18);
        submit(second, secondPosting, _keys, 3);
        vm.warp(block.timestamp + 120);
        _claims(1, 3, firstPosting, 24e18, 0);
        _claims(2, 3, secondPosting, 6e18, 0);
        Claim memory old = claimOf(_netuid, 1, 3, firstPosting);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToClaim.selector, 3));
        epochs.claim(old);
        _claims(2, 4, secondPosting, 18e18, 9e18);
        (uint256 mined, uint256 dividends) = epochs.totalPaid(_netuid);
        yes(mined == 48e18 && dividends == 9e18, "paid by the subnet");
    }

    function test_who_left_claims_against_the_last_root_and_who_returned_begins_anew() public {
        (Result memory first, Posting memory firstPosting) = _paying(1, 24e18, 16e18);
        submit(first, firstPosting, _keys, 3);
        vm.prank(ANN);
        subnets.deregister(_netuid, ANN);
        vm.warp(block.timestamp + 1);
        address carol = address(0xCA201);
        eq(join(_netuid, carol), 3, "the seat that was freed");
        toRoot(_netuid, 2);
        (Result memory second, Posting memory secondPosting) = _paying(2, 7e18, 36e18);
        second.minersTotal = 67e18;
        submit(second, secondPosting, _keys, 3);
        vm.warp(block.timestamp + 120);
        _claims(2, 3, secondPosting, 7e18, 0);
        eq(_worth(carol), 7e18, "the newcomer");
        // What others claimed against the newer root does not stand in the way of the older claim.
        _claims(2, 4, secondPosting, 36e18, 18e18);
        _claims(1, 3, firstPosting, 24e18, 0);
        eq(_worth(ANN), 24e18, "who left");
    }

    function test_a_free_seat_is_paid_nothing() public {
        bytes32[] memory amounts = new bytes32[](6);
        amounts[5] = AmountWords.pack(1e18, 1e18);
        Posting memory posting = postingFor(_netuid, 1, _keys, new bytes32[](0), amounts);
        submit(resultFor(_netuid, 1, posting, 1e18, 1e18), posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        Claim memory claim = claimOf(_netuid, 1, 5, posting);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SeatIsFree.selector, 5));
        epochs.claim(claim);
    }

    function test_words_that_promise_more_than_a_total_stop_at_the_total() public {
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        posting.amounts[3] = AmountWords.pack(24e18, type(uint128).max);
        result = resultFor(_netuid, 1, posting, 39e18, 8e18);
        submit(result, posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        _claims(1, 4, posting, 16e18, 8e18);
        Claim memory claim = claimOf(_netuid, 1, 3, posting);
        vm.expectRevert(_total(IEpochs.ClaimsExceedTotal.selector, "miners", 40e18, 39e18));
        epochs.claim(claim);
        toRoot(_netuid, 2);
        (result, posting) = _paying(2, 24e18, 16e18);
        posting.amounts[3] = AmountWords.pack(24e18, type(uint128).max);
        submit(resultFor(_netuid, 2, posting, 40e18, 8e18), posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        claim = claimOf(_netuid, 2, 3, posting);
        uint256 all = 8e18 + uint256(type(uint128).max);
        vm.expectRevert(_total(IEpochs.ClaimsExceedTotal.selector, "dividends", all, 8e18));
        epochs.claim(claim);
    }

    function test_many_claims_skip_what_is_paid_but_not_what_is_false() public {
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        submit(result, posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(claimOf(_netuid, 1, 3, posting));
        Claim[] memory claims = new Claim[](2);
        claims[0] = claimOf(_netuid, 1, 3, posting);
        claims[1] = claimOf(_netuid, 1, 4, posting);
        (uint256 mined, uint256 dividends) = epochs.claimMany(claims);
        yes(mined == 16e18 && dividends == 8e18, "the unpaid one");
        claims[1].amounts = AmountWords.pack(17e18, 8e18);
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claimMany(claims);
    }

    function test_the_owner_gets_what_accrued_before_the_newest_active_root_ended() public {
        bytes memory nothing = abi.encodeWithSelector(IEpochs.NothingForOwner.selector, _netuid);
        vm.expectRevert(nothing);
        epochs.claimOwner(_netuid);
        _submit(1, 0, 3);
        vm.expectRevert(nothing);
        epochs.claimOwner(_netuid);
        vm.warp(block.timestamp + 120);
        uint256 due = emission.accrued(_netuid, 2).owner;
        vm.prank(BOB);
        eq(epochs.claimOwner(_netuid), due, "epochs 0 and 1");
        atMost(due - 1, _worth(FOUNDER), "staked for the owner");
        vm.expectRevert(nothing);
        epochs.claimOwner(_netuid);
        toRoot(_netuid, 4);
        _submit(4, 0, 3);
        vm.expectRevert(nothing);
        epochs.claimOwner(_netuid);
        vm.warp(block.timestamp + 120);
        eq(epochs.claimOwner(_netuid), emission.accrued(_netuid, 5).owner - due, "up to the newest");
    }

    function test_scores_of_seats_count_both_amounts() public {
        (Result memory result, Posting memory posting) = _paying(1, 24e18, 16e18);
        submit(result, posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(claimOf(_netuid, 1, 3, posting));
        epochs.claim(claimOf(_netuid, 1, 4, posting));
        address[] memory hotkeys = new address[](3);
        (hotkeys[0], hotkeys[1], hotkeys[2]) = (ANN, BOB, vm.addr(_keys[0]));
        uint256[] memory scores = epochs.seatScores(_netuid, hotkeys);
        yes(scores[0] == 24e18 && scores[1] == 24e18 && scores[2] == 0, "mined and dividends");
    }

    /// @dev Who left, came back and lets another claim for its first time later is no richer in the window of now.
    function test_a_late_claim_counts_for_the_window_of_its_root() public {
        (Result memory result, Posting memory old) = _paying(1, 24e18, 0);
        submit(result, old, _keys, 3);
        vm.warp(block.timestamp + 120);
        vm.prank(ANN);
        subnets.deregister(_netuid, ANN);
        vm.warp(block.timestamp + 1);
        join(_netuid, ANN);
        toRoot(_netuid, 17);
        Posting memory fresh;
        (result, fresh) = _paying(17, 1, 0);
        result.minersTotal += 24e18;
        submit(result, fresh, _keys, 3);
        vm.warp(block.timestamp + 120);
        _claims(17, 3, fresh, 1, 0);
        _claims(1, 3, old, 24e18, 0);
        eq(_scoreOf(ANN), 24e18 + 1, "the window before");
        toRoot(_netuid, 33);
        _submit(33, 24e18 + 1, 3);
        eq(_scoreOf(ANN), 1, "gone with it");
    }

    function _scoreOf(address hotkey) private view returns (uint256) {
        address[] memory hotkeys = new address[](1);
        hotkeys[0] = hotkey;
        return epochs.seatScores(_netuid, hotkeys)[0];
    }

    function testFuzz_any_tree_pays_exactly_its_words(uint96[14] memory drawn) public {
        (uint256 miners, uint256 dividends) = (0, 0);
        bytes32[] memory amounts = new bytes32[](12);
        for (uint256 i = 5; i < 12; ++i) {
            join(_netuid, address(uint160(0x9000 + i)));
            (uint256 mined, uint256 asValidator) = (within(drawn[i - 5], 0, 5e18), within(drawn[i + 2], 0, 5e18));
            if (mined + asValidator == 0) mined = 1;
            (miners, dividends) = (miners + mined, dividends + asValidator);
            amounts[i] = AmountWords.pack(mined, asValidator);
        }
        toRoot(_netuid, 2);
        Posting memory posting = postingFor(_netuid, 2, _keys, new bytes32[](0), amounts);
        submit(resultFor(_netuid, 2, posting, miners, dividends), posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        for (uint16 uid = 5; uid < 12; ++uid) {
            _claims(2, uid, posting, AmountWords.mined(amounts[uid]), AmountWords.dividends(amounts[uid]));
        }
        Accrued memory paid = emission.paidOf(_netuid);
        yes(paid.miners == miners && paid.dividends == dividends, "paid out of accrual");
    }

    function testFuzz_a_quorum_is_strictly_more_than_two_thirds(uint96[3] memory extra, uint8 mask) public {
        uint256[3] memory stakes;
        for (uint256 i = 0; i < 3; ++i) {
            stakes[i] = MIN_STAKE + within(extra[i], 1, 1_000e18);
            stakeOn(_netuid, vm.addr(_keys[i]), ANN, stakes[i] - MIN_STAKE);
        }
        toRoot(_netuid, 3);
        (Result memory result, Posting memory posting) = _result(3, 0);
        bytes32 digest = epochs.resultDigest(result);
        (uint256 count, uint256 sum) = (0, 0);
        for (uint256 i = 0; i < 3; ++i) {
            if (mask >> i & 1 == 1) (count, sum) = (count + 1, sum + stakes[i]);
        }
        bytes[] memory signatures = new bytes[](count);
        uint256 next;
        for (uint256 i = 0; i < 3; ++i) {
            if (mask >> i & 1 == 1) signatures[next++] = signed(_keys[i], digest);
        }
        uint256 total = stakes[0] + stakes[1] + stakes[2];
        bool enough = 3 * sum > 2 * total;
        if (!enough) vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, sum, total));
        epochs.submitRoot(result, posting, mask & 7, signatures);
    }

    function _fails(uint64 epoch, uint256 total, bytes memory failure) private {
        _fails(epoch, total, 0, failure);
    }

    function _fails(uint64 epoch, uint256 miners, uint256 dividends, bytes memory failure) private {
        (Result memory result, Posting memory posting) = _result(epoch, miners, dividends);
        vm.expectRevert(failure);
        epochs.submitRoot(result, posting, 0, new bytes[](0));
    }

    function _submit(uint64 epoch, uint256 total, uint256 signers) private {
        _submit(epoch, total, 0, signers);
    }

    function _submit(uint64 epoch, uint256 miners, uint256 dividends, uint256 signers) private {
        (Result memory result, Posting memory posting) = _result(epoch, miners, dividends);
        submit(result, posting, _keys, signers);
    }

    function _result(uint64 epoch, uint256 total) private view returns (Result memory, Posting memory) {
        return _result(epoch, total, 0);
    }

    function _result(uint64 epoch, uint256 miners, uint256 dividends)
        private
        view
        returns (Result memory result, Posting memory posting)
    {
        posting = postingFor(_netuid, epoch, _keys, new bytes32[](0), new bytes32[](0));
        result = resultFor(_netuid, epoch, posting, miners, dividends);
    }

    /// @dev Ann has seat 3 and mines, Bob seat 4 and gets half as much again as a validator.
    function _paying(uint64 epoch, uint256 toAnn, uint256 toBob)
        private
        view
        returns (Result memory result, Posting memory posting)
    {
        bytes32[] memory amounts = new bytes32[](5);
        (amounts[3], amounts[4]) = (AmountWords.pack(toAnn, 0), AmountWords.pack(toBob, toBob / 2));
        posting = postingFor(_netuid, epoch, _keys, new bytes32[](0), amounts);
        result = resultFor(_netuid, epoch, posting, toAnn + toBob, toBob / 2);
    }

    function _claims(uint64 epoch, uint16 uid, Posting memory posting, uint256 mined, uint256 dividends) private {
        (uint256 asMiner, uint256 asValidator) = epochs.claim(claimOf(_netuid, epoch, uid, posting));
        eq(asMiner, mined, "mined");
        eq(asValidator, dividends, "dividends");
    }

    function _paidIs(address hotkey, uint16 uid, uint256 mined, uint256 dividends) private view {
        (, uint48 since) = terms.seatAt(_netuid, uid, block.timestamp - 1);
        (uint256 asMiner, uint256 asValidator) = epochs.paidTo(_netuid, hotkey, since);
        yes(asMiner == mined && asValidator == dividends, "recorded");
    }

    /// @dev What an account has on its own hotkey.
    function _worth(address account) private view returns (uint256 amount) {
        (, amount) = staking.positionOf(_netuid, account, account);
    }

    function _total(bytes4 selector, string memory part, uint256 total, uint256 limit)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(selector, part, total, limit);
    }
}
