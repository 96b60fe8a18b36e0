// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What is called before and after a step of a job that names it (ERC-8183)
/// @dev `data` as the standard says for each function: `optParams` alone for `fund`, else abi.encode(argument, optParams).
interface IACPHook {
    function beforeAction(uint256 jobId, bytes4 selector, bytes calldata data) external;
    function afterAction(uint256 jobId, bytes4 selector, bytes calldata data) external;
}
