// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConvictionMath, Mass} from "./ConvictionMath.sol";
import {Contest, IConviction, Lock, Tally} from "./IConviction.sol";
import {ISubnets} from "./ISubnets.sol";
import {IPools} from "./pool/IPools.sol";

/// @title Locks of alpha for who should own a subnet, and the only way by which one changes hands
/// @dev Free alpha of this contract = sum of what is held for all locks. Named for ever by the registry, in its own constructor.
contract Conviction is IConviction {
    using ConvictionMath for Mass;

    uint256 public constant TAU_SECONDS = 11_218_392;
    uint256 public constant MIN_AGE_SECONDS = 365 days;
    uint256 public constant GATE_BPS = 1_000;
    uint256 public constant NOTICE_SECONDS = 30 days;
    uint256 public constant ACCEPT_SECONDS = 14 days;
    uint256 public constant RELEASE_SECONDS = 10 * TAU_SECONDS;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IConviction
    IPools public immutable pools;

    mapping(uint32 netuid => mapping(address holder => mapping(address candidate => Lock))) private _locks;
    mapping(uint32 netuid => mapping(address candidate => Tally)) private _tallies;
    mapping(uint32 netuid => Contest) private _contests;

    /// @param pools_ The registry that binds itself to them has to name this contract.
    constructor(IPools pools_) {
        pools = pools_;
    }

    /// @inheritdoc IConviction
    function lock(uint32 netuid, address candidate, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        if (candidate == address(0)) revert CandidateIsZero();
        ISubnets subnets = _alive(netuid);
        // Before any figure: it refuses what the caller does not have, so amounts stay below the cap of alpha.
        pools.transferFor(netuid, msg.sender, address(this), amount);
        (Lock memory mine, Tally memory all) = _moved(netuid, candidate);
        mine.kept.locked += uint128(amount);
        mine.held += uint128(amount);
        all.kept.locked += uint128(amount);
        _store(netuid, candidate, mine, all);
        emit Locked(netuid, msg.sender, candidate, amount);
        address contender = _contests[netuid].candidate;
        if (contender != address(0) && candidate == subnets.ownerOf(netuid) && !leads(netuid, contender)) {
            _end(netuid, contender);
        }
    }

    /// @inheritdoc IConviction
    function unlock(uint32 netuid, address candidate, uint256 amount) external {
        if (amount == 0) revert ZeroAmount();
        (Lock memory mine, Tally memory all) = _moved(netuid, candidate);
        if (amount > mine.kept.locked) revert LockTooSmall(mine.kept.locked, amount);
        uint128 gone = uint128(amount);
        uint128 part = uint128(uint256(mine.kept.conviction) * amount / mine.kept.locked);
        uint128 counted = _least(part, all.kept.conviction);
        (mine.kept.locked, mine.kept.conviction) = (mine.kept.locked - gone, mine.kept.conviction - part);
        (mine.leaving.locked, mine.leaving.conviction) = (mine.leaving.locked + gone, mine.leaving.conviction + part);
        (all.kept.locked, all.kept.conviction) = (all.kept.locked - gone, all.kept.conviction - counted);
        (all.leaving.locked, all.leaving.conviction) = (all.leaving.locked + gone, all.leaving.conviction + counted);
        mine.endsAt = uint48(block.timestamp + RELEASE_SECONDS);
        _store(netuid, candidate, mine, all);
        emit Unlocked(netuid, msg.sender, candidate, amount, mine.endsAt);
    }

    /// @inheritdoc IConviction
    function withdraw(uint32 netuid, address candidate) external returns (uint256 amount) {
        (Lock memory mine, Tally memory all) = _moved(netuid, candidate);
        if (pools.subnets().dissolvedAtOf(netuid) != 0) {
            amount = mine.held;
            if (amount == 0) revert NothingFree();
            // Nothing of the subnet is contested any more: its tallies stand for nothing.
            delete _locks[netuid][msg.sender][candidate];
        } else {
            if (_isReleased(mine)) {
                all.leaving.locked -= _least(mine.leaving.locked, all.leaving.locked);
                all.leaving.conviction -= _least(mine.leaving.conviction, all.leaving.conviction);
                (mine.leaving, mine.endsAt) = (Mass(0, 0), 0);
            }
            amount = _freeOf(mine);
            if (amount == 0) revert NothingFree();
            mine.held -= uint128(amount);
            _store(netuid, candidate, mine, all);
        }
        emit Withdrawn(netuid, msg.sender, candidate, amount);
        pools.transfer(msg.sender, netuid, amount);
    }

    /// @inheritdoc IConviction
    function contest(uint32 netuid, address candidate) external {
        ISubnets subnets = _alive(netuid);
        uint256 until = subnets.genesisOf(netuid) + MIN_AGE_SECONDS;
        if (block.timestamp < until) revert SubnetTooYoung(uint48(until));
        address owner = subnets.ownerOf(netuid);
        (uint256 counted, uint256 locked, bool isAhead) = _compared(netuid, candidate, owner);
        if (!isAhead) revert DoesNotLead(candidate);
        Contest memory open = _contests[netuid];
        if (open.candidate != address(0)) {
            (uint256 theirs,, bool leadsToo) = _compared(netuid, open.candidate, owner);
            bool stands = leadsToo && block.timestamp <= open.endsAt + ACCEPT_SECONDS;
            if (stands && (open.candidate == candidate || counted <= theirs)) {
                revert ContestStands(open.candidate, open.endsAt);
            }
            _end(netuid, open.candidate);
        }
        uint48 endsAt = uint48(block.timestamp + NOTICE_SECONDS);
        _contests[netuid] = Contest(candidate, endsAt);
        emit ContestOpened(netuid, candidate, owner, counted, locked, endsAt);
    }

    /// @inheritdoc IConviction
    function endContest(uint32 netuid) external {
        Contest memory open = _opened(netuid);
        bool isDue = block.timestamp <= open.endsAt + ACCEPT_SECONDS;
        bool isAlive = pools.subnets().dissolvedAtOf(netuid) == 0;
        if (isAlive && isDue && leads(netuid, open.candidate)) revert ContestStands(open.candidate, open.endsAt);
        _end(netuid, open.candidate);
    }

    /// @inheritdoc IConviction
    function takeOver(uint32 netuid) external {
        Contest memory open = _opened(netuid);
        if (msg.sender != open.candidate) revert NotCandidate(msg.sender, open.candidate);
        if (block.timestamp < open.endsAt) revert NoticeNotOver(open.endsAt);
        uint256 until = open.endsAt + ACCEPT_SECONDS;
        if (block.timestamp > until) revert TooLate(uint48(until));
        if (!leads(netuid, msg.sender)) revert DoesNotLead(msg.sender);
        delete _contests[netuid];
        // Refuses a dissolved subnet.
        pools.subnets().passOwnership(netuid, msg.sender);
    }

    /// @inheritdoc IConviction
    function lockOf(uint32 netuid, address holder, address candidate)
        external
        view
        returns (Lock memory found, uint256 free)
    {
        found = _lockNow(_locks[netuid][holder][candidate]);
        if (_isReleased(found)) (found.leaving, found.endsAt) = (Mass(0, 0), 0);
        free = pools.subnets().dissolvedAtOf(netuid) == 0 ? _freeOf(found) : found.held;
    }

    /// @inheritdoc IConviction
    function tallyOf(uint32 netuid, address candidate) external view returns (Tally memory found, uint256 counted) {
        found = _tallyNow(_tallies[netuid][candidate]);
        counted = _countedOf(found);
    }

    /// @inheritdoc IConviction
    function gateOf(uint32 netuid) public view returns (uint256) {
        return pools.supplyOf(netuid) * GATE_BPS / BPS;
    }

    /// @inheritdoc IConviction
    function leads(uint32 netuid, address candidate) public view returns (bool isAhead) {
        (,, isAhead) = _compared(netuid, candidate, pools.subnets().ownerOf(netuid));
    }

    /// @inheritdoc IConviction
    function contestOf(uint32 netuid) external view returns (Contest memory) {
        return _contests[netuid];
    }

    function _compared(uint32 netuid, address candidate, address owner)
        private
        view
        returns (uint256 counted, uint256 locked, bool isAhead)
    {
        counted = _countedOf(_tallyNow(_tallies[netuid][candidate]));
        locked = _massOf(_tallyNow(_tallies[netuid][owner]));
        isAhead = candidate != owner && counted > locked && counted > gateOf(netuid);
    }

    /// @dev The caller's lock and the candidate's tally, both as of now.
    function _moved(uint32 netuid, address candidate) private view returns (Lock memory mine, Tally memory all) {
        mine = _lockNow(_locks[netuid][msg.sender][candidate]);
        all = _tallyNow(_tallies[netuid][candidate]);
    }

    function _store(uint32 netuid, address candidate, Lock memory mine, Tally memory all) private {
        _locks[netuid][msg.sender][candidate] = mine;
        _tallies[netuid][candidate] = all;
    }

    function _lockNow(Lock memory found) private view returns (Lock memory) {
        uint256 elapsed = block.timestamp - found.at;
        found.kept = found.kept.kept(elapsed, TAU_SECONDS);
        found.leaving = found.leaving.leaving(elapsed, TAU_SECONDS);
        found.at = uint48(block.timestamp);
        return found;
    }

    function _tallyNow(Tally memory found) private view returns (Tally memory) {
        uint256 elapsed = block.timestamp - found.at;
        found.kept = found.kept.kept(elapsed, TAU_SECONDS);
        found.leaving = found.leaving.leaving(elapsed, TAU_SECONDS);
        found.at = uint48(block.timestamp);
        return found;
    }

    function _isReleased(Lock memory mine) private view returns (bool) {
        return mine.endsAt != 0 && block.timestamp >= mine.endsAt;
    }

    function _freeOf(Lock memory mine) private pure returns (uint256) {
        return uint256(mine.held) - mine.kept.locked - mine.leaving.locked;
    }

    function _massOf(Tally memory all) private pure returns (uint256) {
        return uint256(all.kept.locked) + all.leaving.locked;
    }

    function _countedOf(Tally memory all) private pure returns (uint256) {
        uint256 conviction = uint256(all.kept.conviction) + all.leaving.conviction;
        uint256 mass = _massOf(all);
        return conviction < mass ? conviction : mass;
    }

    function _end(uint32 netuid, address candidate) private {
        delete _contests[netuid];
        emit ContestEnded(netuid, candidate);
    }

    function _opened(uint32 netuid) private view returns (Contest memory open) {
        open = _contests[netuid];
        if (open.candidate == address(0)) revert NoContest(netuid);
    }

    function _alive(uint32 netuid) private view returns (ISubnets subnets) {
        subnets = pools.subnets();
        if (subnets.dissolvedAtOf(netuid) != 0) revert SubnetIsDissolved(netuid);
    }

    function _least(uint128 a, uint128 b) private pure returns (uint128) {
        return a < b ? a : b;
    }
}
