// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BudgetGrant, BudgetSpent, ContractCall} from "./IBudgetDelegate.sol";

/// @dev What one call of a batch comes to.
enum BudgetActionKind {
    Deposit,
    Transfer,
    ContractCall
}

struct BudgetAction {
    BudgetActionKind kind;
    address asset;
    /// Not of a contract call: who gets that money is the listed contract's affair.
    address receiver;
    address target;
    bytes4 selector;
    uint256 amount;
}

/// @title The policy check of budgets, as far as a chain can see (specs/0025 section 3)
/// @dev The same decisions as `decideBudget` in TypeScript; specs/vectors/budget.json holds both to it.
library BudgetRules {
    bytes32 private constant ALERT = keccak256("alert");
    bytes32 private constant PROPOSE = keccak256("propose");
    bytes32 private constant LIMITED = keccak256("limited");
    bytes32 private constant FULL = keccak256("full");

    /// @return code Zero when the grant allows the action; "needs-owner" when it wants the owner asked, which on chain
    ///         means that the owner sends it.
    function decide(BudgetGrant memory grant, BudgetSpent memory spent, BudgetAction memory action, uint256 nowSeconds)
        internal
        pure
        returns (bytes32 code)
    {
        if (nowSeconds < grant.validFrom) return "not-yet-valid";
        if (nowSeconds >= grant.validUntil) return "expired";
        if (action.asset != grant.asset) return "wrong-asset";
        bool isContractCall = action.kind == BudgetActionKind.ContractCall;
        if (isContractCall && !_allowsContract(grant.contractCalls, action)) return "contract-not-allowed";
        bytes32 autonomy = keccak256(bytes(grant.autonomy));
        if (autonomy == ALERT) return "alert-only";
        if (autonomy != FULL) {
            if (autonomy != LIMITED && autonomy != PROPOSE) return "bad-grant";
            if (!isContractCall && !_includes(grant.receivers, action.receiver)) return "receiver-not-allowed";
        }
        if (grant.periodSeconds == 0) return "bad-grant";
        if (action.kind != BudgetActionKind.Deposit && action.amount > grant.maxPerCallAtomic) return "over-call";
        if (_inPeriod(grant, spent, nowSeconds) + action.amount > grant.maxPerPeriodAtomic) return "over-period";
        if (uint256(spent.total) + action.amount > grant.maxTotalAtomic) return "over-total";
        return autonomy == PROPOSE ? bytes32("needs-owner") : bytes32(0);
    }

    /// @dev Only after {decide} allowed it, so that nothing overflows.
    function charged(BudgetGrant memory grant, BudgetSpent memory spent, uint256 amount, uint256 nowSeconds)
        internal
        pure
        returns (BudgetSpent memory)
    {
        return BudgetSpent({
            total: uint128(spent.total + amount),
            inPeriod: uint128(_inPeriod(grant, spent, nowSeconds) + amount),
            periodIndex: uint64((nowSeconds - grant.validFrom) / grant.periodSeconds)
        });
    }

    function _inPeriod(BudgetGrant memory grant, BudgetSpent memory spent, uint256 nowSeconds)
        private
        pure
        returns (uint256)
    {
        return (nowSeconds - grant.validFrom) / grant.periodSeconds > spent.periodIndex ? 0 : spent.inPeriod;
    }

    function _includes(address[] memory list, address account) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == account) return true;
        }
        return false;
    }

    function _allowsContract(ContractCall[] memory list, BudgetAction memory action) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i].target == action.target && list[i].selector == action.selector) return true;
        }
        return false;
    }
}
