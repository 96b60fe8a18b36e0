// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AmountClaim, IDisputes, SeatClaim, Spec} from "../../../src/subnets/results/IDisputes.sol";
import {Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {Rows} from "../../../src/subnets/results/Rows.sol";
import {SeatWords} from "../../../src/subnets/results/SeatWords.sol";
import {StakeMedian} from "../../../src/subnets/results/StakeMedian.sol";
import {WordTree} from "../../../src/subnets/results/WordTree.sol";
import {Yuma} from "../../../src/subnets/results/Yuma.sol";
import {SeatTree} from "../../support/SeatTree.sol";
import {vm} from "../../support/Vm.sol";
import {YumaRound} from "./YumaRound.sol";

contract YumaDisputesTest is YumaRound {
    using SeatWords for bytes32;

    address private constant WATCHER = address(0x3A7C4);
    uint256 private constant VALIDATORS = 9;
    uint256 private constant SEATS = 14;

    /// forge-config: default.fuzz.runs = 24
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_an_honest_result_survives_every_dispute(uint256 seed) public {
        _start(yumas()[seed % 5]);
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, none());
    }

    /// forge-config: default.fuzz.runs = 24
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_an_honest_second_result_with_sleepers_and_newcomers_survives(uint256 seed) public {
        _start(yumas()[seed % 5]);
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        submit(result, posting, keys, VALIDATORS);
        Before memory before = Before(true, result, posting);
        vm.warp(block.timestamp + 120);
        address leaver = address(uint160(0x2000 + seed % 5));
        vm.prank(leaver);
        subnets.deregister(netuid, leaver);
        vm.warp(block.timestamp + 1);
        if (seed % 3 != 0) join(netuid, address(0x7777));
        (result, posting) = _round(uint256(keccak256(abi.encode(seed))), 2, before);
        yes(posting.validators.length == VALIDATORS, "all have a permit");
        submit(result, posting, keys, VALIDATORS);
        _survives(result, posting, before);
    }

    /// @dev Tenure, consensus, own and rank of any seat, taken or not, whatever they were changed to, and whatever else is wrong.
    /// forge-config: default.fuzz.runs = 24
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_a_changed_number_is_caught(uint256 seed, uint8 field, uint256 delta, bool also) public {
        _start(yumas()[seed % 5]);
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        uint16 uid = uint16(seed % (SEATS + 2));
        uint256 consensus = wordAt(posting.seats, uid).consensus();
        field = uint8(within(field, 0, 3));
        (uint8[4] memory shift, uint8[4] memory bits) = ([248, 208, 0, 168], [8, 40, 128, 40]);
        posting.seats = _grown(posting.seats, SEATS + 2);
        posting.seats[uid] ^= bytes32(within(delta, 1, (1 << bits[field]) - 1) << shift[field]);
        // A wrong own of another seat neither helps nor hinders the dispute of this one, but moves what ranks are parts of.
        if (also && field != 3) posting.seats[(uid + 1) % SEATS] ^= bytes32(uint256(77));
        result = submitAs(result, posting);
        vm.startPrank(WATCHER);
        if (field == 3) disputes.disputeRank(result, spec, posting.seats, SeatTree.half(posting.amounts), uid);
        else disputes.disputeSeat(result, spec, posting.validators, claimedYuma(posting, uid, consensus));
        vm.stopPrank();
        yes(epochs.isDisabled(epochs.resultDigest(result)), "disabled");
        epochs.punish(result, posting.validators, type(uint256).max);
        uint256 taken;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            uint256 stake = MIN_STAKE + i * 7e17;
            eq(staking.weightOf(netuid, vm.addr(keys[i])), stake - stake / 5, "a fifth");
            taken += stake / 5;
        }
        eq(pools.balanceOf(WATCHER, netuid), taken / 10, "reward");
    }

    /// @dev Rows left out, in another order, of others, or opened elsewhere; validators twice or in another order; another consensus.
    /// forge-config: default.fuzz.runs = 24
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_no_evidence_but_the_right_one_is_looked_at(uint256 seed, uint40 consensus) public {
        _start(yumas()[seed % 5]);
        (Result memory result, Posting memory posting) = _round(5, 1, none());
        submit(result, posting, keys, VALIDATORS);
        uint16 uid = uint16(seed % SEATS);
        SeatClaim memory seat = claimedYuma(posting, uid, posting.seats[uid].consensus());
        bytes32[] memory whole = seat.openings;
        seat.openings = _grown(whole, whole.length - 5);
        vm.expectRevert(abi.encodeWithSelector(Rows.OpeningsMissing.selector, VALIDATORS - 1));
        disputes.disputeSeat(result, spec, posting.validators, seat);
        seat.openings = _grown(whole, whole.length);
        for (uint256 i = 0; i < 5; ++i) {
            (seat.openings[i], seat.openings[5 + i]) = (seat.openings[5 + i], seat.openings[i]);
        }
        vm.expectRevert(abi.encodeWithSelector(Rows.RowMismatch.selector, vm.addr(keys[0])));
        disputes.disputeSeat(result, spec, posting.validators, seat);
        seat.openings = _grown(whole, whole.length);
        seat.openings[seed % whole.length] ^= bytes32(1 << seed % 256);
        vm.expectRevert();
        disputes.disputeSeat(result, spec, posting.validators, seat);
        seat.openings = whole;
        bytes32[] memory validators = _grown(posting.validators, VALIDATORS);
        validators[1] = validators[0];
        _refused(result, validators, seat, "validators");
        (validators[0], validators[1]) = (posting.validators[1], posting.validators[0]);
        _refused(result, validators, seat, "validators");
        _refused(result, _grown(posting.validators, VALIDATORS - 1), seat, "validators");
        if (consensus == seat.consensus) return;
        seat.consensus = consensus;
        vm.expectRevert(abi.encodeWithSelector(IDisputes.NotTheMedian.selector, uint256(consensus)));
        disputes.disputeSeat(result, spec, posting.validators, seat);
    }

    function test_another_aggregators_spec_hash_or_parts_dispute_nothing() public {
        _start(Yuma.YUMA3);
        (Result memory result, Posting memory posting) = _round(8, 1, none());
        submit(result, posting, keys, VALIDATORS);
        SeatClaim memory seat = claimedYuma(posting, 10, posting.seats[10].consensus());
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        bytes32[4] memory others = [Yuma.YUMA3_CAPPED, Yuma.YUMA2, StakeMedian.SPEC_HASH, keccak256("kappa 1")];
        for (uint256 i = 0; i < 4; ++i) {
            spec.aggregator = others[i];
            vm.expectRevert(IDisputes.SpecMismatch.selector);
            disputes.disputeSeat(result, spec, posting.validators, seat);
            vm.expectRevert(IDisputes.SpecMismatch.selector);
            disputes.disputeRank(result, spec, posting.seats, amountsRoot, 10);
        }
        spec.aggregator = Yuma.YUMA3;
        bytes memory unknown = abi.encodeWithSelector(IDisputes.AggregatorUnknown.selector, Yuma.YUMA3);
        bytes32[] memory row = rowWords(2);
        vm.expectRevert(unknown);
        disputes.disputeDividend(result, spec, posting.validators, posting.seats, amountsRoot, 2, row);
        vm.expectRevert(unknown);
        disputes.confirm(result, spec, posting, new bytes32[][](0), halvesOf(none()));
    }

    function test_seats_and_ranks_of_aggregators_that_are_not_known_are_left_to_objections() public {
        bytes32[2] memory others = [StakeMedian.SPEC_HASH, keccak256("koinon aggregator other 1")];
        for (uint256 i = 0; i < 2; ++i) {
            _start(others[i]);
            (Result memory result, Posting memory posting) = _round(8, 1, none());
            submit(result, posting, keys, VALIDATORS);
            SeatClaim memory seat = claimed(posting, 10, posting.seats[10].consensus());
            bytes memory unknown = abi.encodeWithSelector(IDisputes.AggregatorUnknown.selector, others[i]);
            bytes32 amountsRoot = SeatTree.half(posting.amounts);
            vm.expectRevert(unknown);
            disputes.disputeRank(result, spec, posting.seats, amountsRoot, 10);
            eq(disputes.isKnown(others[i]) ? 1 : 0, 1 - i, "known");
            if (i == 0) continue;
            vm.expectRevert(unknown);
            disputes.disputeSeat(result, spec, posting.validators, seat);
        }
    }

    /// @dev Whatever divides the subnet's alpha, and whether or not the disputer knows its file.
    /// forge-config: default.fuzz.runs = 28
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_a_free_seat_with_any_number_is_caught(uint256 seed, uint8 part, uint256 delta) public {
        _start(seed % 7 < 5 ? yumas()[seed % 7] : seed % 7 == 5 ? StakeMedian.SPEC_HASH : keccak256("koinon aggregator other 1"));
        uint16 uid = uint16(VALIDATORS + seed % 5);
        address leaver = address(uint160(0x2000 + seed % 5));
        vm.prank(leaver);
        subnets.deregister(netuid, leaver);
        vm.warp(block.timestamp + 1);
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        yes(posting.seats[uid] == 0, "free");
        Spec memory unknown;
        if (delta == 0) delta = 1;
        (uint8[5] memory shift, uint8[5] memory bits) = ([248, 208, 168, 128, 0], [8, 40, 40, 40, 128]);
        part = uint8(within(part, 0, 5));
        uint256 flip = part == 5 ? delta : within(delta, 1, (1 << bits[part]) - 1) << shift[part];
        // Beyond the last seat, too.
        if (seed % 3 == 0) uid = uint16(SEATS + seed % (256 - SEATS));
        posting.seats = _grown(posting.seats, uid < SEATS ? SEATS : uid + 1);
        SeatClaim memory seat = _bare(posting, uid);
        Result memory right = submitAs(result, posting);
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeSeat(right, unknown, new bytes32[](0), seat);
        _object(right);
        posting.seats[uid] = bytes32(flip);
        seat = _bare(posting, uid);
        result = submitAs(result, posting);
        disputes.disputeSeat(result, unknown, new bytes32[](0), seat);
        yes(epochs.isDisabled(epochs.resultDigest(result)), "disabled");
    }

    /// @dev Dividends of validators follow from the carry, which the ledger does not have; others have none.
    /// forge-config: default.fuzz.runs = 10
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_a_dividend_of_no_validator_is_caught(uint256 seed, uint256 delta) public {
        _start(yumas()[seed % 5]);
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        uint16 uid = uint16(VALIDATORS + seed % (SEATS - VALIDATORS));
        bytes32 flip = bytes32(within(delta, 1, type(uint40).max) << 128);
        // Of a validator it is not looked at.
        uint16 validator = uint16(seed % VALIDATORS);
        posting.seats[validator] ^= flip;
        Result memory other = submitAs(result, posting);
        SeatClaim memory seat = claimedYuma(posting, validator, posting.seats[validator].consensus());
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeSeat(other, spec, posting.validators, seat);
        _object(other);
        posting.seats[uid] ^= flip;
        result = submitAs(result, posting);
        seat = claimedYuma(posting, uid, posting.seats[uid].consensus());
        disputes.disputeSeat(result, spec, posting.validators, seat);
        yes(epochs.isDisabled(epochs.resultDigest(result)), "disabled");
    }

    /// @dev So that the epoch is open for another result.
    function _object(Result memory result) private {
        bytes32 hash = epochs.resultDigest(result);
        epochs.objectRoot(netuid, 1, hash, signedBy(keys, 0, VALIDATORS, epochs.objectionDigest(netuid, 1, hash)));
    }

    /// @dev A seat's word with nothing else that shows it to be wrong.
    function _bare(Posting memory posting, uint16 uid) private pure returns (SeatClaim memory) {
        bytes32[] memory proof = SeatTree.seatProof(posting.seats, posting.amounts, uid);
        return SeatClaim(uid, wordAt(posting.seats, uid), proof, new bytes32[](0), 0, 0);
    }

    /// @dev Owns beside those posted, or too many, would make a right rank look wrong.
    /// forge-config: default.fuzz.runs = 24
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_owns_that_were_not_posted_make_no_rank_look_wrong(uint256 seed, uint128 own) public {
        _start(Yuma.YUMA2);
        (Result memory result, Posting memory posting) = _round(seed, 1, none());
        submit(result, posting, keys, VALIDATORS);
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        bytes32[] memory seats = _grown(posting.seats, SEATS);
        uint16 uid = uint16(seed % SEATS);
        if (own == 0) own = 1;
        seats[(seed >> 8) % SEATS] ^= bytes32(uint256(own));
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seats"));
        disputes.disputeRank(result, spec, seats, amountsRoot, uid);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seats"));
        disputes.disputeRank(result, spec, posting.amounts, SeatTree.half(posting.seats), uid);
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, "seats"));
        disputes.disputeRank(result, spec, _grown(posting.seats, SEATS - 1), amountsRoot, uid);
        seats = _grown(posting.seats, 257);
        seats[256] = bytes32(uint256(own));
        vm.expectRevert(abi.encodeWithSelector(WordTree.TooManyWords.selector, 257, 8));
        disputes.disputeRank(result, spec, seats, amountsRoot, uid);
        // Words of free seats at the end change nothing.
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeRank(result, spec, _grown(posting.seats, 256), amountsRoot, uid);
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeRank(result, spec, posting.seats, amountsRoot, type(uint16).max);
    }

    function test_a_cap_that_is_not_the_right_one_disputes_nothing() public {
        _start(Yuma.YUMA3_CAPPED);
        (Result memory result, Posting memory posting) = _round(3, 1, none());
        submit(result, posting, keys, VALIDATORS);
        SeatClaim memory seat = claimedYuma(posting, 10, posting.seats[10].consensus());
        uint256 right = seat.cap;
        // The eighth of nine.
        eq(right, MIN_STAKE + _ascending(7), "cap");
        uint256[5] memory others = [0, right - 1, right + 1, MIN_STAKE + _ascending(8), type(uint256).max];
        for (uint256 i = 0; i < 5; ++i) {
            seat.cap = others[i];
            vm.expectRevert(abi.encodeWithSelector(IDisputes.NotTheCap.selector, others[i]));
            disputes.disputeSeat(result, spec, posting.validators, seat);
        }
        seat.cap = right;
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeSeat(result, spec, posting.validators, seat);
    }

    function _ascending(uint256 place) private pure returns (uint256) {
        return place * 7e17;
    }

    function _start(bytes32 aggregator) private {
        spec.aggregator = aggregator;
        startRound(16, VALIDATORS);
        for (uint160 i = 0; i < SEATS - VALIDATORS; ++i) {
            join(netuid, address(0x2000 + i));
        }
    }

    /// @dev At most two sleep; in the second epoch their rows of the first stand in.
    function _round(uint256 seed, uint64 epoch, Before memory before) private returns (Result memory, Posting memory) {
        uint256 asleep = epoch == 1 && seed == 5 ? 0 : 1 << seed % 11 | 1 << (seed >> 16) % 11;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            address hotkey = vm.addr(keys[i]);
            if (rows[hotkey].length > 0 && asleep >> i & 1 == 1) continue;
            uint16[] memory row = new uint16[](SEATS + 1);
            for (uint256 uid = 0; uid <= SEATS; ++uid) {
                uint256 draw = uint256(keccak256(abi.encode(seed, i, uid)));
                row[uid] = draw % 4 == 0 ? 0 : uint16(draw >> 8);
            }
            row[i] |= 1;
            setRow(hotkey, row);
        }
        vote(epoch, (1 << VALIDATORS) - 1 & ~asleep);
        return honestYuma(epoch, SEATS, before);
    }

    function _survives(Result memory result, Posting memory posting, Before memory before) private {
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        uint256 earning;
        for (uint16 uid = 0; uid < SEATS + 1; ++uid) {
            SeatClaim memory seat = claimedYuma(posting, uid, wordAt(posting.seats, uid).consensus());
            if (seat.word.rank() > 0) ++earning;
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeSeat(result, spec, posting.validators, seat);
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeRank(result, spec, posting.seats, amountsRoot, uid);
            AmountClaim memory amount = amountOf(posting, uid, before);
            vm.expectRevert(IDisputes.NothingWrong.selector);
            disputes.disputeAmount(result, posting.seats, amount);
        }
        yes(earning > 1, "some earn");
        vm.expectRevert(IDisputes.NothingWrong.selector);
        disputes.disputeTotal(result, posting.seats, amountsRoot);
    }

    function _refused(Result memory result, bytes32[] memory validators, SeatClaim memory seat, string memory part) private {
        vm.expectRevert(abi.encodeWithSelector(IDisputes.PartMismatch.selector, part));
        disputes.disputeSeat(result, spec, validators, seat);
    }

    /// @dev A copy of `length` words.
    function _grown(bytes32[] memory list, uint256 length) private pure returns (bytes32[] memory copy) {
        copy = new bytes32[](length);
        for (uint256 i = 0; i < list.length && i < length; ++i) {
            copy[i] = list[i];
        }
    }
}
