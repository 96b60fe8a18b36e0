// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AmountClaim, SeatClaim} from "../src/subnets/results/IDisputes.sol";
import {Posting, Result} from "../src/subnets/results/IEpochs.sol";
import {SeatWords} from "../src/subnets/results/SeatWords.sol";
import {SeatTree} from "./support/SeatTree.sol";
import {Yuma} from "../src/subnets/results/Yuma.sol";
import {Round} from "./subnets/results/Round.sol";
import {YumaRound} from "./subnets/results/YumaRound.sol";
import {vm} from "./support/Vm.sol";

/// @dev Whole subnets: 64 validators of 256 seats with dense rows, and a small one. Run with --isolate, as GasSnapshot.t.sol.
contract DisputeGasSnapshotTest is Round {
    using SeatWords for bytes32;

    string private constant GROUP = "gas-snapshot";
    /// @dev What one dispute may cost.
    uint256 private constant MOST_GAS = 600_000;

    function test_gas_of_one_wrong_number_among_256_times_64() public {
        (Result memory result, Posting memory posting) = _full(256, 64);
        bytes32 right = posting.seats[200];
        posting.seats[200] = right ^ bytes32(uint256(1) << 168);
        Result memory wrong = _submitted(result, posting, 43);
        vm.snapshotGasLastCall(GROUP, "submit root, 43 signatures, 256 seats");
        SeatClaim memory seat = claimed(posting, 200, right.consensus());
        disputes.disputeSeat(wrong, spec, posting.validators, seat);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute a seat, 256 x 64"), MOST_GAS, "seat");
        epochs.punish(wrong, posting.validators, type(uint256).max);
        vm.snapshotGasLastCall(GROUP, "punish 43 signers");

        posting.seats[200] = right;
        uint16 uid = 7;
        posting.seats[uid] ^= bytes32(uint256(1) << 128);
        wrong = _submitted(result, posting, 43);
        bytes32[] memory row = rowWords(uid);
        bytes32 amountsRoot = SeatTree.half(posting.amounts);
        disputes.disputeDividend(wrong, spec, posting.validators, posting.seats, amountsRoot, uid, row);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute a dividend, 256 x 64"), MOST_GAS, "dividend");

        posting.seats[uid] ^= bytes32(uint256(1) << 128);
        posting.amounts[uid] ^= bytes32(uint256(1));
        wrong = _submitted(result, posting, 43);
        AmountClaim memory amount = amountOf(posting, uid, none());
        disputes.disputeAmount(wrong, posting.seats, amount);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute an amount, 256 x 64"), MOST_GAS, "amount");

        posting.amounts[uid] ^= bytes32(uint256(1));
        result.minersTotal -= 1;
        wrong = _submitted(result, posting, 43);
        disputes.disputeTotal(wrong, posting.seats, amountsRoot);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute the total, 256 x 64"), MOST_GAS, "total");

        result.minersTotal += 1;
        bytes32 validator = posting.validators[60];
        posting.validators[60] = validator | bytes32(uint256(3) << 88);
        wrong = _submitted(result, posting, 43);
        disputes.disputeValidator(wrong, posting.validators, 60);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute a validator, 256 x 64"), MOST_GAS, "validator");

        posting.validators[60] = validator;
        _submitted(result, posting, 43);
        vm.warp(block.timestamp + 120);
        epochs.claim(claimOf(netuid, 1, 5, posting));
        vm.snapshotGasLastCall(GROUP, "claim, 256 seats");
    }

    function test_gas_of_confirming_a_small_subnet() public {
        (Result memory result, Posting memory posting) = _full(64, 16);
        _submitted(result, posting, 16);
        bytes32[][] memory all = new bytes32[][](16);
        for (uint256 i = 0; i < 16; ++i) {
            all[i] = words(rows[vm.addr(keys[i])]);
        }
        disputes.confirm(result, spec, posting, all, halvesOf(none()));
        vm.snapshotGasLastCall(GROUP, "confirm a whole result, 64 x 16");
    }

    function _submitted(Result memory result, Posting memory posting, uint256 signers)
        private
        returns (Result memory changed)
    {
        changed = resultFor(netuid, 1, posting, result.minersTotal, result.dividendsTotal);
        changed.specHash = result.specHash;
        submit(changed, posting, keys, signers);
    }

    function _full(uint16 seats, uint256 validators) private returns (Result memory, Posting memory) {
        startRound(seats, validators);
        for (uint160 i = 0; i < seats - validators; ++i) {
            join(netuid, address(0x2000 + i));
        }
        for (uint256 i = 0; i < validators; ++i) {
            uint16[] memory row = new uint16[](seats);
            for (uint256 uid = 0; uid < seats; ++uid) {
                row[uid] = uint16(uint256(keccak256(abi.encode(i, uid)))) | 1;
            }
            setRow(vm.addr(keys[i]), row);
        }
        vote(1, type(uint256).max);
        return honest(1, seats, none());
    }
}

/// @dev The same under Yuma with the cap, the dearest of its columns.
contract YumaDisputeGasSnapshotTest is YumaRound {
    using SeatWords for bytes32;

    string private constant GROUP = "gas-snapshot";
    uint256 private constant MOST_GAS = 600_000;
    uint16 private constant SEATS = 256;
    uint256 private constant VALIDATORS = 64;

    function test_gas_of_one_wrong_number_under_yuma_among_256_times_64() public {
        (Result memory result, Posting memory posting) = _full();
        bytes32 right = posting.seats[200];
        posting.seats[200] = right ^ bytes32(uint256(1));
        Result memory wrong = submitAs(result, posting);
        SeatClaim memory seat = claimedYuma(posting, 200, right.consensus());
        disputes.disputeSeat(wrong, spec, posting.validators, seat);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute a seat under Yuma, 256 x 64"), MOST_GAS, "seat");

        posting.seats[200] = right ^ bytes32(uint256(1) << 168);
        wrong = submitAs(result, posting);
        disputes.disputeRank(wrong, spec, posting.seats, SeatTree.half(posting.amounts), 200);
        atMost(vm.snapshotGasLastCall(GROUP, "dispute a rank under Yuma, 256 x 64"), MOST_GAS, "rank");
    }

    function _full() private returns (Result memory, Posting memory) {
        spec.aggregator = Yuma.YUMA3_CAPPED;
        startRound(SEATS, VALIDATORS);
        for (uint160 i = 0; i < SEATS - VALIDATORS; ++i) {
            join(netuid, address(0x2000 + i));
        }
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            uint16[] memory row = new uint16[](SEATS);
            for (uint256 uid = 0; uid < SEATS; ++uid) {
                row[uid] = uint16(uint256(keccak256(abi.encode(i, uid)))) | 1;
            }
            setRow(vm.addr(keys[i]), row);
        }
        vote(1, type(uint256).max);
        return honestYuma(1, SEATS, none());
    }
}
