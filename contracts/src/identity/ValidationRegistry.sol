// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IIdentityRegistry} from "./IIdentityRegistry.sol";

/// @title Validation of agents' work (ERC-8004 validation registry, interface version 2.0.0)
/// @notice An agent asks a named validator to judge a request; only that validator answers, 0 to 100, and may answer
///         again (for example first "soft", then "final", told apart by the tag).
contract ValidationRegistry {
    struct Validation {
        address validatorAddress;
        uint8 response;
        bool hasResponse;
        uint256 agentId;
        bytes32 responseHash;
        string tag;
        uint256 lastUpdate;
    }

    /// @notice Largest response.
    uint8 public constant MAX_RESPONSE = 100;

    IIdentityRegistry private immutable _identity;

    mapping(bytes32 requestHash => Validation) private _validations;
    mapping(uint256 agentId => bytes32[]) private _agentValidations;
    mapping(address validator => bytes32[]) private _validatorRequests;

    event ValidationRequest(
        address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash
    );
    event ValidationResponse(
        address indexed validatorAddress,
        uint256 indexed agentId,
        bytes32 indexed requestHash,
        uint8 response,
        string responseURI,
        bytes32 responseHash,
        string tag
    );

    error IdentityRegistryIsZero();
    error ValidatorIsZero();
    error RequestExists(bytes32 requestHash);
    error RequestNotFound(bytes32 requestHash);
    error NotAgentOperator(address caller, uint256 agentId);
    error NotRequestedValidator(address caller, address validator);
    error ResponseOutOfRange(uint8 response);

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

    /// @notice Asks `validatorAddress` to judge what `requestHash` commits to; the agent's owner or operator only.
    function validationRequest(
        address validatorAddress,
        uint256 agentId,
        string calldata requestURI,
        bytes32 requestHash
    ) external {
        if (validatorAddress == address(0)) revert ValidatorIsZero();
        if (_validations[requestHash].validatorAddress != address(0)) revert RequestExists(requestHash);
        if (!_identity.isAuthorizedOrOwner(msg.sender, agentId)) revert NotAgentOperator(msg.sender, agentId);

        Validation storage entry = _validations[requestHash];
        entry.validatorAddress = validatorAddress;
        entry.agentId = agentId;
        entry.lastUpdate = block.timestamp;
        _agentValidations[agentId].push(requestHash);
        _validatorRequests[validatorAddress].push(requestHash);
        emit ValidationRequest(validatorAddress, agentId, requestURI, requestHash);
    }

    /// @notice Answers a request with 0 (failed) to 100 (passed); the requested validator only, any number of times.
    function validationResponse(
        bytes32 requestHash,
        uint8 response,
        string calldata responseURI,
        bytes32 responseHash,
        string calldata tag
    ) external {
        Validation storage entry = _existing(requestHash);
        if (msg.sender != entry.validatorAddress) revert NotRequestedValidator(msg.sender, entry.validatorAddress);
        if (response > MAX_RESPONSE) revert ResponseOutOfRange(response);
        entry.response = response;
        entry.hasResponse = true;
        entry.responseHash = responseHash;
        entry.tag = tag;
        entry.lastUpdate = block.timestamp;
        emit ValidationResponse(msg.sender, entry.agentId, requestHash, response, responseURI, responseHash, tag);
    }

    /// @notice The request and its latest answer; `response` is 0 until answered.
    function getValidationStatus(bytes32 requestHash)
        external
        view
        returns (
            address validatorAddress,
            uint256 agentId,
            uint8 response,
            bytes32 responseHash,
            string memory tag,
            uint256 lastUpdate
        )
    {
        Validation storage entry = _existing(requestHash);
        return
            (entry.validatorAddress, entry.agentId, entry.response, entry.responseHash, entry.tag, entry.lastUpdate);
    }

    /// @notice Count and floored mean of the answers about an agent, by the named validators (none = all) and tag
    ///         (empty = all). Unanswered requests do not count.
    function getSummary(uint256 agentId, address[] calldata validatorAddresses, string calldata tag)
        external
        view
        returns (uint64 count, uint8 avgResponse)
    {
        bytes32[] storage requests = _agentValidations[agentId];
        bytes32 tagHash = keccak256(bytes(tag));
        uint256 sum;
        for (uint256 i = 0; i < requests.length; ++i) {
            Validation storage entry = _validations[requests[i]];
            if (!entry.hasResponse) continue;
            if (bytes(tag).length > 0 && keccak256(bytes(entry.tag)) != tagHash) continue;
            if (!_isNamed(entry.validatorAddress, validatorAddresses)) continue;
            sum += entry.response;
            ++count;
        }
        if (count > 0) avgResponse = uint8(sum / count);
    }

    /// @notice Request hashes about the agent, oldest first.
    function getAgentValidations(uint256 agentId) external view returns (bytes32[] memory) {
        return _agentValidations[agentId];
    }

    /// @notice Request hashes addressed to the validator, oldest first.
    function getValidatorRequests(address validatorAddress) external view returns (bytes32[] memory) {
        return _validatorRequests[validatorAddress];
    }

    function _existing(bytes32 requestHash) private view returns (Validation storage entry) {
        entry = _validations[requestHash];
        if (entry.validatorAddress == address(0)) revert RequestNotFound(requestHash);
    }

    function _isNamed(address validator, address[] calldata names) private pure returns (bool) {
        for (uint256 i = 0; i < names.length; ++i) {
            if (names[i] == validator) return true;
        }
        return names.length == 0;
    }
}
