// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued, IPoolEmission} from "../../../src/subnets/emission/IPoolEmission.sol";
import {AmountClaim, IDisputes, SeatClaim} from "../../../src/subnets/results/IDisputes.sol";
import {IEpochs, Offence, Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {ISubnets} from "../../../src/subnets/ISubnets.sol";
import {IAlphaStaking} from "../../../src/subnets/pool/IAlphaStaking.sol";
import {ResultTree} from "../../../src/subnets/results/ResultTree.sol";
import {SeatWords} from "../../../src/subnets/results/SeatWords.sol";
import {Rows} from "../../../src/subnets/results/Rows.sol";
import {WordTree} from "../../../src/subnets/results/WordTree.sol";
import {SeatTree} from "../../support/SeatTree.sol";
import {vm} from "../../support/Vm.sol";
import {Round} from "./Round.sol";

contract DisputesTest is Round {
    using SeatWords for bytes32;

    address private constant WATCHER = address(0x3A7C4);
    uint256 private constant VALIDATORS = 4;
    uint256 private constant SEATS = 10;
    uint256 private _seed;

    function setUp() public {
        startRound(16, VALIDATORS);
        for (uint160 i = 0; i < SEATS - VALIDATORS; ++i) {
            join(netuid, address(0x2000 + i));
        }
    }

    function testFuzz_an_honest_result_survives_every_dispute(uint256 seed) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, none());
    }

    function testFuzz_an_honest_second_result_with_sleepers_and_newcomers_survives(uint256 seed) public {
        Before memory before = _first(seed);
        vm.warp(block.timestamp + 120);
        address leaver = address(uint160(0x2000 + seed % 6));
        vm.prank(leaver);
        subnets.deregister(netuid, leaver);
        vm.warp(block.timestamp + 1);
        if (seed % 3 != 0) join(netuid, address(0x7777));
        (Result memory result, Posting memory posting) =
            _round(uint256(keccak256(abi.encode(seed))), 2, before);
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, before);
        disputes.confirm(result, spec, posting, _rows(posting, 2), halvesOf(before));
        yes(epochs.isActive(netuid, 2), "every number is right");
    }

    /// @dev Any number of any word is caught by the dispute of its kind, whatever it was changed to.
    function testFuzz_a_changed_number_is_caught(uint256 seed, uint8 field, uint256 delta) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        uint16 uid = uint16(seed % (SEATS + 2));
        uint256 consensus = wordAt(posting.seats, uid).consensus();
        field = uint8(within(field, 0, 9));
        if (field == 7) posting.validators[seed % VALIDATORS] ^= bytes32(within(delta, 1, 255) << 88);
        else if (field > 7) _changeTotal(result, field, delta);
        else _changeWord(posting, uid, field, delta);
        result = submitAs(result, posting);
        vm.startPrank(WATCHER);
        if (field == 7) disputes.disputeValidator(result, posting.validators, seed % VALIDATORS);
        else if (field > 7) disputes.disputeTotal(result, posting.seats, SeatTree.half(posting.amounts));
        else if (field > 4) disputes.disputeAmount(result, posting.seats, amountOf(posting, uid, none()));
        else if (field == 3) _disputeDividend(result, posting, uid);
        else disputes.disputeSeat(result, spec, posting.validators, claimed(posting, uid, consensus));
        vm.stopPrank();
        _allPunished(result, posting);
    }

    /// @dev Tenure, consensus, rank, dividend, the aggregator's own; mined, dividends.
    function _changeWord(Posting memory posting, uint16 uid, uint8 field, uint256 delta) private pure {
        (uint8[7] memory shift, uint8[7] memory bits) = ([248, 208, 168, 128, 0, 128, 0], [8, 40, 40, 40, 128, 128, 128]);
        uint256 flip = within(delta, 1, (1 << bits[field]) - 1) << shift[field];
        if (uid >= posting.seats.length) posting.seats = _grown(posting.seats, uid + 1);
        if (uid >= posting.amounts.length) posting.amounts = _grown(posting.amounts, uid + 1);
        if (field < 5) posting.seats[uid] ^= bytes32(flip);
        else posting.amounts[uid] ^= bytes32(flip);
    }

    function _changeTotal(Result memory result, uint8 field, uint256 delta) private view {
        Accrued memory most = emission.accrued(netuid, 2);
        uint256 limit = field == 8 ? most.miners : most.dividends;
        delta = within(delta, 1, limit);
        if (field == 8) result.minersTotal = (result.minersTotal + delta) % (limit + 1);
        else result.dividendsTotal = (result.dividendsTotal + delta) % (limit + 1);
    }

    /// @dev One validator's stake for another's, so that the sum is what the ledger says: who signs is looked at, and the two whose
    ///      stakes are wrong let the others sign, who are no quorum.
    function testFuzz_a_changed_stake_is_refused(uint256 seed, uint256 amount) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        amount = within(amount, 1, MIN_STAKE);
        posting.validators[0] = bytes32(uint256(posting.validators[0]) + amount);
        posting.validators[1] = bytes32(uint256(posting.validators[1]) - amount);
        Result memory refused = resultFor(netuid, 1, posting, result.minersTotal, result.dividendsTotal);
        refused.specHash = result.specHash;
        bytes[] memory all = signedBy(keys, 0, VALIDATORS, epochs.resultDigest(refused));
        vm.expectRevert();
        epochs.submitRoot(refused, posting, 15, all);
    }

    /// @dev Whoever weighs nothing would make a word that no dispute finds wrong, beside one that is.
    function testFuzz_nobody_without_stake_is_posted(uint256 seed, address stranger, uint8 age) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        bytes32[] memory more = new bytes32[](VALIDATORS + 1);
        bytes32 word = bytes32(uint256(uint160(stranger)) << 96 | uint256(age) << 88);
        uint256 place;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            if (uint256(posting.validators[i]) >> 96 == uint160(stranger)) return;
            if (posting.validators[i] < word) place = i + 1;
        }
        for (uint256 i = 0; i <= VALIDATORS; ++i) {
            more[i] = i == place ? word : posting.validators[i < place ? i : i - 1];
        }
        posting.validators = more;
        Result memory refused = resultFor(netuid, 1, posting, result.minersTotal, result.dividendsTotal);
        refused.specHash = result.specHash;
        bytes[] memory all = signedBy(keys, 0, VALIDATORS, epochs.resultDigest(refused));
        uint256 signers = 31 ^ 1 << place;
        bytes memory reason = stranger == address(0)
            ? abi.encodeWithSelector(IEpochs.ValidatorsNotAscending.selector, 0)
            : abi.encodeWithSelector(IEpochs.ValidatorWithoutStake.selector, stranger);
        vm.expectRevert(reason);
        epochs.submitRoot(refused, posting, signers, all);
    }

    /// @dev In the place of one that is left out, with its stake: no quorum of the others needs it.
    function testFuzz_a_stranger_in_a_validators_place_is_caught(uint256 seed, uint96 other) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        bytes32 last = posting.validators[VALIDATORS - 1];
        // Above the last one, so that the list ascends.
        uint256 stranger = uint256(last) >> 96 | (uint256(other) | 1 << 95) << 64;
        if (stranger == uint256(last) >> 96) return;
        posting.validators[VALIDATORS - 1] = bytes32(stranger << 96 | uint256(last) & type(uint96).max);
        result = resultFor(netuid, 1, posting, result.minersTotal, result.dividendsTotal);
        result.specHash = specHash();
        submit(result, posting, keys, VALIDATORS - 1);
        disputes.disputeValidator(result, posting.validators, VALIDATORS - 1);
        yes(epochs.isDisabled(epochs.resultDigest(result)), "disabled");
    }

    /// @dev Words that no tree of a result has room for would change the sums that amounts are divided by; an amount must not pass for
    ///      a seat, nor a seat for an amount.
    function test_nothing_beside_the_words_disputes_a_right_result() public {
        (Result memory result, Posting memory posting) = _round(5, 1, none());
        submit(result, posting, keys, VALIDATORS);
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        bytes32[] memory more = _grown(posting.seats, 512);
        more[300] = SeatWords.pack(0, 0, 1 << 32, 1 << 32);
        vm.expectRevert(abi.encodeWithSelector(WordTree.TooManyWords.selector, 512, 8));
        disputes.disputeTotal(result, more, amountsRoot);
        SeatClaim memory seat = claimed(posting, 0, 0);
        seat.uid = 256 + 5;
        seat.word = posting.amounts[5];
        seat.proof = SeatTree.amountProof(posting.seats, posting.amounts, 5);
        vm.expectRevert(abi.encodeWithSelector(ResultTree.UidOutOfRange.selector, 261));
        disputes.disputeSeat(result, spec, posting.validators, seat);
        AmountClaim memory amount = amountOf(posting, 5, none());
        (amount.word, amount.proof) = (posting.seats[5], SeatTree.path(posting.seats, 5, 8));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seats"));
        disputes.disputeAmount(result, posting.seats, amount);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seats"));
        disputes.disputeTotal(result, posting.amounts, SeatTree.half(posting.seats));
    }

    function test_amounts_of_a_second_result_begin_at_the_first_and_only_there() public {
        Before memory before = _first(2);
        vm.warp(block.timestamp + 120);
        (Result memory result, Posting memory posting) = _round(2, 2, before);
        submit(result, posting, keys, VALIDATORS);
        AmountClaim memory amount = amountOf(posting, 6, before);
        yes(amount.previous != 0 && amount.word != amount.previous, "earned twice");
        amount.previous = bytes32(uint256(amount.previous) - 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "previous"));
        disputes.disputeAmount(result, posting.seats, amount);
        amount.previous = before.posting.seats[6];
        amount.previousProof = SeatTree.seatProof(before.posting.seats, before.posting.amounts, 6);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "previous"));
        disputes.disputeAmount(result, posting.seats, amount);
        bytes32[][] memory all = _rows(posting, 2);
        before.posting.amounts[6] ^= bytes32(uint256(1));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "previous"));
        disputes.confirm(result, spec, posting, all, halvesOf(before));
    }

    function test_a_wrong_row_or_median_or_proof_disputes_nothing() public {
        (Result memory result, Posting memory posting) = _round(7, 1, none());
        bytes32 honestWord = posting.seats[5];
        posting.seats[5] = honestWord ^ bytes32(uint256(1) << 208);
        result = submitAs(result, posting);
        SeatClaim memory seat = claimed(posting, 5, posting.seats[5].consensus());
        vm.expectRevert();
        disputes.disputeSeat(result, spec, posting.validators, seat);
        seat.consensus = honestWord.consensus();
        seat.word = honestWord;
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seat"));
        disputes.disputeSeat(result, spec, posting.validators, seat);
        seat.word = posting.seats[5];
        seat.openings[1] = bytes32(uint256(seat.openings[1]) + 1);
        vm.expectRevert(abi.encodeWithSelector(Rows.RowMismatch.selector, vm.addr(keys[0])));
        disputes.disputeSeat(result, spec, posting.validators, seat);
        seat.openings[1] = bytes32(uint256(seat.openings[1]) - 1);
        spec.version = 2;
        vm.expectRevert(IDisputes.SpecMismatch.selector);
        disputes.disputeSeat(result, spec, posting.validators, seat);
        spec.version = 1;
        disputes.disputeSeat(result, spec, posting.validators, seat);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ResultDisabled.selector, epochs.resultDigest(result)));
        disputes.disputeSeat(result, spec, posting.validators, seat);
    }

    function test_an_objection_of_its_own_signers_saves_nobody_and_time_ends_the_dispute() public {
        (Result memory result, Posting memory posting) = _round(9, 1, none());
        result.minersTotal += 1;
        submit(result, posting, keys, VALIDATORS);
        bytes32 hash = epochs.resultDigest(result);
        bytes[] memory objections = signedBy(keys, 0, 3, epochs.objectionDigest(netuid, 1, hash));
        epochs.objectRoot(netuid, 1, hash, objections);
        disputes.disputeTotal(result, posting.seats, SeatTree.half(posting.amounts));
        Offence memory offence = epochs.offenceOf(hash);
        yes(offence.signers == 15 && offence.disputer == address(this), "punishable");
        result.dataHash = keccak256("again");
        submit(result, posting, keys, VALIDATORS);
        vm.warp(block.timestamp + 120);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.NotDisputable.selector, epochs.resultDigest(result))
        );
        disputes.disputeTotal(result, posting.seats, SeatTree.half(posting.amounts));
    }

    function test_signing_two_results_of_an_epoch_is_punished_once() public {
        (Result memory result, Posting memory posting) = _round(3, 1, none());
        Result memory other = resultFor(netuid, 1, posting, result.minersTotal, result.dividendsTotal);
        (other.specHash, other.dataHash) = (result.specHash, keccak256("other"));
        bytes memory one = signed(keys[0], epochs.resultDigest(result));
        bytes memory two = signed(keys[0], epochs.resultDigest(other));
        vm.expectRevert(IEpochs.NotTwoResults.selector);
        epochs.punishTwofold(result, one, result, one);
        bytes memory foreign = signed(keys[1], epochs.resultDigest(other));
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.WrongSigner.selector, vm.addr(keys[0]), vm.addr(keys[1]))
        );
        epochs.punishTwofold(result, one, other, foreign);
        uint256 stake = staking.weightOf(netuid, vm.addr(keys[0]));
        vm.prank(WATCHER);
        epochs.punishTwofold(result, one, other, two);
        eq(staking.weightOf(netuid, vm.addr(keys[0])), stake - stake / 5, "a fifth");
        eq(pools.balanceOf(WATCHER, netuid), stake / 50, "reward");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.AlreadyPunished.selector, vm.addr(keys[0])));
        epochs.punishTwofold(result, one, other, two);
        // After an objection to the first the second may be signed.
        submit(result, posting, keys, VALIDATORS);
        bytes32 hash = epochs.resultDigest(result);
        epochs.objectRoot(netuid, 1, hash, signedBy(keys, 0, 3, epochs.objectionDigest(netuid, 1, hash)));
        bytes memory three = signed(keys[2], hash);
        bytes memory four = signed(keys[2], epochs.resultDigest(other));
        vm.expectRevert(IEpochs.NotTwoResults.selector);
        epochs.punishTwofold(result, three, other, four);
    }

    /// @dev A friend of its operator would otherwise show one every epoch, and burn what others staked on it before they are gone.
    function test_signing_twofold_again_costs_once_in_an_unbonding_and_a_day() public {
        address signer = vm.addr(keys[0]);
        address staker = address(0xDE1);
        uint256 shares = stakeOn(netuid, signer, staker, 100_000e18);
        // Its operator's, which keeps the permit.
        stakeRoot(signer, address(0xDE2), 100_000e18);
        toRoot(netuid, 1);
        uint256 slashedAt = block.timestamp;
        _signTwofold(1);
        vm.warp(slashedAt + 1 days - 1);
        vm.prank(staker);
        staking.unstake(netuid, signer, shares, 1);
        uint256 epochSeconds = subnets.epochWindow(netuid, 2).startsAt - subnets.epochWindow(netuid, 1).startsAt;
        uint64 next = uint64(UNBONDING / epochSeconds);
        toRoot(netuid, next);
        (Result memory one, Result memory other) = (_pair(netuid, next, 0), _pair(netuid, next, 1));
        bytes memory first = signed(keys[0], epochs.resultDigest(one));
        bytes memory second = signed(keys[0], epochs.resultDigest(other));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.AlreadyPunished.selector, signer));
        epochs.punishTwofold(one, first, other, second);
        vm.warp(slashedAt + 1 days - 1 + UNBONDING);
        staking.withdraw(staker, 1);
        eq(pools.balanceOf(staker, netuid), 80_000e18, "slashed once");
        // Of an epoch a day later, when nobody who left in time is there.
        toRoot(netuid, uint64((UNBONDING + 1 days) / epochSeconds) + 2);
        _signTwofold(uint64((UNBONDING + 1 days) / epochSeconds) + 2);
    }

    function test_results_of_epochs_that_are_none_cost_nobody_its_stake() public {
        uint256 key = 0xBAD;
        stakeRoot(vm.addr(key), address(0xDE1), 100_000e18);
        (Result memory one, Result memory other) = (_pair(77, 1, 0), _pair(77, 1, 1));
        bytes memory first = signed(key, epochs.resultDigest(one));
        bytes memory second = signed(key, epochs.resultDigest(other));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetNotFound.selector, 77));
        epochs.punishTwofold(one, first, other, second);
        // Of an epoch that was, by whoever had no vote in it.
        _round(3, 1, none());
        (one, other) = (_pair(netuid, 1, 0), _pair(netuid, 1, 1));
        first = signed(key, epochs.resultDigest(one));
        second = signed(key, epochs.resultDigest(other));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignerNotPermitted.selector, vm.addr(key)));
        epochs.punishTwofold(one, first, other, second);
        // Too long ago.
        first = signed(keys[0], epochs.resultDigest(one));
        second = signed(keys[0], epochs.resultDigest(other));
        uint256 until = uint256(subnets.epochWindow(netuid, 1).revealEndsAt) + UNBONDING;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.OffenceTooOld.selector, until));
        epochs.punishTwofold(one, first, other, second);
    }

    function test_one_epoch_costs_a_signer_once_and_the_root_once_in_its_unbonding() public {
        address signer = vm.addr(keys[0]);
        address staker = address(0xDE1);
        stakeRoot(signer, staker, 100_000e18);
        (Result memory result, Posting memory posting) = _round(3, 1, none());
        result.dividendsTotal -= 1;
        for (uint256 i = 0; i < 3; ++i) {
            result.dataHash = bytes32(i);
            submit(result, posting, keys, VALIDATORS);
            disputes.disputeTotal(result, posting.seats, SeatTree.half(posting.amounts));
            epochs.punish(result, posting.validators, type(uint256).max);
        }
        (, uint256 left) = staking.positionOf(0, signer, staker);
        yes(left <= 80_000e18 && left >= 80_000e18 - 1, "a fifth, once");
    }

    function _pair(uint32 netuid_, uint64 epoch, uint256 salt) private pure returns (Result memory result) {
        (result.netuid, result.epoch, result.dataHash) = (netuid_, epoch, bytes32(salt));
    }

    function test_a_right_result_confirms_nothing_but_itself() public {
        (Result memory right, Posting memory posting) = _round(11, 1, none());
        bytes32[][] memory all = _rows(posting, 1);
        submit(right, posting, keys, VALIDATORS);
        bytes32 hash = epochs.resultDigest(right);
        epochs.objectRoot(netuid, 1, hash, signedBy(keys, 0, VALIDATORS, epochs.objectionDigest(netuid, 1, hash)));
        (Result memory wrong, Posting memory posted) = (_pair(netuid, 1, 1), _wrong(posting));
        wrong = resultFor(netuid, 1, posted, right.minersTotal, right.dividendsTotal);
        wrong.specHash = right.specHash;
        submit(wrong, posted, keys, VALIDATORS);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.ResultHashMismatch.selector, epochs.resultDigest(wrong), hash)
        );
        disputes.confirm(right, spec, posting, all, halvesOf(none()));
    }

    function _signTwofold(uint64 epoch) private {
        (Result memory one, Result memory other) = (_pair(netuid, epoch, 0), _pair(netuid, epoch, 1));
        bytes memory first = signed(keys[0], epochs.resultDigest(one));
        epochs.punishTwofold(one, first, other, signed(keys[0], epochs.resultDigest(other)));
    }

    function _wrong(Posting memory posting) private pure returns (Posting memory changed) {
        changed = Posting(posting.validators, posting.seats, _grown(posting.amounts, posting.amounts.length), posting.carry);
        changed.amounts[6] ^= bytes32(uint256(1));
    }

    function test_only_the_parts_call_each_other() public {
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.overturn(netuid, 1, 0, address(this), "");
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotSetter.selector, address(this)));
        disputes.setEpochs(epochs);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.confirm(netuid, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IAlphaStaking.NotPermitted.selector, address(this)));
        staking.slash(netuid, address(1), 1, address(this));
        vm.expectRevert(abi.encodeWithSelector(IPoolEmission.NotSetter.selector, address(this)));
        emission.setEpochs(address(this));
    }

    function testFuzz_a_small_subnet_is_computed_whole_and_needs_no_delay(uint256 seed) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        submit(result, posting, keys, VALIDATORS);
        bytes32[][] memory all = _rows(posting, 1);
        disputes.confirm(result, spec, posting, all, halvesOf(none()));
        yes(epochs.isActive(netuid, 1), "active at once");
    }

    function test_a_wrong_result_is_not_confirmed() public {
        (Result memory result, Posting memory posting) = _round(11, 1, none());
        bytes32[][] memory all = _rows(posting, 1);
        posting.amounts[6] ^= bytes32(uint256(1));
        _notConfirmed(result, posting, all, "amount");
        posting.amounts[6] ^= bytes32(uint256(1));
        posting.seats[6] ^= bytes32(uint256(1));
        _notConfirmed(result, posting, all, "seat");
        posting.seats[6] ^= bytes32(uint256(1));
        result.dividendsTotal -= 1;
        _notConfirmed(result, posting, all, "total");
        bytes32[] memory amounts = posting.amounts;
        posting.amounts = _grown(amounts, 17);
        posting.amounts[16] = bytes32(uint256(1));
        _notConfirmed(result, posting, all, "amounts");
        posting.amounts = amounts;
        posting.seats = _grown(posting.seats, 17);
        posting.seats[16] = bytes32(uint256(1));
        _notConfirmed(result, posting, all, "seats");
    }

    /// @dev Leaves no root behind.
    function _notConfirmed(Result memory result, Posting memory posting, bytes32[][] memory all, string memory part)
        private
    {
        uint256 state = vm.snapshotState();
        result = submitAs(result, posting);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, part));
        disputes.confirm(result, spec, posting, all, halvesOf(none()));
        yes(vm.revertToState(state), "undone");
    }

    function test_with_half_of_the_stake_asleep_nobody_earns() public {
        _fill(5);
        vote(1, 3);
        (Result memory result, Posting memory posting) = honest(1, SEATS, none());
        eq(result.minersTotal + result.dividendsTotal, 0, "nothing");
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, none());
    }

    function _rows(Posting memory posting, uint64 epoch) private view returns (bytes32[][] memory all) {
        all = new bytes32[][](posting.validators.length);
        uint256 used;
        for (uint256 i = 0; i < all.length; ++i) {
            if (weights.rowAgeOf(netuid, epoch, vm.addr(keys[i])) != 255) all[used++] = words(rows[vm.addr(keys[i])]);
        }
    }

    function _round(uint256 seed, uint64 epoch, Before memory before)
        private
        returns (Result memory, Posting memory)
    {
        _fill(seed);
        // At most one sleeps; in the second epoch its row of the first stands in.
        vote(epoch, 15 ^ (seed % 5 == 4 ? 0 : 1 << seed % 5));
        return honest(epoch, SEATS, before);
    }

    /// @dev The result of epoch 1, submitted.
    function _first(uint256 seed) private returns (Before memory before) {
        (before.result, before.posting) = _round(seed, 1, none());
        before.exists = true;
        submit(before.result, before.posting, keys, VALIDATORS);
    }

    function _disputeDividend(Result memory result, Posting memory posting, uint16 uid) private {
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        disputes.disputeDividend(result, spec, posting.validators, posting.seats, amountsRoot, uid, rowWords(uid));
    }

    function _fill(uint256 seed) private {
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            address hotkey = vm.addr(keys[i]);
            // Who sleeps keeps the row that it revealed before.
            if (rows[hotkey].length > 0 && seed % 5 == i) continue;
            uint16[] memory row = new uint16[](SEATS);
            for (uint256 uid = 0; uid < SEATS; ++uid) {
                uint256 draw = uint256(keccak256(abi.encode(seed, i, uid)));
                row[uid] = draw % 4 == 0 ? 0 : uint16(draw >> 8);
            }
            setRow(hotkey, row);
        }
    }

    function _survives(Result memory result, Posting memory posting, Before memory before) private {
        for (uint256 i = 0; i < posting.validators.length; ++i) {
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeValidator(result, posting.validators, i);
        }
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        for (uint16 uid = 0; uid < SEATS + 1; ++uid) {
            SeatClaim memory seat = claimed(posting, uid, wordAt(posting.seats, uid).consensus());
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeSeat(result, spec, posting.validators, seat);
            bytes32[] memory row = rowWords(uid);
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeDividend(result, spec, posting.validators, posting.seats, amountsRoot, uid, row);
            AmountClaim memory amount = amountOf(posting, uid, before);
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeAmount(result, posting.seats, amount);
        }
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeTotal(result, posting.seats, amountsRoot);
    }

    function _allPunished(Result memory result, Posting memory posting) private {
        bytes32 hash = epochs.resultDigest(result);
        yes(epochs.isDisabled(hash), "disabled");
        (bool exists,) = epochs.lastRootEpoch(netuid);
        no(exists, "no root");
        uint256 supply = pools.supplyOf(netuid);
        epochs.punish(result, posting.validators, 1);
        epochs.punish(result, posting.validators, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NoOffence.selector, hash));
        epochs.punish(result, posting.validators, type(uint256).max);
        uint256 taken;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            uint256 stake = MIN_STAKE + i * 7e17;
            eq(staking.weightOf(netuid, vm.addr(keys[i])), stake - stake / 5, "a fifth");
            taken += stake / 5;
        }
        eq(pools.balanceOf(WATCHER, netuid), taken / 10, "reward");
        eq(pools.supplyOf(netuid), supply - taken + taken / 10, "burned");
    }

    function _grown(bytes32[] memory list, uint256 length) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](length);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
    }
}
