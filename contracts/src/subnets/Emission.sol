// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {KoinonToken} from "../token/KoinonToken.sol";
import {IEmission} from "./IEmission.sol";
import {ISubnets} from "./ISubnets.sol";

/// @title How new KOIN accrues to subnets
/// @dev Schedule: `emissionPerSecond` from deployment on, halved every `halvingSeconds` (integer halves). The whole
///      schedule fits under the token's cap: 2 * emissionPerSecond * halvingSeconds <= cap - already minted.
///      Split: at every second the subnets that exist share equally. A counter of what one subnet has accrued is
///      written down at the genesis of every subnet; between two of them it grows by issue / number of subnets,
///      rounded down. So the sum over subnets never exceeds the issue, whenever subnets are created; the rounding
///      dust, and all issue while no subnet exists, is never minted.
///      What this rule is NOT: a judgement of merit. Creating a subnet costs the creation burn and dilutes the rest;
///      that price is the only defence against empty subnets in this version.
contract Emission is IEmission {
    /// @dev State of the counter when the number of living subnets became `living`.
    struct Entry {
        uint40 since;
        uint16 living;
        uint200 accruedPerSubnet;
    }

    uint256 public constant MIN_HALVING_SECONDS = 1 days;

    KoinonToken public immutable token;
    ISubnets public immutable subnets;
    /// @inheritdoc IEmission
    address public immutable epochs;
    /// @inheritdoc IEmission
    uint256 public immutable emissionPerSecond;
    /// @inheritdoc IEmission
    uint256 public immutable halvingSeconds;
    /// @inheritdoc IEmission
    uint48 public immutable startsAt;

    /// @inheritdoc IEmission
    uint256 public totalMinted;
    Entry[] private _entries;

    /// @dev Created by the epoch contract in its own constructor.
    constructor(
        KoinonToken token_,
        ISubnets subnets_,
        address epochs_,
        uint256 emissionPerSecond_,
        uint256 halvingSeconds_
    ) {
        if (emissionPerSecond_ == 0) revert RateIsZero();
        if (halvingSeconds_ < MIN_HALVING_SECONDS) revert HalvingTooShort(halvingSeconds_);
        uint256 budget = token_.CAP() - token_.totalMinted();
        uint256 wouldIssue = 2 * emissionPerSecond_ * halvingSeconds_;
        if (wouldIssue > budget) revert BudgetExceeded(wouldIssue, budget);
        token = token_;
        subnets = subnets_;
        epochs = epochs_;
        emissionPerSecond = emissionPerSecond_;
        halvingSeconds = halvingSeconds_;
        startsAt = uint48(block.timestamp);
    }

    /// @inheritdoc IEmission
    function sync(uint32 maxChanges) external {
        uint256 known = _entries.length;
        uint256 until = Math.min(subnets.changeCount(), known + maxChanges);
        if (until == known) return;
        Entry memory last = known == 0 ? Entry(uint40(startsAt), 0, 0) : _entries[known - 1];
        for (uint256 index = known; index < until; ++index) {
            last = _change(last, index);
            _entries.push(last);
            emit SplitChanged(index, last.since, last.living, last.accruedPerSubnet);
        }
    }

    /// @inheritdoc IEmission
    function mint(uint32 netuid, address account, uint256 amount) external {
        if (msg.sender != epochs) revert NotEpochs(msg.sender);
        uint256 minted = totalMinted + amount;
        uint256 issued = issuedUntil(block.timestamp);
        if (minted > issued) revert MintExceedsIssued(minted, issued);
        totalMinted = minted;
        emit Emitted(netuid, account, amount);
        token.mint(account, amount);
    }

    /// @inheritdoc IEmission
    function accrued(uint32 netuid, uint64 epochExclusive) external view returns (uint256) {
        return accruedUntil(netuid, subnets.epochWindow(netuid, epochExclusive).startsAt);
    }

    /// @inheritdoc IEmission
    function accruedUntil(uint32 netuid, uint256 timestamp) public view returns (uint256) {
        if (timestamp > block.timestamp) revert AccrualNotFinal(timestamp, block.timestamp);
        uint256 genesis = subnets.genesisOf(netuid);
        if (genesis == 0) revert SubnetNotFound(netuid);
        uint256 dissolvedAt = subnets.dissolvedAtOf(netuid);
        if (dissolvedAt != 0 && timestamp > dissolvedAt) timestamp = dissolvedAt;
        if (timestamp <= genesis) return 0;
        return _accruedPerSubnet(timestamp) - _accruedPerSubnet(genesis);
    }

    /// @inheritdoc IEmission
    function issuedUntil(uint256 timestamp) public view returns (uint256 issued) {
        if (timestamp <= startsAt) return 0;
        uint256 left = timestamp - startsAt;
        uint256 rate = emissionPerSecond;
        while (left > halvingSeconds && rate > 0) {
            issued += rate * halvingSeconds;
            left -= halvingSeconds;
            rate >>= 1;
        }
        issued += rate * left;
    }

    /// @dev The counter at `timestamp`: from the last change not after it. Entries not yet written are computed.
    function _accruedPerSubnet(uint256 timestamp) private view returns (uint256) {
        uint256 count = _entriesUntil(timestamp);
        Entry memory last = count == 0 ? Entry(uint40(startsAt), 0, 0) : _entries[count - 1];
        if (count == _entries.length) {
            uint256 existing = subnets.changeCount();
            while (count < existing) {
                Entry memory next = _change(last, count);
                if (next.since > timestamp) break;
                last = next;
                ++count;
            }
        }
        return _grown(last, timestamp);
    }

    /// @dev Number of written entries that are not after `timestamp` (they are in order of time).
    function _entriesUntil(uint256 timestamp) private view returns (uint256 low) {
        uint256 high = _entries.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (_entries[middle].since > timestamp) high = middle;
            else low = middle + 1;
        }
    }

    /// @dev The counter moved on to the change of that index.
    function _change(Entry memory last, uint256 index) private view returns (Entry memory) {
        (uint40 since, uint16 living) = subnets.changeAt(index);
        return Entry(since, living, uint200(_grown(last, since)));
    }

    /// @dev What the counter is at `timestamp` when nothing changes after `last`.
    function _grown(Entry memory last, uint256 timestamp) private view returns (uint256) {
        if (last.living == 0) return last.accruedPerSubnet;
        return last.accruedPerSubnet + (issuedUntil(timestamp) - issuedUntil(last.since)) / last.living;
    }
}
