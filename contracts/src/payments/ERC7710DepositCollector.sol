// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DepositCollector} from "./DepositCollector.sol";
import {IDepositCollector} from "./IDepositCollector.sol";

/// @dev A delegation as MetaMask's framework hashes and passes it; ERC-7710 leaves the form open.
struct Caveat {
    address enforcer;
    bytes terms;
    bytes args;
}

struct Delegation {
    address delegate;
    address delegator;
    bytes32 authority;
    Caveat[] caveats;
    uint256 salt;
    bytes signature;
}

/// @dev The one function of ERC-7710 that is used here.
interface IDelegationManager {
    function redeemDelegations(bytes[] calldata contexts, bytes32[] calldata modes, bytes[] calldata executions)
        external;
}

/// @title Deposits out of a smart account by delegation (ERC-7710)
/// @notice Redeems a chain of delegations from the payer's account to this contract: the account transfers the deposit to the channel
///         contract, within the caveats of every delegation of the chain. Its last one names channel and amount, and serves once.
/// @dev The manager is fixed: another one could read a context otherwise than it is checked here. Nobody gains by sending another's
///      context, for it fills the channel that its signer named and no other.
contract ERC7710DepositCollector is DepositCollector {
    // solhint-disable-next-line var-name-mixedcase
    IDelegationManager public immutable DELEGATION_MANAGER;

    /// @notice Last delegations that served: keccak256(abi.encode(delegator, salt)).
    mapping(bytes32 use => bool) public isUsed;

    error DelegationForOther();
    error DelegationUsed();
    error InvalidDelegationManager();

    constructor(address batchSettlement, address delegationManager) DepositCollector(batchSettlement) {
        if (delegationManager == address(0)) revert InvalidDelegationManager();
        DELEGATION_MANAGER = IDelegationManager(delegationManager);
    }

    /// @inheritdoc IDepositCollector
    /// @dev `collectorData` = abi.encode(bytes context, bytes32 nonce), context = abi.encode(Delegation[]) from the last to the first.
    ///      The last one's salt is keccak256(abi.encode(channelId, amount, nonce)).
    function collect(
        address payer,
        address token,
        uint256 amount,
        bytes32 channelId,
        bytes calldata collectorData
    ) external onlyBatchSettlement {
        (bytes memory context, bytes32 nonce) = abi.decode(collectorData, (bytes, bytes32));
        Delegation[] memory delegations = abi.decode(context, (Delegation[]));
        // Without delegations the manager would have this contract act for itself.
        if (delegations.length == 0) revert DelegationForOther();
        Delegation memory last = delegations[0];
        bool isForThis = last.delegate == address(this) && delegations[delegations.length - 1].delegator == payer
            && last.salt == uint256(keccak256(abi.encode(channelId, amount, nonce)));
        if (!isForThis) revert DelegationForOther();
        bytes32 use = keccak256(abi.encode(last.delegator, last.salt));
        if (isUsed[use]) revert DelegationUsed();
        isUsed[use] = true;

        bytes[] memory contexts = new bytes[](1);
        contexts[0] = context;
        bytes[] memory executions = new bytes[](1);
        bytes memory call = abi.encodeCall(IERC20.transfer, (x402BatchSettlement, amount));
        executions[0] = abi.encodePacked(token, uint256(0), call);
        // Mode 0 of ERC-7579: one call, which reverts all when it fails.
        DELEGATION_MANAGER.redeemDelegations(contexts, new bytes32[](1), executions);
    }
}
