// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs, Posting, Result} from "./IEpochs.sol";

/// @dev What a subnet's spec hash is made of (`KoinonSubnetSpec`): texts by their SHA-256.
struct Spec {
    bytes32 name;
    uint32 version;
    bytes32 parameters;
    bytes32 combine;
    bytes32 weights;
    bytes32 aggregator;
    bytes32 source;
}

/// @dev A seat's word in the result with its proof, and what shows it to be wrong.
struct SeatClaim {
    uint16 uid;
    bytes32 word;
    /// Nine siblings; the last is the amounts' root.
    bytes32[] proof;
    /// The seat's place in the rows of all validators whose vote counts, in their order, five words each: the word of
    /// sixteen weights that holds it, and the four siblings of that word upwards. None when the seat is free.
    bytes32[] openings;
    /// The right value, parts of 2^32.
    uint256 consensus;
    /// The right one, atomic units, where the aggregator cuts stakes to a cap; else not looked at.
    uint256 cap;
}

/// @dev A seat's amount word in the result, and what it was before.
struct AmountClaim {
    uint16 uid;
    bytes32 word;
    /// Eight siblings, up to the amounts' root.
    bytes32[] proof;
    /// Its word in the previous active result, and the nine siblings there; not looked at when there is none or the
    /// holder came later.
    bytes32 previous;
    bytes32[] previousProof;
}

/// @dev The two halves of the previous active result: the root of its seat words, and its amount words. Not looked at when there is none.
struct Previous {
    bytes32 seatsRoot;
    bytes32[] amounts;
}

/// @title Showing that a number of a pending result is wrong
/// @notice Every function computes one number from what the ledger holds and from other numbers of the result, and overturns the
///         result when it differs; else it reverts with `NothingWrong`. So a right result cannot be overturned. Numbers depend on
///         each other in the order of the functions: whoever disputes the first wrong one needs nothing that the signers keep to
///         themselves. Possible until the result would have become active, also after an objection.
interface IDisputes {
    error NotSetter(address caller);
    error NotDisputable(bytes32 resultHash);
    error NothingWrong();
    error SpecMismatch();
    error AggregatorUnknown(bytes32 aggregator);
    error PartMismatch(string part);
    error TooLarge(string part);
    error NotTheMedian(uint256 consensus);
    error NotTheCap(uint256 cap);

    /// @notice A validator's stake is not its permitted stake, or another row counts for it.
    function disputeValidator(Result calldata result, bytes32[] calldata validators, uint256 position) external;

    /// @notice A seat's tenure, consensus or what the aggregator keeps of it is wrong; under `stakeMedian` its rank, too; of a holder that is
    ///         no validator, its dividend; of a seat that was free at the end of the epoch, anything. That one needs neither `spec` nor
    ///         `validators`, and no aggregator that is known.
    function disputeSeat(
        Result calldata result,
        Spec calldata spec,
        bytes32[] calldata validators,
        SeatClaim calldata seat
    ) external;

    /// @notice A seat's rank is not its part of what the aggregator keeps of all seats, which is how Yuma's ranks come about.
    /// @param amountsRoot Root of the amount words, which with the seats gives the result's.
    function disputeRank(
        Result calldata result,
        Spec calldata spec,
        bytes32[] calldata seats,
        bytes32 amountsRoot,
        uint16 uid
    ) external;

    /// @notice A seat's dividend is wrong; `stakeMedian` only.
    /// @param amountsRoot Root of the amount words, which with the seats gives the result's.
    /// @param row The 16 words of the weights of the seat's holder; empty when it has no vote.
    function disputeDividend(
        Result calldata result,
        Spec calldata spec,
        bytes32[] calldata validators,
        bytes32[] calldata seats,
        bytes32 amountsRoot,
        uint16 uid,
        bytes32[] calldata row
    ) external;

    /// @notice One of a seat's two amounts is not what it was in the previous active result plus what ranks, dividends and accrued
    ///         alpha give it now.
    function disputeAmount(Result calldata result, bytes32[] calldata seats, AmountClaim calldata amount) external;

    /// @notice One of the two totals is not that of the previous active result plus what all seats get now.
    function disputeTotal(Result calldata result, bytes32[] calldata seats, bytes32 amountsRoot) external;

    /// @notice Computes every number of a pending result of a small subnet and makes it active at once when all are right.
    /// @dev `stakeMedian` only, at most 16 validators and 64 seats; reverts with `PartMismatch` naming what is wrong.
    /// @param posting Of the result; its carry is not looked at.
    /// @param rows The 16 words of the weights of every validator whose vote counts, in their order.
    function confirm(
        Result calldata result,
        Spec calldata spec,
        Posting calldata posting,
        bytes32[][] calldata rows,
        Previous calldata previous
    ) external;

    /// @notice Names the epoch contract, once and for ever; whoever was named at deployment only.
    function setEpochs(IEpochs epochs) external;

    /// @notice Whether results of subnets with this aggregator can be disputed as to taken seats; free seats and amounts always can.
    function isKnown(bytes32 aggregator) external view returns (bool);
}
