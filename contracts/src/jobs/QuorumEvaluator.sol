// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {ISubnets} from "../subnets/ISubnets.sol";
import {IPermits} from "../subnets/pool/IPermits.sol";
import {IJobs, Job, JobStatus} from "./IJobs.sol";
import {IQuorumEvaluator, Judgement, Verdict} from "./IQuorumEvaluator.sol";

/// @title The validators of one subnet as the evaluator of jobs
/// @dev Rules: specs/0024-jobs.md section 4. Whoever names this address as evaluator has named the subnet and the rules with it; there is
///      nothing to set. Windows are the subnet's activation delay, read when the first verdict is recorded.
contract QuorumEvaluator is IQuorumEvaluator, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 public constant VERDICT_TYPEHASH =
        keccak256("Verdict(uint256 jobId,bytes32 deliverable,bool accepted,bytes32 reason,uint8 round)");
    uint256 private constant BOND_DIVISOR = 10;

    /// @inheritdoc IQuorumEvaluator
    IJobs public immutable jobs;
    /// @inheritdoc IQuorumEvaluator
    uint32 public immutable netuid;
    ISubnets public immutable subnets;
    IPermits public immutable permits;
    mapping(uint256 jobId => Judgement) private _judgements;

    constructor(IJobs jobs_, ISubnets subnets_, uint32 netuid_) EIP712("Koinon Quorum Evaluator", "1") {
        (jobs, subnets, netuid, permits) = (jobs_, subnets_, netuid_, subnets_.permits());
    }

    /// @inheritdoc IQuorumEvaluator
    function decide(Verdict calldata verdict, address[] calldata signers, bytes[] calldata signatures)
        external
        nonReentrant
    {
        Job memory job = _submitted(verdict.jobId);
        if (verdict.deliverable != job.deliverable) revert DeliverableMismatch(job.deliverable, verdict.deliverable);
        Judgement storage judgement = _judgements[verdict.jobId];
        uint256 snapshotAt = verdict.round == 0 ? _first(job, judgement, verdict.jobId) : _second(judgement, verdict.round);
        _count(verdict, judgement.finalAt, snapshotAt, signers, signatures);
        bool isOverturned = verdict.round == 1 && verdict.accepted != judgement.accepted;
        (judgement.accepted, judgement.reason) = (verdict.accepted, verdict.reason);
        if (verdict.round == 1) _settle(verdict.jobId, job, judgement, isOverturned);
    }

    /// @inheritdoc IQuorumEvaluator
    function dispute(uint256 jobId) external nonReentrant {
        Job memory job = _submitted(jobId);
        Judgement storage judgement = _judgements[jobId];
        bool isOpen = judgement.finalAt != 0 && judgement.disputedAt == 0 && block.timestamp < judgement.finalAt;
        if (!isOpen) revert NotDisputable(jobId);
        address loser = judgement.accepted ? job.client : job.provider;
        if (msg.sender != loser) revert NotLosingSide(msg.sender);
        uint256 bond = _bond(job.budget);
        judgement.disputedAt = uint48(block.timestamp);
        judgement.disputer = msg.sender;
        judgement.bond = bond;
        judgement.finalAt = uint48(block.timestamp) + judgement.windowSeconds;
        emit Disputed(jobId, msg.sender, bond, judgement.finalAt);
        IERC20 token = IERC20(job.token);
        uint256 held = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), bond);
        if (token.balanceOf(address(this)) != held + bond) revert BondMismatch(bond);
    }

    /// @inheritdoc IQuorumEvaluator
    function settle(uint256 jobId) external nonReentrant {
        Judgement storage judgement = _judgements[jobId];
        if (judgement.finalAt == 0) revert NotJudged(jobId);
        if (judgement.isSettled) revert AlreadySettled(jobId);
        Job memory job = jobs.getJob(jobId);
        if (job.status != JobStatus.Submitted || block.timestamp >= job.expiredAt) {
            judgement.isSettled = true;
            _payBond(jobId, job.token, judgement.disputer, judgement.bond);
            return;
        }
        if (block.timestamp < judgement.finalAt) revert NotFinal(judgement.finalAt);
        _settle(jobId, job, judgement, false);
    }

    /// @inheritdoc IQuorumEvaluator
    function judgementOf(uint256 jobId) external view returns (Judgement memory) {
        return _judgements[jobId];
    }

    /// @inheritdoc IQuorumEvaluator
    function bondOf(uint256 jobId) external view returns (uint256) {
        return _bond(jobs.getJob(jobId).budget);
    }

    /// @inheritdoc IQuorumEvaluator
    function verdictDigest(Verdict calldata verdict) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(VERDICT_TYPEHASH, verdict)));
    }

    /// @dev A verdict from which there would be no time left to dispute, to decide again and to settle comes too late.
    function _first(Job memory job, Judgement storage judgement, uint256 jobId) private returns (uint256 snapshotAt) {
        if (judgement.finalAt != 0) revert AlreadyJudged(jobId);
        uint32 windowSeconds = subnets.activationDelayOf(netuid);
        uint256 neededUntil = block.timestamp + 3 * uint256(windowSeconds);
        if (neededUntil > job.expiredAt) revert TooLate(neededUntil, job.expiredAt);
        judgement.windowSeconds = windowSeconds;
        judgement.finalAt = uint48(block.timestamp) + windowSeconds;
        return job.submittedAt - 1;
    }

    function _second(Judgement storage judgement, uint8 round) private view returns (uint256 snapshotAt) {
        bool isAsked = round == 1 && judgement.disputedAt != 0 && !judgement.isSettled;
        if (!isAsked || block.timestamp >= judgement.finalAt) revert WrongRound(round);
        return judgement.disputedAt;
    }

    function _count(
        Verdict calldata verdict,
        uint48 finalAt,
        uint256 snapshotAt,
        address[] calldata signers,
        bytes[] calldata signatures
    ) private {
        (uint256 signed, uint256 total) = _quorum(snapshotAt, verdictDigest(verdict), signers, signatures);
        if (verdict.round == 1) finalAt = uint48(block.timestamp);
        emit VerdictRecorded(
            verdict.jobId, verdict.round, verdict.accepted, verdict.reason, signed, total, finalAt
        );
    }

    function _settle(uint256 jobId, Job memory job, Judgement storage judgement, bool isOverturned) private {
        judgement.isSettled = true;
        (bool accepted, bytes32 reason) = (judgement.accepted, judgement.reason);
        emit Settled(jobId, accepted, reason);
        address other = judgement.disputer == job.client ? job.provider : job.client;
        _payBond(jobId, job.token, isOverturned ? judgement.disputer : other, judgement.bond);
        if (accepted) jobs.complete(jobId, reason, "");
        else jobs.reject(jobId, reason, "");
    }

    function _payBond(uint256 jobId, address token, address to, uint256 bond) private {
        if (bond == 0) return;
        emit BondPaid(jobId, to, bond);
        IERC20(token).safeTransfer(to, bond);
    }

    function _quorum(uint256 snapshotAt, bytes32 digest, address[] calldata signers, bytes[] calldata signatures)
        private
        view
        returns (uint256 signed, uint256 total)
    {
        if (signers.length != signatures.length) revert SignerCountMismatch(signers.length, signatures.length);
        total = permits.totalPermittedStakeAt(netuid, snapshotAt);
        address previous;
        for (uint256 i = 0; i < signers.length; ++i) {
            address signer = signers[i];
            if (signer <= previous) revert SignersNotAscending(previous, signer);
            previous = signer;
            uint256 stake = permits.permittedStakeAt(netuid, signer, snapshotAt);
            if (stake == 0) revert SignerNotPermitted(signer);
            if (!SignatureChecker.isValidSignatureNow(signer, digest, signatures[i])) revert SignatureInvalid(signer);
            signed += stake;
        }
        if (signed * 3 <= total * 2) revert QuorumNotReached(signed, total);
    }

    function _submitted(uint256 jobId) private view returns (Job memory job) {
        job = jobs.getJob(jobId);
        if (job.evaluator != address(this)) revert NotEvaluatorOf(jobId);
        if (job.status != JobStatus.Submitted || block.timestamp >= job.expiredAt) revert NotSubmitted(jobId);
    }

    function _bond(uint256 budget) private pure returns (uint256) {
        return budget / BOND_DIVISOR + (budget % BOND_DIVISOR == 0 ? 0 : 1);
    }
}
