// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IACPHook} from "./IACPHook.sol";
import {IJobs} from "./IJobs.sol";

/// @title Calls of a job's hook
/// @dev A call gets exactly {GAS_LIMIT}, its answer is not copied, and a caller that brings less gas is refused: nobody makes a hook fail by
///      starving it. A hook without code fails.
library HookCalls {
    uint256 internal constant GAS_LIMIT = 500_000;

    function beforeStep(address hook, uint256 jobId, bytes4 selector, bytes memory data) internal {
        if (hook != address(0)) _call(hook, selector, abi.encodeCall(IACPHook.beforeAction, (jobId, selector, data)));
    }

    function afterStep(address hook, uint256 jobId, bytes4 selector, bytes memory data) internal {
        if (hook != address(0)) _call(hook, selector, abi.encodeCall(IACPHook.afterAction, (jobId, selector, data)));
    }

    function _call(address hook, bytes4 selector, bytes memory input) private {
        // 63/64 of what is left may be passed on (EIP-150); the rest covers a cold account.
        uint256 available = gasleft();
        if (available < GAS_LIMIT + GAS_LIMIT / 63 + 5_000) revert IJobs.HookGasShort(available);
        uint256 limit = GAS_LIMIT;
        bool isDone;
        assembly ("memory-safe") {
            isDone := call(limit, hook, 0, add(input, 0x20), mload(input), 0, 0)
        }
        if (!isDone || hook.code.length == 0) revert IJobs.HookFailed(hook, selector);
    }
}
