// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {KoinonToken} from "../token/KoinonToken.sol";
import {Earnings} from "./Earnings.sol";
import {Emission} from "./Emission.sol";
import {IEmission} from "./IEmission.sol";
import {Claim, EpochRoot, IEpochs, Result} from "./IEpochs.sol";
import {ISeatScores} from "./IScores.sol";
import {IStaking} from "./IStaking.sol";
import {EpochWindow, ISubnets} from "./ISubnets.sol";

/// @title Signed results of epochs, objections and claims
/// @dev Quorums are measured against `totalPermittedStakeAt(startsAt)`: the stake, at the start of the epoch, of all
///      registered hotkeys that then held at least the subnet's minimum, whether or not they take part.
///      At most one root per subnet is pending; a later epoch can follow once it is active, an epoch may be skipped.
///      An objection needs more than 1/3 after more than 2/3 have signed, so at least one signer must have changed
///      its mind: it repairs mistakes, it does not protect against a dishonest two-thirds majority. What such a
///      majority can take is bounded by the subnet's accrued emission.
///      Validators' hotkeys sign with ECDSA: a contract's hotkey counts in the denominator but cannot sign.
contract Epochs is IEpochs, ISeatScores, EIP712 {
    using Earnings for Earnings.Recent;

    struct StoredRoot {
        bytes32 root;
        bytes32 resultHash;
        uint208 cumulativeTotal;
        uint48 activatesAt;
    }

    /// @dev Epoch numbers plus one; zero when there is none.
    struct Heads {
        uint72 settled;
        uint72 newest;
    }

    bytes32 public constant RESULT_TYPEHASH = keccak256(
        "Result(uint32 netuid,uint64 epoch,bytes32 root,uint256 cumulativeTotal,bytes32 weightsHash,bytes32 stakeHash,bytes32 specHash,bytes32 dataHash)"
    );
    bytes32 public constant OBJECTION_TYPEHASH =
        keccak256("Objection(uint32 netuid,uint64 epoch,bytes32 resultHash)");
    /// @dev Newly created subnets that one submission records in the emission contract.
    uint32 private constant SYNC_PER_ROOT = 4;

    ISubnets public immutable subnets;
    IStaking public immutable staking;
    /// @inheritdoc IEpochs
    IEmission public immutable emission;

    mapping(uint32 netuid => mapping(uint64 epoch => StoredRoot)) private _roots;
    mapping(uint32 netuid => Heads) private _heads;
    mapping(uint32 netuid => mapping(address account => uint256)) private _paid;
    mapping(uint32 netuid => mapping(address account => Earnings.Recent)) private _recent;
    /// @inheritdoc IEpochs
    mapping(uint32 netuid => uint256) public totalPaid;
    /// @inheritdoc IEpochs
    mapping(bytes32 resultHash => bool) public isDisabled;

    /// @param token KOIN; its minter must become {emission}, which this constructor creates.
    /// @param emissionPerSecond KOIN base units a second for all subnets together, until the first halving.
    /// @param halvingSeconds Seconds between halvings.
    constructor(KoinonToken token, ISubnets subnets_, uint256 emissionPerSecond, uint256 halvingSeconds)
        EIP712("Koinon Epochs", "1")
    {
        subnets = subnets_;
        staking = subnets_.staking();
        emission = new Emission(token, subnets_, address(this), emissionPerSecond, halvingSeconds);
    }

    /// @inheritdoc IEpochs
    function submitRoot(Result calldata result, bytes[] calldata signatures) external {
        (uint32 netuid, uint64 epoch) = (result.netuid, result.epoch);
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.revealEndsAt) revert RootTooEarly(block.timestamp, window.revealEndsAt);
        uint72 settled = _settle(netuid, epoch);
        emission.sync(SYNC_PER_ROOT);
        _requireConsistent(result, settled);

        bytes32 resultHash = resultDigest(result);
        if (isDisabled[resultHash]) revert ResultDisabled(resultHash);
        uint256 total = staking.totalPermittedStakeAt(netuid, window.startsAt);
        uint256 signed = _signedStake(netuid, window.startsAt, resultHash, signatures);
        if (signed * 3 <= total * 2) revert QuorumNotReached(signed, total);

        uint48 activatesAt = uint48(block.timestamp) + subnets.activationDelayOf(netuid);
        _roots[netuid][epoch] = StoredRoot(result.root, resultHash, uint208(result.cumulativeTotal), activatesAt);
        _heads[netuid] = Heads(settled, uint72(epoch) + 1);
        emit RootSubmitted(netuid, epoch, resultHash, result, signed, total, activatesAt, msg.sender);
    }

    /// @inheritdoc IEpochs
    function objectRoot(uint32 netuid, uint64 epoch, bytes32 resultHash, bytes[] calldata signatures) external {
        StoredRoot storage stored = _existing(netuid, epoch);
        if (stored.resultHash != resultHash) revert ResultHashMismatch(stored.resultHash, resultHash);
        if (block.timestamp >= stored.activatesAt) revert RootAlreadyActive(stored.activatesAt);

        uint256 startsAt = subnets.epochWindow(netuid, epoch).startsAt;
        uint256 total = staking.totalPermittedStakeAt(netuid, startsAt);
        uint256 objecting = _signedStake(netuid, startsAt, objectionDigest(netuid, epoch, resultHash), signatures);
        if (objecting * 3 <= total) revert QuorumNotReached(objecting, total);

        isDisabled[resultHash] = true;
        delete _roots[netuid][epoch];
        _heads[netuid].newest = _heads[netuid].settled;
        emit RootDisabled(netuid, epoch, resultHash, objecting, total);
    }

    /// @inheritdoc IEpochs
    function claim(
        uint32 netuid,
        uint64 epoch,
        address account,
        uint256 cumulativeAmount,
        bytes32[] calldata proof
    ) external returns (uint256 amount) {
        amount = _claim(netuid, epoch, account, cumulativeAmount, proof);
        if (amount == 0) revert NothingToClaim(account);
    }

    /// @inheritdoc IEpochs
    function claimMany(Claim[] calldata claims) external returns (uint256 amount) {
        for (uint256 i = 0; i < claims.length; ++i) {
            Claim calldata entry = claims[i];
            amount += _claim(entry.netuid, entry.epoch, entry.account, entry.cumulativeAmount, entry.proof);
        }
    }

    /// @inheritdoc IEpochs
    function rootOf(uint32 netuid, uint64 epoch) external view returns (EpochRoot memory) {
        StoredRoot storage stored = _roots[netuid][epoch];
        return EpochRoot(stored.root, stored.resultHash, stored.cumulativeTotal, stored.activatesAt);
    }

    /// @inheritdoc IEpochs
    function lastRootEpoch(uint32 netuid) external view returns (bool exists, uint64 epoch) {
        uint72 newest = _heads[netuid].newest;
        if (newest != 0) return (true, uint64(newest - 1));
    }

    /// @inheritdoc IEpochs
    function isActive(uint32 netuid, uint64 epoch) external view returns (bool) {
        uint48 activatesAt = _roots[netuid][epoch].activatesAt;
        return activatesAt != 0 && block.timestamp >= activatesAt;
    }

    /// @inheritdoc IEpochs
    function paidTo(uint32 netuid, address account) external view returns (uint256) {
        return _paid[netuid][account];
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

    /// @inheritdoc IEpochs
    function leafOf(uint32 netuid, address account, uint256 cumulativeAmount) public pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(netuid, account, cumulativeAmount))));
    }

    /// @dev Returns the newest active epoch plus one. Reverts while a root is pending, or when `epoch` is not newer.
    function _settle(uint32 netuid, uint64 epoch) private view returns (uint72 settled) {
        settled = _heads[netuid].newest;
        if (settled == 0) return 0;
        uint64 newest = uint64(settled - 1);
        uint48 activatesAt = _roots[netuid][newest].activatesAt;
        if (block.timestamp < activatesAt) revert RootPending(newest, activatesAt);
        if (epoch <= newest) revert EpochNotAfter(epoch, newest);
    }

    function _requireConsistent(Result calldata result, uint72 settled) private view {
        bytes32 specHash = subnets.specHashAt(result.netuid, result.epoch);
        if (result.specHash != specHash) revert SpecHashMismatch(specHash, result.specHash);
        uint256 previous = settled == 0 ? 0 : _roots[result.netuid][uint64(settled - 1)].cumulativeTotal;
        if (result.cumulativeTotal < previous) revert CumulativeTotalDecreased(result.cumulativeTotal, previous);
        uint256 accrued = emission.accrued(result.netuid, result.epoch + 1);
        if (result.cumulativeTotal > accrued) revert CumulativeTotalExceedsAccrued(result.cumulativeTotal, accrued);
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
            uint256 stake = staking.permittedStakeAt(netuid, signer, snapshotAt);
            if (stake == 0) revert SignerNotPermitted(signer);
            sum += stake;
            previous = signer;
        }
    }

    function _claim(
        uint32 netuid,
        uint64 epoch,
        address account,
        uint256 cumulativeAmount,
        bytes32[] calldata proof
    ) private returns (uint256 amount) {
        StoredRoot storage stored = _existing(netuid, epoch);
        if (block.timestamp < stored.activatesAt) revert RootNotActive(stored.activatesAt);
        if (!MerkleProof.verifyCalldata(proof, stored.root, leafOf(netuid, account, cumulativeAmount))) {
            revert ProofInvalid();
        }
        uint256 had = _paid[netuid][account];
        if (cumulativeAmount <= had) return 0;
        amount = cumulativeAmount - had;
        uint256 paid = totalPaid[netuid] + amount;
        if (paid > stored.cumulativeTotal) revert ClaimsExceedTotal(paid, stored.cumulativeTotal);

        _paid[netuid][account] = cumulativeAmount;
        totalPaid[netuid] = paid;
        _recent[netuid][account].add(epoch, amount);
        emit Claimed(netuid, epoch, account, amount, cumulativeAmount, msg.sender);
        emission.mint(netuid, account, amount);
    }

    function _existing(uint32 netuid, uint64 epoch) private view returns (StoredRoot storage stored) {
        stored = _roots[netuid][epoch];
        if (stored.activatesAt == 0) revert RootNotFound(netuid, epoch);
    }
}
