// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IIdentityRegistry} from "./IIdentityRegistry.sol";

/// @title Feedback about agents (ERC-8004 reputation registry, interface version 2.0.0)
/// @notice Any account that neither owns nor operates an agent may rate it: a signed decimal number, two tags, an
///         endpoint, a file. The registry does not judge who is honest: readers name the clients they trust.
/// @dev Feedback of one client about one agent is numbered from 1. Nothing is ever deleted, only revoked.
contract ReputationRegistry {
    struct Feedback {
        int128 value;
        uint8 valueDecimals;
        bool isRevoked;
        string tag1;
        string tag2;
    }

    /// @dev Result of {readAllFeedback} while it is being filled.
    struct FeedbackTable {
        address[] clients;
        uint64[] feedbackIndexes;
        int128[] values;
        uint8[] valueDecimals;
        string[] tag1s;
        string[] tag2s;
        bool[] revokedStatuses;
    }

    /// @dev Running sums of {getSummary}; values are scaled to 18 decimals.
    struct Tally {
        uint64[19] timesSeen;
        int256 sumWad;
        uint64 count;
    }

    /// @dev Filter shared by the reading functions; a zero tag hash matches every tag.
    struct Filter {
        bytes32 tag1Hash;
        bytes32 tag2Hash;
        bool includeRevoked;
    }

    /// @notice Largest magnitude of a feedback value.
    int128 public constant MAX_ABS_VALUE = 1e38;
    /// @notice Largest number of decimals of a feedback value.
    uint8 public constant MAX_VALUE_DECIMALS = 18;

    IIdentityRegistry private immutable _identity;

    mapping(uint256 agentId => mapping(address client => mapping(uint64 index => Feedback))) private _feedback;
    mapping(uint256 agentId => mapping(address client => uint64)) private _lastIndex;
    mapping(uint256 agentId => address[]) private _clients;
    mapping(bytes32 feedbackKey => address[]) private _responders;
    mapping(bytes32 feedbackKey => mapping(address responder => uint64)) private _responseCount;

    event NewFeedback(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        int128 value,
        uint8 valueDecimals,
        string indexed indexedTag1,
        string tag1,
        string tag2,
        string endpoint,
        string feedbackURI,
        bytes32 feedbackHash
    );
    event FeedbackRevoked(uint256 indexed agentId, address indexed clientAddress, uint64 indexed feedbackIndex);
    event ResponseAppended(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        address indexed responder,
        string responseURI,
        bytes32 responseHash
    );

    error IdentityRegistryIsZero();
    error SelfFeedback(address caller, uint256 agentId);
    error ValueOutOfRange(int128 value);
    error TooManyDecimals(uint8 valueDecimals);
    error FeedbackNotFound(uint256 agentId, address client, uint64 feedbackIndex);
    error AlreadyRevoked(uint256 agentId, uint64 feedbackIndex);
    error EmptyResponseURI();
    error ClientsRequired();

    /// @param identityRegistry The ERC-8004 identity registry that holds the agents.
    constructor(address identityRegistry) {
        if (identityRegistry == address(0)) revert IdentityRegistryIsZero();
        _identity = IIdentityRegistry(identityRegistry);
    }

    /// @notice The identity registry that holds the agents.
    function getIdentityRegistry() external view returns (address) {
        return address(_identity);
    }

    /// @notice The reference interface this registry follows.
    function getVersion() external pure returns (string memory) {
        return "2.0.0";
    }

    /// @notice Rates an agent: value * 10^-valueDecimals. Owners and operators cannot rate their own agent.
    function giveFeedback(
        uint256 agentId,
        int128 value,
        uint8 valueDecimals,
        string memory tag1,
        string memory tag2,
        string memory endpoint,
        string memory feedbackURI,
        bytes32 feedbackHash
    ) external {
        uint64 index = _store(agentId, value, valueDecimals, tag1, tag2);
        emit NewFeedback(
            agentId, msg.sender, index, value, valueDecimals, tag1, tag1, tag2, endpoint, feedbackURI, feedbackHash
        );
    }

    /// @notice Withdraws one's own feedback; it stays readable, marked revoked.
    function revokeFeedback(uint256 agentId, uint64 feedbackIndex) external {
        Feedback storage entry = _existing(agentId, msg.sender, feedbackIndex);
        if (entry.isRevoked) revert AlreadyRevoked(agentId, feedbackIndex);
        entry.isRevoked = true;
        emit FeedbackRevoked(agentId, msg.sender, feedbackIndex);
    }

    /// @notice Appends an answer to a feedback; anyone may (the agent to explain, a watcher to flag spam).
    function appendResponse(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        string calldata responseURI,
        bytes32 responseHash
    ) external {
        if (bytes(responseURI).length == 0) revert EmptyResponseURI();
        _existing(agentId, clientAddress, feedbackIndex);
        bytes32 key = _key(agentId, clientAddress, feedbackIndex);
        if (_responseCount[key][msg.sender]++ == 0) _responders[key].push(msg.sender);
        emit ResponseAppended(agentId, clientAddress, feedbackIndex, msg.sender, responseURI, responseHash);
    }

    /// @notice Number of feedbacks `clientAddress` gave the agent.
    function getLastIndex(uint256 agentId, address clientAddress) external view returns (uint64) {
        return _lastIndex[agentId][clientAddress];
    }

    /// @notice Every account that ever rated the agent.
    function getClients(uint256 agentId) external view returns (address[] memory) {
        return _clients[agentId];
    }

    /// @notice One feedback.
    function readFeedback(uint256 agentId, address clientAddress, uint64 feedbackIndex)
        external
        view
        returns (int128 value, uint8 valueDecimals, string memory tag1, string memory tag2, bool isRevoked)
    {
        Feedback storage entry = _existing(agentId, clientAddress, feedbackIndex);
        return (entry.value, entry.valueDecimals, entry.tag1, entry.tag2, entry.isRevoked);
    }

    /// @notice Count and mean of the unrevoked feedback of the named clients, in the most frequent precision.
    /// @dev The client list is required: an average over everybody would be an average over sybils. An empty tag
    ///      matches all. The mean is truncated towards zero.
    function getSummary(
        uint256 agentId,
        address[] calldata clientAddresses,
        string calldata tag1,
        string calldata tag2
    ) external view returns (uint64 count, int128 summaryValue, uint8 summaryValueDecimals) {
        if (clientAddresses.length == 0) revert ClientsRequired();
        Filter memory filter = _filter(tag1, tag2, false);
        Tally memory tally;
        for (uint256 i = 0; i < clientAddresses.length; ++i) {
            _count(tally, agentId, clientAddresses[i], filter);
        }
        return _mean(tally);
    }

    /// @notice Every matching feedback of the named clients, or of all clients when none is named.
    function readAllFeedback(
        uint256 agentId,
        address[] memory clientAddresses,
        string memory tag1,
        string memory tag2,
        bool includeRevoked
    )
        external
        view
        returns (
            address[] memory clients,
            uint64[] memory feedbackIndexes,
            int128[] memory values,
            uint8[] memory valueDecimals,
            string[] memory tag1s,
            string[] memory tag2s,
            bool[] memory revokedStatuses
        )
    {
        FeedbackTable memory table = _readAll(agentId, clientAddresses, _filter(tag1, tag2, includeRevoked));
        clients = table.clients;
        feedbackIndexes = table.feedbackIndexes;
        values = table.values;
        valueDecimals = table.valueDecimals;
        tag1s = table.tag1s;
        tag2s = table.tag2s;
        revokedStatuses = table.revokedStatuses;
    }

    /// @notice Responses to one feedback, to all of one client (index 0) or to all (client zero), by the named
    ///         responders or by anyone when none is named.
    function getResponseCount(
        uint256 agentId,
        address clientAddress,
        uint64 feedbackIndex,
        address[] calldata responders
    ) external view returns (uint64 count) {
        if (clientAddress != address(0)) return _countOfClient(agentId, clientAddress, feedbackIndex, responders);
        address[] storage clients = _clients[agentId];
        for (uint256 i = 0; i < clients.length; ++i) {
            count += _countOfClient(agentId, clients[i], 0, responders);
        }
    }

    function _store(uint256 agentId, int128 value, uint8 valueDecimals, string memory tag1, string memory tag2)
        private
        returns (uint64 index)
    {
        if (valueDecimals > MAX_VALUE_DECIMALS) revert TooManyDecimals(valueDecimals);
        if (value < -MAX_ABS_VALUE || value > MAX_ABS_VALUE) revert ValueOutOfRange(value);
        if (_identity.isAuthorizedOrOwner(msg.sender, agentId)) revert SelfFeedback(msg.sender, agentId);
        index = ++_lastIndex[agentId][msg.sender];
        if (index == 1) _clients[agentId].push(msg.sender);
        _feedback[agentId][msg.sender][index] = Feedback(value, valueDecimals, false, tag1, tag2);
    }

    function _count(Tally memory tally, uint256 agentId, address client, Filter memory filter) private view {
        uint64 last = _lastIndex[agentId][client];
        for (uint64 index = 1; index <= last; ++index) {
            Feedback storage entry = _feedback[agentId][client][index];
            if (!_matches(entry, filter)) continue;
            tally.sumWad += entry.value * int256(10 ** uint256(MAX_VALUE_DECIMALS - entry.valueDecimals));
            ++tally.timesSeen[entry.valueDecimals];
            ++tally.count;
        }
    }

    function _mean(Tally memory tally) private pure returns (uint64 count, int128 mean, uint8 decimals) {
        count = tally.count;
        if (count == 0) return (0, 0, 0);
        for (uint8 candidate = 1; candidate <= MAX_VALUE_DECIMALS; ++candidate) {
            if (tally.timesSeen[candidate] > tally.timesSeen[decimals]) decimals = candidate;
        }
        int256 meanWad = tally.sumWad / int256(uint256(count));
        mean = SafeCast.toInt128(meanWad / int256(10 ** uint256(MAX_VALUE_DECIMALS - decimals)));
    }

    function _readAll(uint256 agentId, address[] memory clients, Filter memory filter)
        private
        view
        returns (FeedbackTable memory table)
    {
        if (clients.length == 0) clients = _clients[agentId];
        uint256 rows;
        for (uint256 i = 0; i < clients.length; ++i) {
            uint64 last = _lastIndex[agentId][clients[i]];
            for (uint64 index = 1; index <= last; ++index) {
                if (_matches(_feedback[agentId][clients[i]][index], filter)) ++rows;
            }
        }
        table = FeedbackTable(
            new address[](rows),
            new uint64[](rows),
            new int128[](rows),
            new uint8[](rows),
            new string[](rows),
            new string[](rows),
            new bool[](rows)
        );
        uint256 row;
        for (uint256 i = 0; i < clients.length; ++i) {
            uint64 last = _lastIndex[agentId][clients[i]];
            for (uint64 index = 1; index <= last; ++index) {
                Feedback storage entry = _feedback[agentId][clients[i]][index];
                if (_matches(entry, filter)) _fill(table, row++, clients[i], index, entry);
            }
        }
    }

    function _fill(FeedbackTable memory table, uint256 row, address client, uint64 index, Feedback storage entry)
        private
        view
    {
        table.clients[row] = client;
        table.feedbackIndexes[row] = index;
        table.values[row] = entry.value;
        table.valueDecimals[row] = entry.valueDecimals;
        table.tag1s[row] = entry.tag1;
        table.tag2s[row] = entry.tag2;
        table.revokedStatuses[row] = entry.isRevoked;
    }

    function _countOfClient(uint256 agentId, address client, uint64 feedbackIndex, address[] calldata responders)
        private
        view
        returns (uint64 count)
    {
        if (feedbackIndex != 0) return _countOfFeedback(_key(agentId, client, feedbackIndex), responders);
        uint64 last = _lastIndex[agentId][client];
        for (uint64 index = 1; index <= last; ++index) {
            count += _countOfFeedback(_key(agentId, client, index), responders);
        }
    }

    function _countOfFeedback(bytes32 key, address[] calldata responders) private view returns (uint64 count) {
        address[] memory counted = responders;
        if (counted.length == 0) counted = _responders[key];
        for (uint256 i = 0; i < counted.length; ++i) {
            count += _responseCount[key][counted[i]];
        }
    }

    function _existing(uint256 agentId, address client, uint64 index) private view returns (Feedback storage) {
        if (index == 0 || index > _lastIndex[agentId][client]) revert FeedbackNotFound(agentId, client, index);
        return _feedback[agentId][client][index];
    }

    function _matches(Feedback storage entry, Filter memory filter) private view returns (bool) {
        if (entry.isRevoked && !filter.includeRevoked) return false;
        if (filter.tag1Hash != 0 && filter.tag1Hash != keccak256(bytes(entry.tag1))) return false;
        return filter.tag2Hash == 0 || filter.tag2Hash == keccak256(bytes(entry.tag2));
    }

    function _filter(string memory tag1, string memory tag2, bool includeRevoked)
        private
        pure
        returns (Filter memory)
    {
        return Filter(
            bytes(tag1).length == 0 ? bytes32(0) : keccak256(bytes(tag1)),
            bytes(tag2).length == 0 ? bytes32(0) : keccak256(bytes(tag2)),
            includeRevoked
        );
    }

    function _key(uint256 agentId, address client, uint64 index) private pure returns (bytes32) {
        return keccak256(abi.encode(agentId, client, index));
    }
}
