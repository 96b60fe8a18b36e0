// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Commitments to the work of an epoch, and the epoch's beacon
interface IWork {
    /// @notice `root` commits to `count` items of work; `dataHash` names where they can be had.
    event WorkCommitted(
        uint32 indexed netuid,
        uint64 indexed epoch,
        address indexed hotkey,
        uint16 uid,
        bytes32 root,
        uint64 count,
        bytes32 dataHash
    );
    event BeaconDrawn(uint32 indexed netuid, uint64 indexed epoch, bytes32 beacon, address caller);

    error OutsideWorkCommit(uint256 nowAt, uint256 opensAt, uint256 closesAt);
    error WorkAlreadyCommitted(uint32 netuid, uint64 epoch, address hotkey);
    error BeaconTooEarly(uint256 nowAt, uint256 opensAt);
    error BeaconAlreadyDrawn(uint32 netuid, uint64 epoch);

    /// @notice Commits the calling hotkey to its work of `epoch`, once, inside the work-commit phase.
    function commitWork(uint32 netuid, uint64 epoch, bytes32 root, uint64 count, bytes32 dataHash) external;

    /// @notice Draws the beacon of `epoch`, once, by anyone, after the work-commit phase.
    function drawBeacon(uint32 netuid, uint64 epoch) external returns (bytes32 beacon);

    /// @notice keccak256(abi.encode(root, count, dataHash)) of a hotkey's commitment; zero when there is none.
    function workHashOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32);

    /// @notice The drawn beacon; zero when not drawn.
    function beaconOf(uint32 netuid, uint64 epoch) external view returns (bytes32);
}
