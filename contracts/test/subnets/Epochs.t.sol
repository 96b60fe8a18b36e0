// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim, EpochRoot, IEpochs, Posting, Result} from "../../src/subnets/IEpochs.sol";
import {Epochs} from "../../src/subnets/Epochs.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

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
        (Result memory result, Posting memory posting) = _paying(1, 60e18, 40e18);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(result));
        posting.seats[3] = bytes32(uint256(61e18));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PostingMismatch.selector, "seats"));
        epochs.submitRoot(result, posting, 7, signatures);
        posting.seats[3] = bytes32(uint256(60e18));
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
        Result memory changed = resultFor(_netuid, result.epoch, posting, result.cumulativeTotal);
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
        Epochs twin = new Epochs(token, subnets, disputes, 1, HALVING);
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
        toRoot(_netuid, 2);
        (Result memory result, Posting memory posting) = _result(2, 0);
        posting.validators = new bytes32[](1);
        posting.validators[0] = bytes32(uint256(uint160(late)) << 96 | 255 << 88 | 3 * MIN_STAKE);
        result = resultFor(_netuid, 2, posting, 0);
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
        Result memory result = resultFor(lonely, 0, posting, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 0, 0));
        epochs.submitRoot(result, posting, 0, new bytes[](0));
    }

    function test_a_root_is_refused_before_the_reveals_end() public {
        uint256 opensAt = subnets.epochWindow(_netuid, 2).revealEndsAt;
        vm.warp(opensAt - 1);
        _fails(2, 0, abi.encodeWithSelector(IEpochs.RootTooEarly.selector, opensAt - 1, opensAt));
    }

    function test_totals_are_bounded_by_accrual_and_never_fall() public {
        uint256 accrued = emission.accrued(_netuid, 2);
        _fails(1, accrued + 1, abi.encodeWithSelector(IEpochs.CumulativeTotalExceedsAccrued.selector, accrued + 1, accrued));
        _submit(1, accrued, 3);
        toRoot(_netuid, 2);
        _fails(2, accrued - 1, abi.encodeWithSelector(IEpochs.CumulativeTotalDecreased.selector, accrued - 1, accrued));
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
        (Result memory result, Posting memory posting) = _paying(1, 60e18, 40e18);
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
        epochs.claim(claimOf(_netuid, 1, 3, posting.seats));

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
        (Result memory result, Posting memory posting) = _paying(1, 60e18, 40e18);
        submit(result, posting, _keys, 3);
        Claim memory claim = claimOf(_netuid, 1, 3, posting.seats);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootNotActive.selector, block.timestamp + 120));
        epochs.claim(claim);
        vm.warp(block.timestamp + 120);
        yes(epochs.isActive(_netuid, 1), "active");
        claim.word = bytes32(uint256(60e18 + 1));
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claim(claim);
        (claim.word, claim.uid) = (bytes32(uint256(60e18)), 4);
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claim(claim);
        claim.uid = 3;
        vm.prank(BOB);
        eq(epochs.claim(claim), 60e18, "amount");
        eq(token.balanceOf(ANN), 60e18, "paid to the seat's hotkey, not the caller");
        (, uint48 since) = terms.seatAt(_netuid, 3, block.timestamp - 1);
        eq(epochs.paidTo(_netuid, ANN, since), 60e18, "recorded");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToClaim.selector, 3));
        epochs.claim(claim);
    }

    function test_later_roots_pay_the_difference_and_older_ones_stay_claimable() public {
        (Result memory first, Posting memory firstPosting) = _paying(1, 60e18, 40e18);
        submit(first, firstPosting, _keys, 3);
        toRoot(_netuid, 2);
        (Result memory second, Posting memory secondPosting) = _paying(2, 75e18, 45e18);
        submit(second, secondPosting, _keys, 3);
        vm.warp(block.timestamp + 120);
        eq(epochs.claim(claimOf(_netuid, 1, 3, firstPosting.seats)), 60e18, "old root");
        eq(epochs.claim(claimOf(_netuid, 2, 3, secondPosting.seats)), 15e18, "difference");
        Claim memory old = claimOf(_netuid, 1, 3, firstPosting.seats);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToClaim.selector, 3));
        epochs.claim(old);
        eq(epochs.claim(claimOf(_netuid, 2, 4, secondPosting.seats)), 45e18, "all at once");
        eq(epochs.totalPaid(_netuid), 120e18, "paid by the subnet");
    }

    function test_who_left_claims_against_the_last_root_and_who_returned_begins_anew() public {
        (Result memory first, Posting memory firstPosting) = _paying(1, 60e18, 40e18);
        submit(first, firstPosting, _keys, 3);
        vm.prank(ANN);
        subnets.deregister(_netuid, ANN);
        vm.warp(block.timestamp + 1);
        address carol = address(0xCA201);
        eq(join(_netuid, carol), 3, "the seat that was freed");
        toRoot(_netuid, 2);
        (Result memory second, Posting memory secondPosting) = _paying(2, 7e18, 45e18);
        second.cumulativeTotal = 112e18;
        submit(second, secondPosting, _keys, 3);
        vm.warp(block.timestamp + 120);
        eq(epochs.claim(claimOf(_netuid, 2, 3, secondPosting.seats)), 7e18, "the newcomer");
        eq(token.balanceOf(carol), 7e18, "carol");
        eq(epochs.claim(claimOf(_netuid, 1, 3, firstPosting.seats)), 60e18, "who left");
        eq(token.balanceOf(ANN), 60e18, "ann");
    }

    function test_a_free_seat_is_paid_nothing() public {
        bytes32[] memory seats = new bytes32[](6);
        seats[5] = bytes32(uint256(1e18));
        Posting memory posting = postingFor(_netuid, 1, _keys, seats);
        submit(resultFor(_netuid, 1, posting, 1e18), posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        Claim memory claim = claimOf(_netuid, 1, 5, seats);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SeatIsFree.selector, 5));
        epochs.claim(claim);
    }

    function test_words_that_promise_more_than_the_total_stop_at_the_total() public {
        (Result memory result, Posting memory posting) = _paying(1, 60e18, 40e18);
        result.cumulativeTotal = 90e18;
        submit(result, posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(claimOf(_netuid, 1, 3, posting.seats));
        Claim memory claim = claimOf(_netuid, 1, 4, posting.seats);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ClaimsExceedTotal.selector, 100e18, 90e18));
        epochs.claim(claim);
    }

    function test_many_claims_skip_what_is_paid_but_not_what_is_false() public {
        (Result memory result, Posting memory posting) = _paying(1, 60e18, 40e18);
        submit(result, posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(claimOf(_netuid, 1, 3, posting.seats));
        Claim[] memory claims = new Claim[](2);
        claims[0] = claimOf(_netuid, 1, 3, posting.seats);
        claims[1] = claimOf(_netuid, 1, 4, posting.seats);
        eq(epochs.claimMany(claims), 40e18, "the unpaid one");
        claims[1].word = bytes32(uint256(41e18));
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claimMany(claims);
    }

    function testFuzz_any_tree_pays_exactly_its_words(uint96[7] memory amounts) public {
        uint256 total;
        bytes32[] memory seats = new bytes32[](12);
        for (uint256 i = 5; i < 12; ++i) {
            join(_netuid, address(uint160(0x9000 + i)));
            amounts[i - 5] = uint96(within(amounts[i - 5], 1, 10e18));
            total += amounts[i - 5];
            seats[i] = bytes32(uint256(amounts[i - 5]));
        }
        toRoot(_netuid, 2);
        Posting memory posting = postingFor(_netuid, 2, _keys, seats);
        submit(resultFor(_netuid, 2, posting, total), posting, _keys, 3);
        vm.warp(block.timestamp + 120);
        for (uint16 uid = 5; uid < 12; ++uid) {
            eq(epochs.claim(claimOf(_netuid, 2, uid, seats)), amounts[uid - 5], "word");
        }
        eq(emission.totalMinted(), total, "minted");
        eq(epochs.totalPaid(_netuid), total, "paid");
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
        (Result memory result, Posting memory posting) = _result(epoch, total);
        vm.expectRevert(failure);
        epochs.submitRoot(result, posting, 0, new bytes[](0));
    }

    function _submit(uint64 epoch, uint256 total, uint256 signers) private {
        (Result memory result, Posting memory posting) = _result(epoch, total);
        submit(result, posting, _keys, signers);
    }

    function _result(uint64 epoch, uint256 total) private view returns (Result memory result, Posting memory posting) {
        posting = postingFor(_netuid, epoch, _keys, new bytes32[](0));
        result = resultFor(_netuid, epoch, posting, total);
    }

    /// @dev Ann has seat 3, Bob seat 4.
    function _paying(uint64 epoch, uint256 toAnn, uint256 toBob)
        private
        view
        returns (Result memory result, Posting memory posting)
    {
        bytes32[] memory seats = new bytes32[](5);
        (seats[3], seats[4]) = (bytes32(toAnn), bytes32(toBob));
        posting = postingFor(_netuid, epoch, _keys, seats);
        result = resultFor(_netuid, epoch, posting, toAnn + toBob);
    }
}
