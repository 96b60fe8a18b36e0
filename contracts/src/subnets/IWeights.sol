// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Validators' weights: committed blind, then revealed
/// @notice A row is a packed list of (uint16 uid, uint16 weight) pairs, big endian, uids strictly ascending, weights
///         not zero; an empty row abstains. Only the hash of a row is stored, the event carries the row.
interface IWeights {
    event WeightsCommitted(
        uint32 indexed netuid, uint64 indexed epoch, address indexed hotkey, bytes32 commitment
    );
    event WeightsRevealed(
        uint32 indexed netuid, uint64 indexed epoch, address indexed hotkey, bytes row, bytes32 salt
    );

    error OutsideWeightCommit(uint256 nowAt, uint256 opensAt, uint256 closesAt);
    error OutsideWeightReveal(uint256 nowAt, uint256 opensAt, uint256 closesAt);
    error NoValidatorPermit(uint32 netuid, uint64 epoch, address hotkey);
    error CommitmentIsZero();
    error CommitmentMismatch(bytes32 expected, bytes32 actual);
    error AlreadyRevealed(uint32 netuid, uint64 epoch, address hotkey);
    error RowLengthInvalid(uint256 length);
    error RowEntryInvalid(uint256 position);

    /// @notice Commits the calling hotkey to a row of `epoch`. It needs a permit at the epoch's start. May be
    ///         repeated while the phase lasts; the last commitment counts.
    function commit(uint32 netuid, uint64 epoch, bytes32 commitment) external;

    /// @notice Opens the calling hotkey's commitment, once.
    function reveal(uint32 netuid, uint64 epoch, bytes calldata row, bytes32 salt) external;

    /// @notice keccak256(abi.encode(chainid, this, netuid, epoch, hotkey, rowHash, salt)).
    function commitmentFor(uint32 netuid, uint64 epoch, address hotkey, bytes32 rowHash, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice The commitment of a hotkey; zero when there is none or once revealed.
    function commitmentOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32);

    /// @notice keccak256(row) of a hotkey's revealed row; zero when not revealed.
    function rowHashOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32);
}
