// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued, IPoolEmission} from "../emission/IPoolEmission.sol";
import {AmountClaim, IDisputes, Previous, SeatClaim, Spec} from "./IDisputes.sol";
import {EpochRoot, IEpochs, Posting, Result} from "./IEpochs.sol";
import {EpochWindow, ISubnets} from "../ISubnets.sol";
import {ISubnetTerms} from "../ISubnetTerms.sol";
import {IWeights} from "../IWeights.sol";
import {IPermits} from "../pool/IPermits.sol";
import {ColumnRules} from "./ColumnRules.sol";
import {ResultTree} from "./ResultTree.sol";
import {Rows} from "./Rows.sol";
import {AmountWords, SeatWords, ValidatorWords} from "./SeatWords.sol";
import {StakeMedian} from "./StakeMedian.sol";
import {WordTree} from "./WordTree.sol";
import {Yuma} from "./Yuma.sol";

/// @title Showing that a number of a pending result is wrong
/// @dev Nothing is searched for here: the disputer says what is right and the contract checks that in one pass. What a result's
///      hashes stand for was posted with it, so no signer can hide the number that is wrong.
contract Disputes is IDisputes {
    using AmountWords for bytes32;
    using SeatWords for bytes32;
    using ValidatorWords for bytes32;

    /// @dev Of the result under dispute and of what it builds on.
    struct Context {
        bytes32 resultHash;
        bytes32 root;
        uint64 previousPlusOne;
        uint48 startsAt;
        uint48 endsAt;
    }

    /// @dev What is divided by rank and by dividend, what the divisors are, and the totals before.
    struct Payment {
        uint256 forMiners;
        uint256 forDividends;
        uint256 ranks;
        uint256 dividends;
        uint256 minersBefore;
        uint256 dividendsBefore;
    }

    /// @dev All that {confirm} looks at again for every seat. `sums` is zero for who has no vote.
    struct Verified {
        Context context;
        Payment payment;
        bytes32[] validators;
        StakeMedian.Turnout turnout;
        bytes32[][] rows;
        uint256[] sums;
    }

    /// @notice SHA-256 of "KoinonSubnetSpec(string name,uint32 version,string parameters,string combine,string weights,bytes32
    ///         aggregator,bytes32 source)", in one line.
    bytes32 public constant SPEC_TYPEHASH = 0x6887c60a3e7bea50739bfbf396441b6cdb157c49dc0d8c07cdb2365acee2824e;
    uint256 private constant MAX_CONFIRMED_VALIDATORS = 16;
    uint256 private constant MAX_CONFIRMED_SEATS = 64;

    ISubnets public immutable subnets;
    ISubnetTerms public immutable terms;
    IPermits public immutable permits;
    IWeights public immutable weights;
    address private immutable _setter;
    /// @notice The epoch contract, which names this one in turn.
    IEpochs public epochs;

    /// @param setter Whoever names the epoch contract, once.
    constructor(ISubnets subnets_, IWeights weights_, address setter) {
        subnets = subnets_;
        terms = subnets_.terms();
        permits = subnets_.permits();
        weights = weights_;
        _setter = setter;
    }

    /// @inheritdoc IDisputes
    function setEpochs(IEpochs epochs_) external {
        bool isFirst = address(epochs) == address(0) && address(epochs_) != address(0);
        if (msg.sender != _setter || !isFirst) revert NotSetter(msg.sender);
        epochs = epochs_;
    }

    /// @inheritdoc IDisputes
    function disputeValidator(Result calldata result, bytes32[] calldata validators, uint256 position) external {
        Context memory context = _open(result);
        _requireValidators(result, validators);
        bytes32 word = validators[position];
        bool right = _isValidator(result, context, word);
        _overturnUnless(right, result, context, "validator");
    }

    /// @inheritdoc IDisputes
    function disputeSeat(
        Result calldata result,
        Spec calldata spec,
        bytes32[] calldata validators,
        SeatClaim calldata seat
    ) external {
        Context memory context = _open(result);
        if (ResultTree.climbSeat(seat.word, seat.uid, seat.proof) != context.root) revert PartMismatch("seat");
        (address holder, uint48 since) = terms.seatAt(result.netuid, seat.uid, context.endsAt - 1);
        // A free seat has no numbers, whatever divides them.
        bool right = seat.word == 0;
        if (holder != address(0)) {
            _requireValidators(result, validators);
            _requireSpec(result, spec);
            if (!isKnown(spec.aggregator)) revert AggregatorUnknown(spec.aggregator);
            bytes32[] memory hashes = weights.rowHashesOf(result.netuid, result.epoch, validators);
            Rows.Column memory column = Rows.Column(seat.uid, holder, _tenureOf(context, since), hashes);
            bytes32 expected = ColumnRules.seatWord(spec.aggregator, column, validators, seat);
            right = uint256(seat.word ^ expected) & ColumnRules.settled(spec.aggregator, holder, validators) == 0;
        }
        _overturnUnless(right, result, context, "seat");
    }

    /// @inheritdoc IDisputes
    function disputeRank(
        Result calldata result,
        Spec calldata spec,
        bytes32[] calldata seats,
        bytes32 amountsRoot,
        uint16 uid
    ) external {
        Context memory context = _open(result);
        _requireSeats(context.root, seats, amountsRoot);
        _requireSpec(result, spec);
        if (!Yuma.isKnown(spec.aggregator)) revert AggregatorUnknown(spec.aggregator);
        _overturnUnless(_at(seats, uid).rank() == Yuma.incentive(seats, uid), result, context, "rank");
    }

    /// @inheritdoc IDisputes
    function disputeDividend(
        Result calldata result,
        Spec calldata spec,
        bytes32[] calldata validators,
        bytes32[] calldata seats,
        bytes32 amountsRoot,
        uint16 uid,
        bytes32[] calldata row
    ) external {
        Context memory context = _open(result);
        _requireValidators(result, validators);
        _requireSeats(context.root, seats, amountsRoot);
        _requireMedian(result, spec);
        (address holder,) = terms.seatAt(result.netuid, uid, context.endsAt - 1);
        uint256 expected = _dividend(result, validators, seats, uid, holder, row);
        _overturnUnless(_at(seats, uid).dividend() == expected, result, context, "dividend");
    }

    /// @inheritdoc IDisputes
    function disputeAmount(Result calldata result, bytes32[] calldata seats, AmountClaim calldata amount) external {
        Context memory context = _open(result);
        _requireSeats(context.root, seats, ResultTree.climbHalf(amount.word, amount.uid, amount.proof));
        (address holder, uint48 since) = terms.seatAt(result.netuid, amount.uid, context.endsAt - 1);
        bytes32 expected;
        if (holder != address(0)) {
            bytes32 previous;
            if (_wasSeated(result, context, since)) {
                previous = amount.previous;
                bytes32 root = ResultTree.climbAmount(previous, amount.uid, amount.previousProof);
                if (root != _previous(result, context).root) revert PartMismatch("previous");
            }
            expected = _amountWord(_payment(result, context, seats), _at(seats, amount.uid), previous);
        }
        _overturnUnless(amount.word == expected, result, context, "amount");
    }

    /// @inheritdoc IDisputes
    function disputeTotal(Result calldata result, bytes32[] calldata seats, bytes32 amountsRoot) external {
        Context memory context = _open(result);
        _requireSeats(context.root, seats, amountsRoot);
        _overturnUnless(_isTotal(result, _payment(result, context, seats), seats), result, context, "total");
    }

    /// @inheritdoc IDisputes
    function confirm(
        Result calldata result,
        Spec calldata spec,
        Posting calldata posting,
        bytes32[][] calldata rows,
        Previous calldata previous
    ) external {
        Verified memory verified;
        verified.context = _open(result);
        _requireValidators(result, posting.validators);
        _requireSeats(verified.context.root, posting.seats, ResultTree.half(posting.amounts));
        _requireMedian(result, spec);
        if (verified.context.previousPlusOne != 0) {
            bytes32 root = ResultTree.root(previous.seatsRoot, ResultTree.half(previous.amounts));
            if (root != _previous(result, verified.context).root) revert PartMismatch("previous");
        }
        _verifyRows(result, posting.validators, rows, verified);
        verified.payment = _payment(result, verified.context, posting.seats);
        _verifySeats(result, posting, previous.amounts, verified);
        if (!_isTotal(result, verified.payment, posting.seats)) revert PartMismatch("total");
        epochs.confirm(result.netuid, result.epoch, verified.context.resultHash);
    }

    /// @inheritdoc IDisputes
    function isKnown(bytes32 aggregator) public pure returns (bool) {
        return ColumnRules.isKnown(aggregator);
    }

    function _overturnUnless(bool right, Result calldata result, Context memory context, string memory what) private {
        if (right) revert NothingWrong();
        epochs.overturn(result.netuid, result.epoch, context.resultHash, msg.sender, what);
    }

    /// @dev Reverts unless the result was submitted and would not be active yet.
    function _open(Result calldata result) private view returns (Context memory context) {
        bytes32 resultHash = epochs.resultDigest(result);
        EpochRoot memory stored = epochs.resultOf(resultHash);
        if (block.timestamp >= stored.activatesAt) revert NotDisputable(resultHash);
        EpochWindow memory window = subnets.epochWindow(result.netuid, result.epoch);
        return Context(resultHash, stored.root, stored.previousPlusOne, window.startsAt, window.endsAt);
    }

    function _requireValidators(Result calldata result, bytes32[] calldata validators) private pure {
        if (WordTree.hashOf(validators) != result.validatorsHash) revert PartMismatch("validators");
    }

    function _requireSeats(bytes32 root, bytes32[] calldata seats, bytes32 amountsRoot) private pure {
        if (ResultTree.root(ResultTree.half(seats), amountsRoot) != root) revert PartMismatch("seats");
    }

    function _requireSpec(Result calldata result, Spec calldata spec) private pure {
        if (sha256(abi.encode(SPEC_TYPEHASH, spec)) != result.specHash) revert SpecMismatch();
    }

    /// @dev Dividends follow from nothing but rows and seats under `stakeMedian` alone.
    function _requireMedian(Result calldata result, Spec calldata spec) private pure {
        _requireSpec(result, spec);
        if (!StakeMedian.isKnown(spec.aggregator)) revert AggregatorUnknown(spec.aggregator);
    }

    function _isValidator(Result calldata result, Context memory context, bytes32 word) private view returns (bool) {
        address hotkey = word.hotkey();
        return word.stake() == permits.permittedStakeAt(result.netuid, hotkey, context.startsAt)
            && word.age() == weights.rowAgeOf(result.netuid, result.epoch, hotkey);
    }

    function _at(bytes32[] calldata words, uint256 place) private pure returns (bytes32) {
        return place < words.length ? words[place] : bytes32(0);
    }

    function _tenureOf(Context memory context, uint48 since) private pure returns (uint256 epochs_) {
        if (since >= context.startsAt) return 0;
        uint256 epochSeconds = context.endsAt - context.startsAt;
        epochs_ = (context.startsAt - since + epochSeconds - 1) / epochSeconds;
        if (epochs_ > SeatWords.MAX_TENURE) epochs_ = SeatWords.MAX_TENURE;
    }

    /// @dev Rounded down: vote * what its row agrees to / all votes.
    function _dividend(
        Result calldata result,
        bytes32[] calldata validators,
        bytes32[] calldata seats,
        uint16 uid,
        address holder,
        bytes32[] calldata row
    ) private view returns (uint256) {
        if (holder == address(0)) return 0;
        StakeMedian.Turnout memory turnout = StakeMedian.turnoutOf(validators);
        if (!turnout.decides) return 0;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (validators[i].hotkey() != holder) continue;
            if (turnout.votes[i] == 0) return 0;
            return turnout.votes[i] * _agreed(result, validators[i], seats, uid, row) / turnout.voting;
        }
        return 0;
    }

    function _agreed(
        Result calldata result,
        bytes32 validator,
        bytes32[] calldata seats,
        uint16 uid,
        bytes32[] calldata row
    ) private view returns (uint256) {
        uint256 age = validator.age();
        uint256 sum = _sumOf(result, validator.hotkey(), age, row);
        return StakeMedian.agreement(row, sum, seats, uid, age);
    }

    /// @dev Sum of a row's weights; reverts unless it is the one that counts for the hotkey.
    function _sumOf(Result calldata result, address hotkey, uint256 age, bytes32[] calldata row)
        private
        view
        returns (uint256 sum)
    {
        if (row.length != Rows.ROW_WORDS) revert Rows.RowMismatch(hotkey);
        bytes32 hash;
        (sum, hash) = Rows.sumAndHash(row);
        if (hash != weights.rowHashOf(result.netuid, uint64(result.epoch - age), hotkey)) revert Rows.RowMismatch(hotkey);
    }

    /// @dev Of each part what accrued during the epoch, and at most as much again of what earlier results left. Without ranks nothing
    ///      is paid.
    function _payment(Result calldata result, Context memory context, bytes32[] calldata seats)
        private
        view
        returns (Payment memory payment)
    {
        for (uint256 uid = 0; uid < seats.length; ++uid) {
            payment.ranks += seats[uid].rank();
            payment.dividends += seats[uid].dividend();
        }
        if (context.previousPlusOne != 0) {
            EpochRoot memory previous = _previous(result, context);
            (payment.minersBefore, payment.dividendsBefore) = (previous.minersTotal, previous.dividendsTotal);
        }
        if (payment.ranks == 0) return payment;
        IPoolEmission emission = epochs.emission();
        Accrued memory before = emission.accrued(result.netuid, result.epoch);
        Accrued memory then = emission.accrued(result.netuid, result.epoch + 1);
        payment.forMiners = _emitted(before.miners, then.miners, payment.minersBefore);
        payment.forDividends = _emitted(before.dividends, then.dividends, payment.dividendsBefore);
    }

    function _emitted(uint256 before, uint256 then, uint256 paid) private pure returns (uint256) {
        (uint256 own, uint256 backlog) = (then - before, before - paid);
        return own + (backlog < own ? backlog : own);
    }

    /// @dev What the holder of a seat gets now as a miner and as a validator.
    function _payout(Payment memory payment, bytes32 seat) private pure returns (uint256 mined, uint256 dividends) {
        if (payment.ranks == 0) return (0, 0);
        mined = payment.forMiners * seat.rank() / payment.ranks;
        if (payment.dividends != 0) dividends = payment.forDividends * seat.dividend() / payment.dividends;
    }

    function _amountWord(Payment memory payment, bytes32 seat, bytes32 previous) private pure returns (bytes32) {
        (uint256 mined, uint256 dividends) = _payout(payment, seat);
        return AmountWords.pack(previous.mined() + mined, previous.dividends() + dividends);
    }

    function _isTotal(Result calldata result, Payment memory payment, bytes32[] calldata seats)
        private
        pure
        returns (bool)
    {
        (uint256 miners, uint256 dividends) = (payment.minersBefore, payment.dividendsBefore);
        for (uint256 uid = 0; uid < seats.length; ++uid) {
            (uint256 mined, uint256 asValidator) = _payout(payment, seats[uid]);
            miners += mined;
            dividends += asValidator;
        }
        return result.minersTotal == miners && result.dividendsTotal == dividends;
    }

    function _previous(Result calldata result, Context memory context) private view returns (EpochRoot memory) {
        return epochs.rootOf(result.netuid, context.previousPlusOne - 1);
    }

    /// @dev Whether the holder had the seat at the end of the previous result's epoch already.
    function _wasSeated(Result calldata result, Context memory context, uint48 since) private view returns (bool) {
        if (context.previousPlusOne == 0) return false;
        return since < subnets.epochWindow(result.netuid, context.previousPlusOne - 1).endsAt;
    }

    /// @dev Every validator's stake and row, once.
    function _verifyRows(
        Result calldata result,
        bytes32[] calldata validators,
        bytes32[][] calldata rows,
        Verified memory verified
    ) private view {
        uint256 count = validators.length;
        if (count > MAX_CONFIRMED_VALIDATORS) revert TooLarge("validators");
        verified.turnout = StakeMedian.turnoutOf(validators);
        verified.validators = validators;
        bytes32[] memory hashes = weights.rowHashesOf(result.netuid, result.epoch, validators);
        verified.rows = new bytes32[][](count);
        verified.sums = new uint256[](count);
        uint256 used;
        for (uint256 i = 0; i < count; ++i) {
            if (!_isValidator(result, verified.context, validators[i])) revert PartMismatch("validator");
            if (verified.turnout.votes[i] == 0) continue;
            if (used == rows.length) revert Rows.OpeningsMissing(used);
            bytes32[] calldata row = rows[used++];
            bytes32 hash;
            if (row.length == Rows.ROW_WORDS) (verified.sums[i], hash) = Rows.sumAndHash(row);
            if (hash != hashes[i] || hash == 0) revert Rows.RowMismatch(validators[i].hotkey());
            verified.rows[i] = row;
        }
    }

    function _verifySeats(
        Result calldata result,
        Posting calldata posting,
        bytes32[] calldata previous,
        Verified memory verified
    ) private view {
        uint256 maxNeurons = subnets.maxNeuronsOf(result.netuid);
        if (maxNeurons > MAX_CONFIRMED_SEATS) revert TooLarge("seats");
        if (posting.seats.length > maxNeurons) revert PartMismatch("seats");
        if (posting.amounts.length > maxNeurons) revert PartMismatch("amounts");
        for (uint16 uid = 0; uid < maxNeurons; ++uid) {
            (address holder, uint48 since) = terms.seatAt(result.netuid, uid, verified.context.endsAt - 1);
            (bytes32 seat, bytes32 amounts) = (0, 0);
            if (holder != address(0)) {
                bytes32 before = _wasSeated(result, verified.context, since) ? _at(previous, uid) : bytes32(0);
                seat = _seatWord(posting.seats, verified, uid, holder, _tenureOf(verified.context, since));
                amounts = _amountWord(verified.payment, _at(posting.seats, uid), before);
            }
            if (_at(posting.seats, uid) != seat) revert PartMismatch("seat");
            if (_at(posting.amounts, uid) != amounts) revert PartMismatch("amount");
        }
    }

    /// @dev The right word of a taken seat whose posted consensus is right; reverts when that is wrong.
    function _seatWord(
        bytes32[] calldata seats,
        Verified memory verified,
        uint16 uid,
        address holder,
        uint256 tenure
    ) private pure returns (bytes32) {
        if (!verified.turnout.decides) return SeatWords.pack(tenure, 0, 0, 0);
        uint256 consensus = _at(seats, uid).consensus();
        uint256 rank = StakeMedian.rank(verified.turnout, _knownShares(verified, uid, holder, tenure), consensus);
        return SeatWords.pack(tenure, consensus, rank, _knownDividend(seats, verified, uid, holder));
    }

    function _knownShares(Verified memory verified, uint16 uid, address holder, uint256 tenure)
        private
        pure
        returns (uint256[] memory shares)
    {
        shares = new uint256[](verified.validators.length);
        for (uint256 i = 0; i < shares.length; ++i) {
            if (verified.sums[i] == 0 || verified.validators[i].hotkey() == holder || verified.validators[i].age() > tenure) continue;
            uint256 weight = Rows.weightIn(verified.rows[i][uid >> 4], uid);
            shares[i] = Rows.share(weight, verified.sums[i]);
        }
    }

    function _knownDividend(bytes32[] calldata seats, Verified memory verified, uint16 uid, address holder)
        private
        pure
        returns (uint256)
    {
        for (uint256 i = 0; i < verified.validators.length; ++i) {
            if (verified.validators[i].hotkey() != holder || verified.sums[i] == 0) continue;
            uint256 agreed = StakeMedian.agreement(verified.rows[i], verified.sums[i], seats, uid, verified.validators[i].age());
            return verified.turnout.votes[i] * agreed / verified.turnout.voting;
        }
        return 0;
    }
}
