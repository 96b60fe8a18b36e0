// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Accrued, IPoolEmission} from "../emission/IPoolEmission.sol";
import {Earnings} from "./Earnings.sol";
import {IDisputes} from "./IDisputes.sol";
import {Claim, EpochRoot, IEpochs, Offence, Posting, Result} from "./IEpochs.sol";
import {ISeatScores} from "../IScores.sol";
import {EpochWindow, ISubnets} from "../ISubnets.sol";
import {ISubnetTerms} from "../ISubnetTerms.sol";
import {IAlphaStaking, REACTION_SECONDS} from "../pool/IAlphaStaking.sol";
import {IPermits} from "../pool/IPermits.sol";
import {ResultTree} from "./ResultTree.sol";
import {AmountWords, ValidatorWords} from "./SeatWords.sol";
import {WordTree} from "./WordTree.sol";

/// @title Signed results of epochs, objections, slashing and claims
/// @dev Quorums are measured against `totalPermittedStakeAt(startsAt)`: the stake, at the start of the epoch, of all
///      registered hotkeys that then held at least the subnet's minimum, whether or not they take part.
///      At most one root per subnet is pending; a later epoch can follow once it is active, an epoch may be skipped.
///      A signature names the result that was built on: whoever submits another one first does not change what was signed.
///      All numbers behind a root are posted with it. While it is pending, {disputes} overturns it if anybody shows one of them to be
///      wrong, and its signers are slashed; which subnets' numbers can be checked that way stands there. An objection needs more
///      than 1/3 after more than 2/3 have signed: it repairs mistakes where no dispute reaches.
///      Validators' hotkeys sign with ECDSA: a contract's hotkey counts in the denominator but cannot sign.
contract Epochs is IEpochs, ISeatScores, EIP712 {
    using Earnings for Earnings.Recent;
    using AmountWords for bytes32;
    using ValidatorWords for bytes32;

    /// @dev Kept under the hash of its result, also when it is disabled. Totals are at most what accrued, and alpha's cap is less than
    ///      2^85; an epoch is 10 s at least, so 2^32 of them are over in a thousand years.
    struct StoredRoot {
        bytes32 root;
        uint88 minersTotal;
        uint88 dividendsTotal;
        uint48 activatesAt;
        uint32 previousPlusOne;
        uint256 signers;
    }

    /// @dev Alpha base units.
    struct Paid {
        uint128 mined;
        uint128 dividends;
    }

    /// @dev Epoch numbers plus one; zero when there is none.
    struct Heads {
        uint72 settled;
        uint72 newest;
    }

    bytes32 public constant RESULT_TYPEHASH = keccak256(
        "Result(uint32 netuid,uint64 epoch,bytes32 previousHash,bytes32 root,uint256 minersTotal,uint256 dividendsTotal,bytes32 validatorsHash,bytes32 carryHash,bytes32 specHash,bytes32 dataHash)"
    );
    bytes32 public constant OBJECTION_TYPEHASH =
        keccak256("Objection(uint32 netuid,uint64 epoch,bytes32 resultHash)");
    /// @notice Taken from a signer of a wrong result, or of two results of one epoch: ten-thousandths of all stake on it.
    uint256 public constant SLASH_BPS = 2_000;
    uint256 private constant MAX_WORDS = 256;

    ISubnets public immutable subnets;
    ISubnetTerms public immutable terms;
    /// @inheritdoc IEpochs
    IAlphaStaking public immutable staking;
    /// @inheritdoc IEpochs
    IPermits public immutable permits;
    /// @inheritdoc IEpochs
    IPoolEmission public immutable emission;
    /// @inheritdoc IEpochs
    IDisputes public immutable disputes;

    mapping(bytes32 resultHash => StoredRoot) private _roots;
    mapping(uint32 netuid => mapping(uint64 epoch => bytes32)) private _resultHashes;
    mapping(uint32 netuid => Heads) private _heads;
    mapping(uint32 netuid => mapping(address hotkey => mapping(uint48 since => Paid))) private _paid;
    mapping(uint32 netuid => mapping(address hotkey => Earnings.Recent)) private _recent;
    /// @dev Who showed a result to be wrong. Its root keeps those signers who are not yet slashed.
    mapping(bytes32 resultHash => address) private _disputers;
    mapping(uint32 netuid => mapping(uint64 epoch => mapping(address signer => bool))) private _punished;
    mapping(uint32 netuid => mapping(address signer => uint256)) private _slashedAt;
    mapping(uint32 netuid => Paid) private _totals;
    mapping(bytes32 resultHash => bool) private _objected;

    /// @param emission_ Must get this contract as its {IPoolEmission-setEpochs}, and becomes the token's minter.
    /// @param disputes_ Must get this contract as its {IDisputes-setEpochs}.
    constructor(ISubnets subnets_, IPoolEmission emission_, IDisputes disputes_) EIP712("Koinon Epochs", "4") {
        subnets = subnets_;
        terms = subnets_.terms();
        staking = subnets_.staking();
        permits = subnets_.permits();
        emission = emission_;
        disputes = disputes_;
        if (address(emission_.staking()) != address(staking)) revert PartsMismatch("emission");
    }

    /// @inheritdoc IEpochs
    function submitRoot(
        Result calldata result,
        Posting calldata posting,
        uint256 signers,
        bytes[] calldata signatures
    ) external {
        uint256 startsAt = _requireRevealed(result.netuid, result.epoch);
        uint72 settled = _settle(result.netuid, result.epoch);
        _requireConsistent(result, settled);
        _requirePosted(result, posting);

        bytes32 resultHash = resultDigest(result);
        if (isDisabled(resultHash)) revert ResultDisabled(resultHash);
        uint256 total = _requireWhole(result.netuid, startsAt, posting.validators);
        uint256 signed =
            _stakeOfSigners(result.netuid, startsAt, resultHash, posting.validators, signers, signatures);
        if (signed * 3 <= total * 2) revert QuorumNotReached(signed, total);
        uint48 activatesAt = _store(result, resultHash, settled, signers, startsAt);
        emit RootSubmitted(
            result.netuid, result.epoch, resultHash, result, posting, signers, signed, total, activatesAt, msg.sender
        );
    }

    /// @inheritdoc IEpochs
    function objectRoot(uint32 netuid, uint64 epoch, bytes32 resultHash, bytes[] calldata signatures) external {
        (bytes32 pending,) = _pending(netuid, epoch);
        if (pending != resultHash) revert ResultHashMismatch(pending, resultHash);

        uint256 startsAt = subnets.epochWindow(netuid, epoch).startsAt;
        uint256 total = permits.totalPermittedStakeAt(netuid, startsAt);
        uint256 objecting = _signedStake(netuid, startsAt, objectionDigest(netuid, epoch, resultHash), signatures);
        if (objecting * 3 <= total) revert QuorumNotReached(objecting, total);

        _objected[resultHash] = true;
        _reopen(netuid, epoch);
        emit RootDisabled(netuid, epoch, resultHash, objecting, total);
    }

    /// @inheritdoc IEpochs
    function overturn(uint32 netuid, uint64 epoch, bytes32 resultHash, address disputer, string calldata what) external {
        if (msg.sender != address(disputes)) revert NotDisputes(msg.sender);
        if (_disputers[resultHash] != address(0)) revert ResultDisabled(resultHash);
        _disputers[resultHash] = disputer;
        if (_resultHashes[netuid][epoch] == resultHash) _reopen(netuid, epoch);
        emit RootOverturned(netuid, epoch, resultHash, disputer, what);
    }

    /// @inheritdoc IEpochs
    function confirm(uint32 netuid, uint64 epoch, bytes32 resultHash) external {
        if (msg.sender != address(disputes)) revert NotDisputes(msg.sender);
        (bytes32 pending, StoredRoot storage stored) = _pending(netuid, epoch);
        if (pending != resultHash) revert ResultHashMismatch(pending, resultHash);
        stored.activatesAt = uint48(block.timestamp);
        emit RootConfirmed(netuid, epoch, resultHash);
    }

    /// @inheritdoc IEpochs
    function punish(Result calldata result, bytes32[] calldata validators, uint256 chosen) external {
        bytes32 resultHash = resultDigest(result);
        address disputer = _disputers[resultHash];
        uint256 signers = _roots[resultHash].signers;
        chosen &= signers;
        if (disputer == address(0) || chosen == 0) revert NoOffence(resultHash);
        _requireHash(validators, result.validatorsHash, "validators");
        _roots[resultHash].signers = signers & ~chosen;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (chosen >> i & 1 == 0) continue;
            address signer = validators[i].hotkey();
            // Of several offences in one epoch one is punished.
            if (_punished[result.netuid][result.epoch][signer]) continue;
            _slash(result.netuid, result.epoch, signer, resultHash, disputer);
        }
    }

    /// @inheritdoc IEpochs
    function punishTwofold(
        Result calldata first,
        bytes calldata firstSignature,
        Result calldata second,
        bytes calldata secondSignature
    ) external {
        (bytes32 one, bytes32 other) = (resultDigest(first), resultDigest(second));
        bool sameEpoch = first.netuid == second.netuid && first.epoch == second.epoch;
        if (one == other || !sameEpoch || isDisabled(one) || isDisabled(other)) revert NotTwoResults();
        address signer = ECDSA.recoverCalldata(one, firstSignature);
        address again = ECDSA.recoverCalldata(other, secondSignature);
        if (signer != again) revert WrongSigner(signer, again);
        uint256 sparedUntil = _slashedAt[first.netuid][signer] + staking.unbondingSeconds() + REACTION_SECONDS;
        if (block.timestamp < sparedUntil) revert AlreadyPunished(signer);
        _requirePunishable(first.netuid, first.epoch, signer);
        _slash(first.netuid, first.epoch, signer, other, msg.sender);
    }

    /// @inheritdoc IEpochs
    function claim(Claim calldata entry) external returns (uint256 mined, uint256 dividends) {
        (mined, dividends) = _claim(entry);
        if (mined + dividends == 0) revert NothingToClaim(entry.uid);
    }

    /// @inheritdoc IEpochs
    function claimMany(Claim[] calldata claims) external returns (uint256 mined, uint256 dividends) {
        for (uint256 i = 0; i < claims.length; ++i) {
            (uint256 asMiner, uint256 asValidator) = _claim(claims[i]);
            mined += asMiner;
            dividends += asValidator;
        }
    }

    /// @inheritdoc IEpochs
    function claimOwner(uint32 netuid) external returns (uint256 amount) {
        uint72 settled = _newestActive(netuid);
        if (settled != 0) amount = emission.payOwner(netuid, uint64(settled));
        if (amount == 0) revert NothingForOwner(netuid);
    }

    /// @inheritdoc IEpochs
    function rootOf(uint32 netuid, uint64 epoch) external view returns (EpochRoot memory) {
        return resultOf(_resultHashes[netuid][epoch]);
    }

    /// @inheritdoc IEpochs
    function resultOf(bytes32 resultHash) public view returns (EpochRoot memory) {
        StoredRoot storage stored = _roots[resultHash];
        if (stored.activatesAt == 0) resultHash = 0;
        return EpochRoot(
            stored.root,
            resultHash,
            stored.minersTotal,
            stored.dividendsTotal,
            stored.activatesAt,
            stored.previousPlusOne,
            stored.signers
        );
    }

    /// @inheritdoc IEpochs
    function lastRootEpoch(uint32 netuid) external view returns (bool exists, uint64 epoch) {
        uint72 newest = _heads[netuid].newest;
        if (newest != 0) return (true, uint64(newest - 1));
    }

    /// @inheritdoc IEpochs
    function isActive(uint32 netuid, uint64 epoch) public view returns (bool) {
        uint48 activatesAt = _roots[_resultHashes[netuid][epoch]].activatesAt;
        return activatesAt != 0 && block.timestamp >= activatesAt;
    }

    /// @inheritdoc IEpochs
    function isDisabled(bytes32 resultHash) public view returns (bool) {
        return _objected[resultHash] || _disputers[resultHash] != address(0);
    }

    /// @inheritdoc IEpochs
    function offenceOf(bytes32 resultHash) external view returns (Offence memory) {
        address disputer = _disputers[resultHash];
        return Offence(disputer, disputer == address(0) ? 0 : _roots[resultHash].signers);
    }

    /// @inheritdoc IEpochs
    function paidTo(uint32 netuid, address hotkey, uint48 since)
        external
        view
        returns (uint256 mined, uint256 dividends)
    {
        Paid memory paid = _paid[netuid][hotkey][since];
        return (paid.mined, paid.dividends);
    }

    /// @inheritdoc IEpochs
    function totalPaid(uint32 netuid) external view returns (uint256 mined, uint256 dividends) {
        Paid memory paid = _totals[netuid];
        return (paid.mined, paid.dividends);
    }

    /// @inheritdoc ISeatScores
    /// @dev What was claimed for each of the last results: anybody claims for anybody, so nobody looks poorer than it lets itself look,
    ///      and richer only by what two thirds of the stake signed.
    function seatScores(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory scores) {
        scores = new uint256[](hotkeys.length);
        uint72 newest = _heads[netuid].newest;
        if (newest == 0) return scores;
        for (uint256 i = 0; i < hotkeys.length; ++i) {
            scores[i] = _recent[netuid][hotkeys[i]].sumAt(uint64(newest - 1));
        }
    }

    /// @inheritdoc IEpochs
    function resultDigest(Result calldata result) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RESULT_TYPEHASH, result)));
    }

    /// @inheritdoc IEpochs
    function objectionDigest(uint32 netuid, uint64 epoch, bytes32 resultHash) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OBJECTION_TYPEHASH, netuid, epoch, resultHash)));
    }

    function _requireRevealed(uint32 netuid, uint64 epoch) private view returns (uint256 startsAt) {
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.revealEndsAt) revert RootTooEarly(block.timestamp, window.revealEndsAt);
        return window.startsAt;
    }

    /// @dev Returns the newest active epoch plus one. Reverts while a root is pending, or when `epoch` is not newer.
    function _settle(uint32 netuid, uint64 epoch) private view returns (uint72 settled) {
        settled = _heads[netuid].newest;
        if (settled == 0) return 0;
        uint64 newest = uint64(settled - 1);
        uint48 activatesAt = _roots[_resultHashes[netuid][newest]].activatesAt;
        if (block.timestamp < activatesAt) revert RootPending(newest, activatesAt);
        if (epoch <= newest) revert EpochNotAfter(epoch, newest);
    }

    function _requireConsistent(Result calldata result, uint72 settled) private view {
        bytes32 specHash = subnets.specHashAt(result.netuid, result.epoch);
        if (result.specHash != specHash) revert SpecHashMismatch(specHash, result.specHash);
        Accrued memory accrued = emission.accrued(result.netuid, result.epoch + 1);
        // Nothing is kept under the hash zero, so that a first result builds on totals of zero.
        bytes32 active = settled == 0 ? bytes32(0) : _resultHashes[result.netuid][uint64(settled - 1)];
        if (result.previousHash != active) revert PreviousMismatch(active, result.previousHash);
        StoredRoot storage previous = _roots[active];
        _requireWithin("miners", result.minersTotal, previous.minersTotal, accrued.miners);
        _requireWithin("dividends", result.dividendsTotal, previous.dividendsTotal, accrued.dividends);
    }

    function _requireWithin(string memory part, uint256 total, uint256 previous, uint256 accrued) private pure {
        if (total < previous) revert TotalDecreased(part, total, previous);
        if (total > accrued) revert TotalExceedsAccrued(part, total, accrued);
    }

    /// @dev Nothing that was signed is hidden: what the hashes of a result stand for is in the same transaction.
    function _requirePosted(Result calldata result, Posting calldata posting) private pure {
        if (posting.seats.length > MAX_WORDS) revert PostingTooLong("seats");
        if (posting.carry.length > 2 * MAX_WORDS) revert PostingTooLong("carry");
        if (posting.amounts.length > MAX_WORDS) revert PostingTooLong("amounts");
        bytes32 root = ResultTree.root(ResultTree.half(posting.seats), ResultTree.half(posting.amounts));
        if (root != result.root) revert PostingMismatch("root");
        _requireHash(posting.validators, result.validatorsHash, "validators");
        _requireHash(posting.carry, result.carryHash, "carry");
    }

    function _requireHash(bytes32[] calldata words, bytes32 expected, string memory part) private pure {
        if (WordTree.hashOf(words) != expected) revert PostingMismatch(part);
    }

    /// @dev The list names each hotkey once, none without stake, and sums to the ledger's total: if it is not the true one, some stake in it
    ///      is wrong, which {IDisputes-disputeValidator} shows.
    function _requireWhole(uint32 netuid, uint256 snapshotAt, bytes32[] calldata validators)
        private
        view
        returns (uint256 total)
    {
        if (validators.length > MAX_WORDS) revert PostingTooLong("validators");
        total = permits.totalPermittedStakeAt(netuid, snapshotAt);
        uint256 sum;
        address previous;
        for (uint256 i = 0; i < validators.length; ++i) {
            address hotkey = validators[i].hotkey();
            if (hotkey <= previous) revert ValidatorsNotAscending(i);
            previous = hotkey;
            uint256 stake = validators[i].stake();
            if (stake == 0) revert ValidatorWithoutStake(hotkey);
            sum += stake;
        }
        if (sum != total) revert PostingMismatch("stakes");
    }

    function _stakeOfSigners(
        uint32 netuid,
        uint256 snapshotAt,
        bytes32 digest,
        bytes32[] calldata validators,
        uint256 signers,
        bytes[] calldata signatures
    ) private view returns (uint256 sum) {
        uint256 used;
        for (uint256 i = 0; i < validators.length; ++i) {
            if (signers >> i & 1 == 0) continue;
            if (used == signatures.length) revert SignerCountMismatch(signers, signatures.length);
            sum += _stakeOf(netuid, snapshotAt, digest, validators[i], signatures[used++]);
        }
        if (used != signatures.length || (validators.length < 256 && signers >> validators.length != 0)) {
            revert SignerCountMismatch(signers, signatures.length);
        }
    }

    /// @dev Stake of one posted validator that signed.
    function _stakeOf(
        uint32 netuid,
        uint256 snapshotAt,
        bytes32 digest,
        bytes32 validator,
        bytes calldata signature
    ) private view returns (uint256 stake) {
        address hotkey = validator.hotkey();
        address signer = ECDSA.recoverCalldata(digest, signature);
        if (signer != hotkey) revert WrongSigner(hotkey, signer);
        stake = permits.permittedStakeAt(netuid, hotkey, snapshotAt);
        if (stake == 0) revert SignerNotPermitted(hotkey);
        if (stake != validator.stake()) revert StakeMismatch(hotkey, stake, validator.stake());
    }

    /// @dev Stake behind the signatures; reverts on a repeated, unordered or unpermitted signer.
    function _signedStake(uint32 netuid, uint256 snapshotAt, bytes32 digest, bytes[] calldata signatures)
        private
        view
        returns (uint256 sum)
    {
        address previous;
        for (uint256 i = 0; i < signatures.length; ++i) {
            address signer = ECDSA.recoverCalldata(digest, signatures[i]);
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            uint256 stake = permits.permittedStakeAt(netuid, signer, snapshotAt);
            if (stake == 0) revert SignerNotPermitted(signer);
            sum += stake;
            previous = signer;
        }
    }

    /// @dev Keeps: until a root is active, all stake that could sign it is within reach of a slash.
    function _store(Result calldata result, bytes32 resultHash, uint72 settled, uint256 signers, uint256 startsAt)
        private
        returns (uint48 activatesAt)
    {
        activatesAt = uint48(block.timestamp) + subnets.activationDelayOf(result.netuid);
        uint256 boundUntil = startsAt + staking.unbondingSeconds();
        if (activatesAt > boundUntil) revert RootTooLate(activatesAt, boundUntil);
        _roots[resultHash] = StoredRoot(
            result.root,
            uint88(result.minersTotal),
            uint88(result.dividendsTotal),
            activatesAt,
            uint32(settled),
            signers
        );
        _resultHashes[result.netuid][result.epoch] = resultHash;
        _heads[result.netuid] = Heads(settled, uint72(result.epoch) + 1);
    }

    function _reopen(uint32 netuid, uint64 epoch) private {
        delete _resultHashes[netuid][epoch];
        _heads[netuid].newest = _heads[netuid].settled;
    }

    /// @dev Only who could sign that epoch's result, while its stake is still bound: nobody burns what others staked on a hotkey by
    ///      signing results of epochs that are none.
    function _requirePunishable(uint32 netuid, uint64 epoch, address signer) private view {
        uint256 from = _requireRevealed(netuid, epoch);
        if (permits.permittedStakeAt(netuid, signer, from) == 0) revert SignerNotPermitted(signer);
        uint256 until = uint256(subnets.epochWindow(netuid, epoch).revealEndsAt) + staking.unbondingSeconds();
        if (block.timestamp >= until) revert OffenceTooOld(until);
    }

    function _slash(uint32 netuid, uint64 epoch, address signer, bytes32 resultHash, address beneficiary) private {
        _punished[netuid][epoch][signer] = true;
        _slashedAt[netuid][signer] = block.timestamp;
        (uint256 alphaTaken, uint256 koinTaken) = staking.slash(netuid, signer, SLASH_BPS, beneficiary);
        emit SignerPunished(netuid, epoch, signer, resultHash, alphaTaken, koinTaken);
    }

    /// @dev What the word promises beyond what was had, each part for itself.
    function _claim(Claim calldata entry) private returns (uint256 mined, uint256 dividends) {
        uint32 netuid = entry.netuid;
        (, StoredRoot storage stored) = _existing(netuid, entry.epoch);
        if (block.timestamp < stored.activatesAt) revert RootNotActive(stored.activatesAt);
        if (ResultTree.climbAmount(entry.amounts, entry.uid, entry.proof) != stored.root) revert ProofInvalid();
        uint256 lastSecond = subnets.epochWindow(netuid, entry.epoch).endsAt - 1;
        (address hotkey, uint48 since) = terms.seatAt(netuid, entry.uid, lastSecond);
        if (hotkey == address(0)) revert SeatIsFree(entry.uid);
        (mined, dividends) = _bookPaid(entry, hotkey, since);
        if (mined + dividends == 0) return (0, 0);
        _recent[netuid][hotkey].add(entry.epoch, mined + dividends);
        emit Claimed(
            netuid,
            entry.epoch,
            hotkey,
            mined,
            dividends,
            entry.amounts.mined(),
            entry.amounts.dividends(),
            msg.sender
        );
        if (mined > 0) emission.payMiner(netuid, hotkey, mined);
        if (dividends > 0) emission.payDividends(netuid, hotkey, dividends);
    }

    /// @dev What is new of both sums of the word; counted as paid, to the seat's holder and by the subnet, within the totals of the
    ///      newest active root: what was paid against that one must not stop a claim against an older one.
    function _bookPaid(Claim calldata entry, address hotkey, uint48 since)
        private
        returns (uint256 mined, uint256 dividends)
    {
        StoredRoot storage newest = _roots[_resultHashes[entry.netuid][uint64(_newestActive(entry.netuid) - 1)]];
        Paid storage paid = _paid[entry.netuid][hotkey][since];
        mined = _beyond(entry.amounts.mined(), paid.mined);
        dividends = _beyond(entry.amounts.dividends(), paid.dividends);
        Paid memory total = _totals[entry.netuid];
        (uint256 allMined, uint256 allDividends) = (total.mined + mined, total.dividends + dividends);
        if (allMined > newest.minersTotal) revert ClaimsExceedTotal("miners", allMined, newest.minersTotal);
        if (allDividends > newest.dividendsTotal) {
            revert ClaimsExceedTotal("dividends", allDividends, newest.dividendsTotal);
        }
        _totals[entry.netuid] = Paid(uint128(allMined), uint128(allDividends));
        paid.mined += uint128(mined);
        paid.dividends += uint128(dividends);
    }

    function _beyond(uint256 promised, uint256 had) private pure returns (uint256) {
        return promised > had ? promised - had : 0;
    }

    /// @dev Plus one; zero when there is none.
    function _newestActive(uint32 netuid) private view returns (uint72 settled) {
        Heads memory heads = _heads[netuid];
        settled = heads.newest;
        if (settled != 0 && !isActive(netuid, uint64(settled - 1))) settled = heads.settled;
    }

    function _existing(uint32 netuid, uint64 epoch) private view returns (bytes32 resultHash, StoredRoot storage stored) {
        resultHash = _resultHashes[netuid][epoch];
        if (resultHash == 0) revert RootNotFound(netuid, epoch);
        stored = _roots[resultHash];
    }

    function _pending(uint32 netuid, uint64 epoch) private view returns (bytes32 resultHash, StoredRoot storage stored) {
        (resultHash, stored) = _existing(netuid, epoch);
        if (block.timestamp >= stored.activatesAt) revert RootAlreadyActive(stored.activatesAt);
    }
}
