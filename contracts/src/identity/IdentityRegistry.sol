// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {ERC721URIStorage} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721URIStorage.sol";
import {ERC721Utils} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Utils.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IIdentityRegistry} from "./IIdentityRegistry.sol";

/// @title Agents as ERC-721 tokens (ERC-8004 identity registry, interface version 2.0.0)
/// @notice Every node, miner, validator and agent is one token: its URI names a registration file, its metadata is
///         key-value bytes, its agent wallet is an address that has proved it wants to speak for the agent.
/// @dev ABI, events and EIP-712 types follow the reference deployment; this one has no proxy and no owner.
///      Agent ids start at 0. All effects and events precede the receiver callback of `register`.
contract IdentityRegistry is ERC721URIStorage, EIP712, IIdentityRegistry {
    struct MetadataEntry {
        string metadataKey;
        bytes metadataValue;
    }

    /// @notice Seconds ahead of now that a wallet proof's deadline may lie.
    uint256 public constant MAX_DEADLINE_DELAY = 5 minutes;

    bytes32 private constant AGENT_WALLET_SET_TYPEHASH =
        keccak256("AgentWalletSet(uint256 agentId,address newWallet,address owner,uint256 deadline)");
    string private constant AGENT_WALLET_KEY = "agentWallet";
    bytes32 private constant AGENT_WALLET_KEY_HASH = keccak256(bytes(AGENT_WALLET_KEY));

    uint256 private _nextAgentId;
    mapping(uint256 agentId => mapping(string key => bytes)) private _metadata;

    event Registered(uint256 indexed agentId, string agentURI, address indexed owner);
    event MetadataSet(
        uint256 indexed agentId, string indexed indexedMetadataKey, string metadataKey, bytes metadataValue
    );
    event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy);

    error NotAgentOperator(address caller, uint256 agentId);
    error ReservedMetadataKey();
    error WalletIsZero();
    error WalletProofExpired(uint256 deadline);
    error WalletProofDeadlineTooFar(uint256 deadline, uint256 latest);
    error WalletProofInvalid(address newWallet);

    constructor() ERC721("AgentIdentity", "AGENT") EIP712("ERC8004IdentityRegistry", "1") {}

    /// @notice Registers an agent without a URI; the caller becomes owner and agent wallet.
    function register() external returns (uint256 agentId) {
        agentId = _register("");
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), msg.sender, agentId, "");
    }

    /// @notice Registers an agent whose registration file is at `agentURI`.
    function register(string calldata agentURI) external returns (uint256 agentId) {
        agentId = _register(agentURI);
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), msg.sender, agentId, "");
    }

    /// @notice Registers an agent with a URI and first metadata; the key "agentWallet" is refused.
    function register(string calldata agentURI, MetadataEntry[] calldata metadata) external returns (uint256 agentId) {
        agentId = _register(agentURI);
        for (uint256 i = 0; i < metadata.length; ++i) {
            _setFreeMetadata(agentId, metadata[i].metadataKey, metadata[i].metadataValue);
        }
        ERC721Utils.checkOnERC721Received(msg.sender, address(0), msg.sender, agentId, "");
    }

    /// @notice Replaces the URI of the registration file.
    function setAgentURI(uint256 agentId, string calldata newURI) external {
        _requireOperator(agentId);
        _setTokenURI(agentId, newURI);
        emit URIUpdated(agentId, newURI, msg.sender);
    }

    /// @notice Sets one metadata value; the key "agentWallet" is refused.
    function setMetadata(uint256 agentId, string calldata metadataKey, bytes calldata metadataValue) external {
        _requireOperator(agentId);
        _setFreeMetadata(agentId, metadataKey, metadataValue);
    }

    /// @notice Makes `newWallet` speak for the agent, on that wallet's own EIP-712 or ERC-1271 proof.
    /// @param deadline Unix seconds, at most {MAX_DEADLINE_DELAY} ahead.
    /// @param signature `newWallet`'s over AgentWalletSet(agentId, newWallet, owner, deadline). ECDSA is tried first,
    ///        so an EIP-7702 account whose delegate lacks ERC-1271 still works.
    function setAgentWallet(uint256 agentId, address newWallet, uint256 deadline, bytes calldata signature) external {
        _requireOperator(agentId);
        if (newWallet == address(0)) revert WalletIsZero();
        if (block.timestamp > deadline) revert WalletProofExpired(deadline);
        uint256 latest = block.timestamp + MAX_DEADLINE_DELAY;
        if (deadline > latest) revert WalletProofDeadlineTooFar(deadline, latest);

        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(AGENT_WALLET_SET_TYPEHASH, agentId, newWallet, ownerOf(agentId), deadline))
        );
        (address recovered, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, signature);
        bool proved = failure == ECDSA.RecoverError.NoError && recovered == newWallet;
        if (!proved && !SignatureChecker.isValidERC1271SignatureNow(newWallet, digest, signature)) {
            revert WalletProofInvalid(newWallet);
        }
        _setWallet(agentId, abi.encodePacked(newWallet));
    }

    /// @notice Clears the agent wallet.
    function unsetAgentWallet(uint256 agentId) external {
        _requireOperator(agentId);
        _setWallet(agentId, "");
    }

    /// @inheritdoc IIdentityRegistry
    function getAgentWallet(uint256 agentId) external view returns (address) {
        return address(bytes20(_metadata[agentId][AGENT_WALLET_KEY]));
    }

    /// @notice The value stored under `metadataKey`; empty when never set.
    function getMetadata(uint256 agentId, string calldata metadataKey) external view returns (bytes memory) {
        return _metadata[agentId][metadataKey];
    }

    /// @inheritdoc IIdentityRegistry
    function isAuthorizedOrOwner(address spender, uint256 agentId) public view returns (bool) {
        return _isAuthorized(ownerOf(agentId), spender, agentId);
    }

    /// @notice The reference interface this registry follows.
    function getVersion() external pure returns (string memory) {
        return "2.0.0";
    }

    /// @notice ERC-165.
    function supportsInterface(bytes4 interfaceId) public view override(ERC721URIStorage, IERC165) returns (bool) {
        return super.supportsInterface(interfaceId);
    }

    function _register(string memory agentURI) private returns (uint256 agentId) {
        agentId = _nextAgentId++;
        _mint(msg.sender, agentId);
        if (bytes(agentURI).length > 0) _setTokenURI(agentId, agentURI);
        emit Registered(agentId, agentURI, msg.sender);
        _setWallet(agentId, abi.encodePacked(msg.sender));
    }

    function _setFreeMetadata(uint256 agentId, string calldata key, bytes calldata value) private {
        if (keccak256(bytes(key)) == AGENT_WALLET_KEY_HASH) revert ReservedMetadataKey();
        _metadata[agentId][key] = value;
        emit MetadataSet(agentId, key, key, value);
    }

    function _setWallet(uint256 agentId, bytes memory wallet) private {
        _metadata[agentId][AGENT_WALLET_KEY] = wallet;
        emit MetadataSet(agentId, AGENT_WALLET_KEY, AGENT_WALLET_KEY, wallet);
    }

    function _requireOperator(uint256 agentId) private view {
        if (!isAuthorizedOrOwner(msg.sender, agentId)) revert NotAgentOperator(msg.sender, agentId);
    }

    /// @dev The proof of the agent wallet was given to the old owner, so a transfer drops it.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        from = super._update(to, tokenId, auth);
        if (from != address(0)) _setWallet(tokenId, "");
    }
}
