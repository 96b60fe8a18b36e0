// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IIdentityRegistry} from "../identity/IIdentityRegistry.sol";
import {IConviction} from "./IConviction.sol";
import {ISeatScores} from "./IScores.sol";
import {ISubnetTerms} from "./ISubnetTerms.sol";
import {Challenge, ISubnets, Neuron, Outcome, Subnet} from "./ISubnets.sol";
import {IAlphaStaking} from "./pool/IAlphaStaking.sol";
import {ICoinbase} from "./pool/IPools.sol";
import {SubnetRegistry} from "./SubnetRegistry.sol";

/// @title Subnets and their seats: bought at a price that follows demand, kept by earning or by matching
/// @dev KOIN held here = sum of the deposits of open challenges. Payers approve this contract first.
contract Subnets is SubnetRegistry {
    using SafeCast for uint256;

    /// @notice Seats that stay out of reach of challenges, besides the immune: a quarter of all, at most so many.
    uint256 public constant MAX_KEPT_SEATS = 10;
    uint256 public constant MAX_ENDPOINT_BYTES = 256;
    /// @dev Of a deposit that the holder matches, its payer loses one in so many: claiming in vain costs something.
    uint256 private constant FORFEITED_PART = 10;
    /// @notice Hotkeys that an owner may protect: an eighth of the seats, at most so many.
    uint256 public constant MAX_OWNER_HOTKEYS = 10;

    IIdentityRegistry public immutable identity;

    struct OwnerHotkey {
        address hotkey;
        uint64 fromEpoch;
    }

    mapping(uint32 netuid => mapping(uint16 uid => Neuron)) private _neurons;
    mapping(uint32 netuid => mapping(address hotkey => uint256 uidPlusOne)) private _seats;
    mapping(uint32 netuid => uint16[]) private _freeUids;
    mapping(uint32 netuid => mapping(uint16 uid => Challenge)) private _challenges;
    mapping(uint32 netuid => mapping(address hotkey => bool)) private _isChallenging;
    mapping(uint32 netuid => OwnerHotkey[]) private _ownerHotkeys;

    /// @param identity_ The ERC-8004 identity registry.
    /// @param terms_ Fresh; bound here.
    /// @param staking_ Fresh; its pools, which name the token, are bound here.
    /// @param conviction_ Over the same pools.
    /// @param minLock_ KOIN base units: the least that a subnet costs; at least what pools open with.
    constructor(
        IIdentityRegistry identity_,
        ISubnetTerms terms_,
        IAlphaStaking staking_,
        IConviction conviction_,
        uint256 minLock_
    ) SubnetRegistry(staking_, terms_, conviction_, minLock_) {
        identity = identity_;
    }

    /// @inheritdoc ISubnets
    function nameOwnerHotkey(uint32 netuid, address hotkey) external {
        Subnet storage entry = _ownedAlive(netuid);
        OwnerHotkey[] storage named = _ownerHotkeys[netuid];
        uint256 limit = _least(entry.maxNeurons / 8, MAX_OWNER_HOTKEYS);
        if (named.length >= limit) revert OwnerHotkeysFull(limit);
        uint64 fromEpoch = epochAt(netuid, block.timestamp) + UPDATE_DELAY_EPOCHS;
        named.push(OwnerHotkey(hotkey, fromEpoch));
        emit OwnerHotkeyNamed(netuid, hotkey, fromEpoch);
    }

    /// @inheritdoc ISubnets
    function dropOwnerHotkey(uint32 netuid, address hotkey) external {
        _ownedAlive(netuid);
        OwnerHotkey[] storage named = _ownerHotkeys[netuid];
        for (uint256 i = 0; i < named.length; ++i) {
            if (named[i].hotkey != hotkey) continue;
            named[i] = named[named.length - 1];
            named.pop();
            emit OwnerHotkeyDropped(netuid, hotkey);
            return;
        }
        revert OwnerHotkeyUnknown(hotkey);
    }

    /// @inheritdoc ISubnets
    function register(uint32 netuid, uint256 agentId, string calldata endpoint, uint256 maxBurn)
        external
        returns (uint16 uid)
    {
        Subnet storage entry = _alive(netuid);
        if (entry.neuronCount == entry.maxNeurons) revert SubnetFull(netuid);
        address hotkey = _newcomer(netuid, agentId, endpoint);
        uint256 price = _charge(netuid, maxBurn);
        uid = _takeFreeUid(netuid, entry);
        _seat(netuid, uid, Challenge(hotkey, 0, price.toUint128(), msg.sender, agentId, endpoint));
        token.burnFrom(msg.sender, price);
    }

    /// @inheritdoc ISubnets
    function challenge(uint32 netuid, uint16 uid, uint256 agentId, string calldata endpoint, uint256 maxBurn) external {
        _alive(netuid);
        address hotkey = _newcomer(netuid, agentId, endpoint);
        uint16 lowest = challengeable(netuid);
        if (uid != lowest) revert NotTheLowest(uid, lowest);
        uint256 price = _charge(netuid, maxBurn);
        uint40 endsAt = (block.timestamp + terms.rulesOf(netuid).noticeSeconds).toUint40();
        _neurons[netuid][uid].isChallenged = true;
        _isChallenging[netuid][hotkey] = true;
        _challenges[netuid][uid] = Challenge(hotkey, endsAt, price.toUint128(), msg.sender, agentId, endpoint);
        emit SeatChallenged(netuid, _neurons[netuid][uid].hotkey, hotkey, uid, agentId, msg.sender, price, endsAt);
        token.transferFrom(msg.sender, address(this), price);
    }

    /// @inheritdoc ISubnets
    function matchChallenge(uint32 netuid, uint16 uid, uint256 maxBurn) external {
        _alive(netuid);
        Challenge memory open = challengeOf(netuid, uid);
        Neuron storage seat = _neurons[netuid][uid];
        _requireControl(seat);
        if (block.timestamp >= open.endsAt) revert NoticeOver(open.endsAt);
        if (open.deposit > maxBurn) revert PriceAboveMaximum(open.deposit, maxBurn);
        seat.immuneFrom = uint40(block.timestamp);
        _close(netuid, uid, open, Outcome.Matched);
        token.burn(open.deposit);
        token.transferFrom(msg.sender, open.payer, open.deposit - open.deposit / FORFEITED_PART);
    }

    /// @inheritdoc ISubnets
    function finaliseChallenge(uint32 netuid, uint16 uid) external returns (Outcome outcome) {
        Subnet storage entry = _existing(netuid);
        Challenge memory open = challengeOf(netuid, uid);
        if (entry.dissolvedAt != 0) {
            _close(netuid, uid, open, Outcome.Refunded);
            token.transfer(open.payer, open.deposit);
            return Outcome.Refunded;
        }
        if (entry.neuronCount == entry.maxNeurons) {
            if (block.timestamp < open.endsAt) revert NoticeNotOver(open.endsAt);
            _replace(netuid, uid, open, true);
            return Outcome.Seated;
        }
        _close(netuid, uid, open, Outcome.SeatedElsewhere);
        _seat(netuid, _takeFreeUid(netuid, entry), open);
        token.burn(open.deposit);
        return Outcome.SeatedElsewhere;
    }

    /// @inheritdoc ISubnets
    function setEndpoint(uint32 netuid, address hotkey, string calldata endpoint) external {
        Neuron storage seat = _neurons[netuid][_uidOf(netuid, hotkey)];
        _requireControl(seat);
        _requireShort(endpoint);
        seat.endpoint = endpoint;
        emit EndpointSet(netuid, hotkey, seat.uid, endpoint);
    }

    /// @inheritdoc ISubnets
    function deregister(uint32 netuid, address hotkey) external {
        uint16 uid = _uidOf(netuid, hotkey);
        Neuron storage seat = _neurons[netuid][uid];
        _requireControl(seat);
        Subnet storage entry = _subnets[netuid];
        if (seat.isChallenged && entry.dissolvedAt == 0) {
            return _replace(netuid, uid, _challenges[netuid][uid], false);
        }
        // In a dissolved subnet the uid stays bound to its challenge, and nobody takes seats there.
        --entry.neuronCount;
        _freeUids[netuid].push(uid);
        _vacate(netuid, uid, false);
    }

    /// @inheritdoc ISubnets
    function challengeable(uint32 netuid) public view returns (uint16 uid) {
        Subnet storage entry = _alive(netuid);
        uint256 seats = entry.maxNeurons;
        if (entry.neuronCount < seats) revert SubnetNotFull(netuid);
        (address[] memory hotkeys, uint256[] memory ages) = _exposed(netuid, seats);
        if (hotkeys.length <= _least(seats / 4, MAX_KEPT_SEATS)) revert NoSeatToChallenge(netuid);
        uint256[] memory scores = _seatScores(netuid, hotkeys);
        uint256 lowest;
        for (uint256 i = 1; i < scores.length; ++i) {
            bool isLower = scores[i] < scores[lowest] || (scores[i] == scores[lowest] && ages[i] < ages[lowest]);
            if (isLower) lowest = i;
        }
        return _uidOf(netuid, hotkeys[lowest]);
    }

    /// @inheritdoc ISubnets
    function challengeOf(uint32 netuid, uint16 uid) public view returns (Challenge memory open) {
        open = _challenges[netuid][uid];
        if (open.endsAt == 0) revert NoChallenge(netuid, uid);
    }

    /// @inheritdoc ISubnets
    function ownerHotkeysOf(uint32 netuid)
        external
        view
        returns (address[] memory hotkeys, uint64[] memory fromEpochs)
    {
        OwnerHotkey[] storage named = _ownerHotkeys[netuid];
        hotkeys = new address[](named.length);
        fromEpochs = new uint64[](named.length);
        for (uint256 i = 0; i < named.length; ++i) {
            (hotkeys[i], fromEpochs[i]) = (named[i].hotkey, named[i].fromEpoch);
        }
    }

    /// @inheritdoc ISubnets
    function isRegistered(uint32 netuid, address hotkey) external view returns (bool) {
        return _seats[netuid][hotkey] != 0;
    }

    /// @inheritdoc ISubnets
    function uidOf(uint32 netuid, address hotkey) external view returns (uint16) {
        return _uidOf(netuid, hotkey);
    }

    /// @inheritdoc ISubnets
    function neuron(uint32 netuid, uint16 uid) external view returns (Neuron memory) {
        return _neurons[netuid][uid];
    }

    /// @inheritdoc ISubnets
    function neurons(uint32 netuid) external view returns (Neuron[] memory taken) {
        Subnet storage entry = _existing(netuid);
        taken = new Neuron[](entry.neuronCount);
        uint256 found;
        for (uint16 uid = 0; found < taken.length; ++uid) {
            if (_neurons[netuid][uid].hotkey != address(0)) taken[found++] = _neurons[netuid][uid];
        }
    }

    /// @dev The agent's wallet, which becomes the hotkey.
    function _newcomer(uint32 netuid, uint256 agentId, string calldata endpoint) private view returns (address hotkey) {
        _requireShort(endpoint);
        hotkey = identity.getAgentWallet(agentId);
        if (msg.sender != hotkey && !identity.isAuthorizedOrOwner(msg.sender, agentId)) {
            revert NotAgentController(msg.sender, agentId);
        }
        if (hotkey == address(0)) revert AgentWalletUnset(agentId);
        if (_seats[netuid][hotkey] != 0) revert HotkeyAlreadyRegistered(netuid, hotkey);
        if (_isChallenging[netuid][hotkey]) revert HotkeyIsChallenging(netuid, hotkey);
    }

    function _charge(uint32 netuid, uint256 maxBurn) private returns (uint256 price) {
        return terms.sell(netuid, epochAt(netuid, block.timestamp), maxBurn);
    }

    function _takeFreeUid(uint32 netuid, Subnet storage entry) private returns (uint16 uid) {
        uint16[] storage free = _freeUids[netuid];
        if (free.length > 0) {
            uid = free[free.length - 1];
            free.pop();
        } else {
            uid = entry.neuronCount;
        }
        ++entry.neuronCount;
    }

    function _seat(uint32 netuid, uint16 uid, Challenge memory newcomer) private {
        (address hotkey, uint256 agentId) = (newcomer.hotkey, newcomer.agentId);
        uint40 nowAt = uint40(block.timestamp);
        _seats[netuid][hotkey] = uint256(uid) + 1;
        _neurons[netuid][uid] = Neuron(hotkey, nowAt, nowAt, uint8(uid), false, agentId, newcomer.endpoint);
        emit NeuronRegistered(netuid, hotkey, agentId, uid, newcomer.payer, newcomer.endpoint, newcomer.deposit);
        terms.recordSeat(netuid, uid, hotkey);
        staking.onRegistrationChanged(netuid, hotkey, true);
    }

    function _vacate(uint32 netuid, uint16 uid, bool evicted) private {
        Neuron storage seat = _neurons[netuid][uid];
        (address hotkey, uint256 agentId) = (seat.hotkey, seat.agentId);
        delete _seats[netuid][hotkey];
        delete _neurons[netuid][uid];
        emit NeuronRemoved(netuid, hotkey, agentId, uid, evicted);
        terms.recordSeat(netuid, uid, address(0));
        staking.onRegistrationChanged(netuid, hotkey, false);
    }

    function _replace(uint32 netuid, uint16 uid, Challenge memory open, bool evicted) private {
        _close(netuid, uid, open, Outcome.Seated);
        _vacate(netuid, uid, evicted);
        _seat(netuid, uid, open);
        token.burn(open.deposit);
    }

    function _close(uint32 netuid, uint16 uid, Challenge memory open, Outcome outcome) private {
        Neuron storage seat = _neurons[netuid][uid];
        seat.isChallenged = false;
        delete _isChallenging[netuid][open.hotkey];
        delete _challenges[netuid][uid];
        emit ChallengeEnded(netuid, seat.hotkey, open.hotkey, uid, outcome);
    }

    /// @dev Hotkeys and seconds of registration of the seats that a challenge can reach, by uid.
    function _exposed(uint32 netuid, uint256 seats)
        private
        view
        returns (address[] memory hotkeys, uint256[] memory ages)
    {
        uint256 registeredBy = block.timestamp - terms.rulesOf(netuid).immunitySeconds;
        address[] memory shielded = _protected(netuid);
        hotkeys = new address[](seats);
        ages = new uint256[](seats);
        uint256 count;
        for (uint16 uid = 0; uid < seats; ++uid) {
            Neuron storage seat = _neurons[netuid][uid];
            (address hotkey, uint40 registeredAt, uint40 immuneFrom, bool isChallenged) =
                (seat.hotkey, seat.registeredAt, seat.immuneFrom, seat.isChallenged);
            if (isChallenged || immuneFrom > registeredBy || _contains(shielded, hotkey)) continue;
            (hotkeys[count], ages[count++]) = (hotkey, registeredAt);
        }
        assembly ("memory-safe") {
            mstore(hotkeys, count)
            mstore(ages, count)
        }
    }

    function _protected(uint32 netuid) private view returns (address[] memory hotkeys) {
        OwnerHotkey[] storage named = _ownerHotkeys[netuid];
        uint64 epoch = epochAt(netuid, block.timestamp);
        hotkeys = new address[](named.length);
        for (uint256 i = 0; i < hotkeys.length; ++i) {
            if (named[i].fromEpoch <= epoch) hotkeys[i] = named[i].hotkey;
        }
    }

    /// @dev Those of the epoch contract, which the token's minter names once for ever; zeros before.
    function _seatScores(uint32 netuid, address[] memory hotkeys) private view returns (uint256[] memory) {
        address minter = token.minter();
        if (minter == address(0)) return new uint256[](hotkeys.length);
        return ISeatScores(ICoinbase(minter).epochs()).seatScores(netuid, hotkeys);
    }

    function _uidOf(uint32 netuid, address hotkey) private view returns (uint16) {
        uint256 uidPlusOne = _seats[netuid][hotkey];
        if (uidPlusOne == 0) revert HotkeyNotRegistered(netuid, hotkey);
        return uint16(uidPlusOne - 1);
    }

    function _requireControl(Neuron storage seat) private view {
        if (msg.sender != seat.hotkey && !identity.isAuthorizedOrOwner(msg.sender, seat.agentId)) {
            revert NotAgentController(msg.sender, seat.agentId);
        }
    }

    function _requireShort(string calldata endpoint) private pure {
        uint256 length = bytes(endpoint).length;
        if (length > MAX_ENDPOINT_BYTES) revert EndpointTooLong(length, MAX_ENDPOINT_BYTES);
    }

    function _contains(address[] memory list, address item) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == item) return true;
        }
        return false;
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
