// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes, SeatClaim} from "../../src/subnets/IDisputes.sol";
import {IEpochs, Offence, Posting, Result} from "../../src/subnets/IEpochs.sol";
import {IStaking} from "../../src/subnets/IStaking.sol";
import {SeatWords} from "../../src/subnets/SeatWords.sol";
import {StakeMedian} from "../../src/subnets/StakeMedian.sol";
import {SeatTree} from "../support/SeatTree.sol";
import {vm} from "../support/Vm.sol";
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
        (Result memory result, Posting memory posting) = _round(seed, 1, new bytes32[](0), 0, 0);
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, new bytes32[](0));
    }

    function testFuzz_an_honest_second_result_with_sleepers_and_newcomers_survives(uint256 seed) public {
        (Result memory first, Posting memory before) = _round(seed, 1, new bytes32[](0), 0, 0);
        submit(first, before, keys, VALIDATORS);
        vm.warp(block.timestamp + 120);
        address leaver = address(uint160(0x2000 + seed % 6));
        vm.prank(leaver);
        subnets.deregister(netuid, leaver);
        vm.warp(block.timestamp + 1);
        if (seed % 3 != 0) join(netuid, address(0x7777));
        (Result memory result, Posting memory posting) =
            _round(uint256(keccak256(abi.encode(seed))), 2, before.seats, first.cumulativeTotal, 1);
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, before.seats);
    }

    /// @dev Any number of any word is caught by the dispute of its kind, whatever it was changed to.
    function testFuzz_a_changed_number_is_caught(uint256 seed, uint8 field, uint256 delta) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, new bytes32[](0), 0, 0);
        Posting memory right = postingFor(netuid, 1, keys, _copy(posting.seats));
        uint16 uid = uint16(seed % (SEATS + 2));
        field = uint8(within(field, 0, 8));
        if (field < 6) {
            (uint8[6] memory shift, uint8[6] memory bits) = ([248, 208, 168, 128, 96, 0], [8, 40, 40, 40, 32, 64]);
            uint256 flip = within(delta, 1, (1 << bits[field]) - 1) << shift[field];
            if (uid >= posting.seats.length) posting.seats = _grown(posting.seats, uid + 1);
            posting.seats[uid] ^= bytes32(flip);
        } else if (field == 6) {
            // One validator's stake for another's, so that the sum is what the ledger says.
            uint256 amount = within(delta, 1, MIN_STAKE);
            posting.validators[0] = bytes32(uint256(posting.validators[0]) + amount);
            posting.validators[1] = bytes32(uint256(posting.validators[1]) - amount);
        } else if (field == 7) {
            posting.validators[seed % VALIDATORS] ^= bytes32(within(delta, 1, 255) << 88);
        } else {
            uint256 most = emission.accrued(netuid, 2);
            result.cumulativeTotal = (result.cumulativeTotal + within(delta, 1, most)) % (most + 1);
        }
        uint256 signers = VALIDATORS;
        if (field == 6) {
            // Who signs is looked at; the two whose stakes are wrong let the others sign, who are no quorum.
            Result memory refused = resultFor(netuid, 1, posting, result.cumulativeTotal);
            refused.specHash = result.specHash;
            bytes[] memory all = signedBy(keys, 0, signers, epochs.resultDigest(refused));
            vm.expectRevert();
            epochs.submitRoot(refused, posting, 15, all);
            return;
        }
        result = submitAs(result, posting);
        uint256 supply = token.totalSupply();
        (uint256 consensus,) = (right.seats.length > uid ? right.seats[uid].consensus() : 0, 0);
        SeatClaim memory seat = claimed(posting, uid, consensus);
        vm.startPrank(WATCHER);
        if (field == 7) disputes.disputeValidator(result, posting.validators, seed % VALIDATORS);
        else if (field == 8) disputes.disputeTotal(result, posting.seats);
        else if (field == 3) disputes.disputeDividend(result, spec, posting.validators, posting.seats, uid, rowWords(uid));
        else if (field == 5) disputes.disputeAmount(result, posting.seats, uid, 0, new bytes32[](8));
        else disputes.disputeSeat(result, spec, posting.validators, seat);
        vm.stopPrank();
        _allPunished(result, posting, supply);
    }

    function test_a_wrong_row_or_median_or_proof_disputes_nothing() public {
        (Result memory result, Posting memory posting) = _round(7, 1, new bytes32[](0), 0, 0);
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
        vm.expectRevert(abi.encodeWithSelector(StakeMedian.RowMismatch.selector, vm.addr(keys[0])));
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
        (Result memory result, Posting memory posting) = _round(9, 1, new bytes32[](0), 0, 0);
        result.cumulativeTotal += 1;
        submit(result, posting, keys, VALIDATORS);
        bytes32 hash = epochs.resultDigest(result);
        bytes[] memory objections = signedBy(keys, 0, 3, epochs.objectionDigest(netuid, 1, hash));
        epochs.objectRoot(netuid, 1, hash, objections);
        disputes.disputeTotal(result, posting.seats);
        Offence memory offence = epochs.offenceOf(hash);
        yes(offence.signers == 15 && offence.disputer == address(this), "punishable");
        result.dataHash = keccak256("again");
        submit(result, posting, keys, VALIDATORS);
        vm.warp(block.timestamp + 120);
        vm.expectRevert(
            abi.encodeWithSelector(IDisputes.NotDisputable.selector, epochs.resultDigest(result))
        );
        disputes.disputeTotal(result, posting.seats);
    }

    function test_signing_two_results_of_an_epoch_is_punished_once() public {
        (Result memory result, Posting memory posting) = _round(3, 1, new bytes32[](0), 0, 0);
        Result memory other = resultFor(netuid, 1, posting, result.cumulativeTotal);
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
        uint256 stake = staking.stakeOf(netuid, vm.addr(keys[0]));
        vm.prank(WATCHER);
        epochs.punishTwofold(result, one, other, two);
        eq(staking.stakeOf(netuid, vm.addr(keys[0])), stake - stake / 5, "a fifth");
        eq(token.balanceOf(WATCHER), stake / 50, "reward");
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

    function test_only_the_parts_call_each_other() public {
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.overturn(netuid, 1, 0, address(this), "");
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotSetter.selector, address(this)));
        disputes.setEpochs(epochs);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NotDisputes.selector, address(this)));
        epochs.confirm(netuid, 1);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSlasher.selector, address(this)));
        staking.slash(netuid, address(1), 1, address(this));
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotSetter.selector, address(this)));
        staking.setSlasher(address(this));
    }

    function testFuzz_a_small_subnet_is_computed_whole_and_needs_no_delay(uint256 seed) public {
        (Result memory result, Posting memory posting) = _round(seed, 1, new bytes32[](0), 0, 0);
        submit(result, posting, keys, VALIDATORS);
        bytes32[][] memory all = _rows(posting);
        disputes.confirm(result, spec, posting.validators, posting.seats, all, new bytes32[](0));
        yes(epochs.isActive(netuid, 1), "active at once");
    }

    function test_a_wrong_result_is_not_confirmed() public {
        (Result memory result, Posting memory posting) = _round(11, 1, new bytes32[](0), 0, 0);
        posting.seats[6] ^= bytes32(uint256(1));
        result = submitAs(result, posting);
        bytes32[][] memory all = _rows(posting);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seat"));
        disputes.confirm(result, spec, posting.validators, posting.seats, all, new bytes32[](0));
    }

    function test_with_half_of_the_stake_asleep_nobody_earns() public {
        _fill(5);
        vote(1, 3);
        (Result memory result, Posting memory posting) = honest(1, SEATS, new bytes32[](0), 0, 0);
        eq(result.cumulativeTotal, 0, "nothing");
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, new bytes32[](0));
    }

    function _rows(Posting memory posting) private view returns (bytes32[][] memory all) {
        all = new bytes32[][](posting.validators.length);
        uint256 used;
        for (uint256 i = 0; i < all.length; ++i) {
            if (weights.rowAgeOf(netuid, 1, vm.addr(keys[i])) != 255) all[used++] = words(rows[vm.addr(keys[i])]);
        }
    }

    function _round(uint256 seed, uint64 epoch, bytes32[] memory previous, uint256 total, uint64 previousEpoch)
        private
        returns (Result memory, Posting memory)
    {
        _fill(seed);
        // At most one sleeps; in the second epoch its row of the first stands in.
        vote(epoch, 15 ^ (seed % 5 == 4 ? 0 : 1 << seed % 5));
        return honest(epoch, SEATS, previous, total, previousEpoch);
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

    function _survives(Result memory result, Posting memory posting, bytes32[] memory previous) private {
        for (uint256 i = 0; i < posting.validators.length; ++i) {
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeValidator(result, posting.validators, i);
        }
        for (uint16 uid = 0; uid < SEATS + 1; ++uid) {
            bytes32 word = uid < posting.seats.length ? posting.seats[uid] : bytes32(0);
            SeatClaim memory seat = claimed(posting, uid, word.consensus());
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeSeat(result, spec, posting.validators, seat);
            bytes32[] memory row = rowWords(uid);
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeDividend(result, spec, posting.validators, posting.seats, uid, row);
            bytes32 before = uid < previous.length ? previous[uid] : bytes32(0);
            bytes32[] memory proof = SeatTree.proof(previous, uid);
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeAmount(result, posting.seats, uid, before, proof);
        }
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeTotal(result, posting.seats);
    }

    function _allPunished(Result memory result, Posting memory posting, uint256 supply) private {
        bytes32 hash = epochs.resultDigest(result);
        yes(epochs.isDisabled(hash), "disabled");
        (bool exists,) = epochs.lastRootEpoch(netuid);
        no(exists, "no root");
        epochs.punish(result, posting.validators, 1);
        epochs.punish(result, posting.validators, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NoOffence.selector, hash));
        epochs.punish(result, posting.validators, type(uint256).max);
        uint256 taken;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            uint256 stake = MIN_STAKE + i * 7e17;
            eq(staking.stakeOf(netuid, vm.addr(keys[i])), stake - stake / 5, "a fifth");
            taken += stake / 5;
        }
        eq(token.balanceOf(WATCHER), taken / 10, "reward");
        eq(token.totalSupply(), supply - taken + taken / 10, "burned");
    }

    function _copy(bytes32[] memory list) private pure returns (bytes32[] memory) {
        return _grown(list, list.length);
    }

    function _grown(bytes32[] memory list, uint256 length) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](length);
        for (uint256 i = 0; i < list.length; ++i) {
            longer[i] = list[i];
        }
    }
}
