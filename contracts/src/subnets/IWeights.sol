// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Validators' weights: committed blind, then revealed
/// @notice A row is a packed list of (uint16 uid, uint16 weight) pairs, big endian, uids strictly ascending, weights
///         not zero; an empty row abstains. Only a hash of a row is stored, the event carries the row.
interface IWeights {
    /// @notice `sealedRow` is empty, or the row and salt sealed to a later moment, so that anybody can reveal for the hotkey.
    ///         The ledger does not look into it.
    event WeightsCommitted(
        uint32 indexed netuid, uint64 indexed epoch, address indexed hotkey, bytes32 commitment, bytes sealedRow
    );
    event WeightsRevealed(
        uint32 indexed netuid, uint64 indexed epoch, address indexed hotkey, bytes row, bytes32 salt
    );

    error OutsideWeightCommit(uint256 nowAt, uint256 opensAt, uint256 closesAt);
    error OutsideWeightReveal(uint256 nowAt, uint256 opensAt, uint256 closesAt);
    error NoValidatorPermit(uint32 netuid, uint64 epoch, address hotkey);
    error OtherSpec(bytes32 expected, bytes32 actual);
    error SealedRowTooLong(uint256 length, uint256 limit);
    error CommitmentIsZero();
    error CommitmentMismatch(bytes32 expected, bytes32 actual);
    error AlreadyRevealed(uint32 netuid, uint64 epoch, address hotkey);
    error RowLengthInvalid(uint256 length);
    error RowEntryInvalid(uint256 position);

    /// @notice Commits the calling hotkey to a row of `epoch`. It needs a permit at the epoch's start, and names the spec that it
    ///         scored by, which must be the one in force. May be repeated while the phase lasts; the last commitment counts.
    function commit(uint32 netuid, uint64 epoch, bytes32 commitment, bytes32 specHash, bytes calldata sealedRow) external;

    /// @notice Opens the calling hotkey's commitment, once.
    function reveal(uint32 netuid, uint64 epoch, bytes calldata row, bytes32 salt) external;

    /// @notice Opens the commitment of `hotkey`, once; by anybody who knows row and salt.
    function revealFor(uint32 netuid, uint64 epoch, address hotkey, bytes calldata row, bytes32 salt) external;

    /// @notice keccak256(abi.encode(chainid, this, netuid, epoch, hotkey, rowHash, salt)), `rowHash` = keccak256(row).
    function commitmentFor(uint32 netuid, uint64 epoch, address hotkey, bytes32 rowHash, bytes32 salt)
        external
        view
        returns (bytes32);

    /// @notice The commitment of a hotkey; zero when there is none or once revealed.
    function commitmentOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32);

    /// @notice What is kept of a revealed row: the first 29 bytes of the root of the 16 words of its weights by uid
    ///         ({WordTree}, depth 4, sixteen uint16 a word, the lowest uid in the highest bits), then the sum of its weights in 3 bytes. Zero when not
    ///         revealed, {ABSTAINED} for the empty row.
    function rowHashOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32);

    /// @notice {rowHashOf} of the hotkeys of validator words ({ValidatorWords}), each as many epochs before `epoch` as its word says;
    ///         zero where it says {NO_ROW}.
    function rowHashesOf(uint32 netuid, uint64 epoch, bytes32[] calldata validators)
        external
        view
        returns (bytes32[] memory);

    /// @notice How many epochs before `epoch` the row was made that counts for a hotkey in it: 0 when it revealed in time, up to
    ///         {MAX_AGE} when its last row stands in; {NO_ROW} when there is none or it abstained.
    function rowAgeOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (uint8);
}
