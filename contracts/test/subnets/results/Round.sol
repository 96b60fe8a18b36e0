// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued} from "../../../src/subnets/emission/IPoolEmission.sol";
import {AmountClaim, Previous, SeatClaim, Spec} from "../../../src/subnets/results/IDisputes.sol";
import {Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {AmountWords, SeatWords, ValidatorWords} from "../../../src/subnets/results/SeatWords.sol";
import {StakeMedian} from "../../../src/subnets/results/StakeMedian.sol";
import {SubnetParams} from "../../../src/subnets/ISubnets.sol";
import {Network} from "../../support/Network.sol";
import {SeatTree} from "../../support/SeatTree.sol";
import {vm} from "../../support/Vm.sol";

/// @dev A subnet with real rows, and the honest result of an epoch by a plain, slow reading of the rules.
abstract contract Round is Network {
    using AmountWords for bytes32;
    using SeatWords for bytes32;
    using ValidatorWords for bytes32;

    /// @dev The active result before, if there is one.
    struct Before {
        bool exists;
        Result result;
        Posting posting;
    }

    /// @dev What is divided by rank and by dividend, and the sums of both.
    struct Split {
        uint256 forMiners;
        uint256 forDividends;
        uint256 ranks;
        uint256 dividends;
    }

    Spec internal spec = Spec({
        name: sha256("inference"),
        version: 1,
        parameters: sha256("[]"),
        combine: sha256("latest"),
        weights: sha256("linear"),
        aggregator: StakeMedian.SPEC_HASH,
        source: keccak256("source")
    });
    uint32 internal netuid;
    uint256[] internal keys;
    /// @dev Dense rows of the last reveals, a weight a uid.
    mapping(address hotkey => uint16[]) internal rows;
    mapping(address hotkey => uint256) private _sums;

    function specHash() internal view returns (bytes32) {
        return sha256(abi.encode(disputes.SPEC_TYPEHASH(), spec));
    }

    function startRound(uint16 maxNeurons, uint256 validators) internal {
        deployNetwork();
        SubnetParams memory chosen = params();
        chosen.maxNeurons = maxNeurons;
        chosen.specHash = specHash();
        netuid = createSubnet(chosen);
        keys = sortedKeys(validators);
        for (uint256 i = 0; i < validators; ++i) {
            addValidator(netuid, vm.addr(keys[i]), MIN_STAKE + (validators > 16 ? 0 : i * 7e17));
        }
    }

    /// @dev Commits and reveals the rows of validators whose bit is set, and goes on to the root phase.
    function vote(uint64 epoch, uint256 awake) internal {
        toWeightCommit(netuid, epoch);
        for (uint256 i = 0; i < keys.length; ++i) {
            if (awake >> i & 1 == 0) continue;
            address hotkey = vm.addr(keys[i]);
            bytes32 commitment = weights.commitmentFor(netuid, epoch, hotkey, keccak256(packed(rows[hotkey])), 0);
            bytes32 spec_ = specHash();
            vm.prank(hotkey);
            weights.commit(netuid, epoch, commitment, spec_, "");
        }
        toReveal(netuid, epoch);
        for (uint256 i = 0; i < keys.length; ++i) {
            if (awake >> i & 1 == 0) continue;
            weights.revealFor(netuid, epoch, vm.addr(keys[i]), packed(rows[vm.addr(keys[i])]), 0);
        }
        toRoot(netuid, epoch);
    }

    function packed(uint16[] memory row) internal pure returns (bytes memory entries) {
        entries = new bytes(4 * row.length);
        uint256 used;
        for (uint256 uid = 0; uid < row.length; ++uid) {
            if (row[uid] == 0) continue;
            (entries[used], entries[used + 1]) = (bytes1(uint8(uid >> 8)), bytes1(uint8(uid)));
            (entries[used + 2], entries[used + 3]) = (bytes1(uint8(row[uid] >> 8)), bytes1(uint8(row[uid])));
            used += 4;
        }
        assembly ("memory-safe") {
            mstore(entries, used)
        }
    }

    function words(uint16[] memory row) internal pure returns (bytes32[] memory dense) {
        dense = new bytes32[](16);
        for (uint256 uid = 0; uid < row.length; ++uid) {
            dense[uid >> 4] |= bytes32(uint256(row[uid]) << (240 - 16 * (uid & 15)));
        }
    }

    function setRow(address hotkey, uint16[] memory row) internal {
        (rows[hotkey], _sums[hotkey]) = (row, sumOf(row));
    }

    function sumOf(uint16[] memory row) internal pure returns (uint256 sum) {
        for (uint256 uid = 0; uid < row.length; ++uid) {
            sum += row[uid];
        }
    }

    /// @dev The honest result over seats 0 to `count` - 1.
    function honest(uint64 epoch, uint256 count, Before memory before)
        internal
        view
        returns (Result memory result, Posting memory posting)
    {
        posting = postingFor(netuid, epoch, keys, new bytes32[](count), new bytes32[](count));
        StakeMedian.Turnout memory turnout = this.turnoutOf(posting.validators);
        uint48 end = subnets.epochWindow(netuid, epoch).endsAt;
        for (uint16 uid = 0; uid < count; ++uid) {
            (address holder, uint48 since) = terms.seatAt(netuid, uid, end - 1);
            if (holder == address(0)) continue;
            uint256 tenure = epoch - subnets.epochAt(netuid, since);
            (uint256 consensus, uint256 rank) = column(posting.validators, turnout, uid, holder, tenure);
            posting.seats[uid] = SeatWords.pack(tenure, consensus, rank, 0);
        }
        for (uint256 i = 0; i < keys.length && turnout.decides; ++i) {
            address hotkey = vm.addr(keys[i]);
            if (turnout.votes[i] == 0 || !subnets.isRegistered(netuid, hotkey)) continue;
            uint16 uid = subnets.uidOf(netuid, hotkey);
            uint256 agreed;
            for (uint16 other = 0; other < count; ++other) {
                uint256 given = shareOf(hotkey, other);
                if (other == uid || posting.validators[i].age() > posting.seats[other].tenure()) continue;
                uint256 consensus = posting.seats[other].consensus();
                agreed += given < consensus ? given : consensus;
            }
            posting.seats[uid] |= SeatWords.pack(0, 0, 0, turnout.votes[i] * agreed / turnout.voting);
        }
        (uint256 miners, uint256 dividends) = pay(posting, epoch, before);
        result = resultFor(netuid, epoch, posting, miners, dividends);
        result.specHash = specHash();
    }

    function turnoutOf(bytes32[] calldata validators) external pure returns (StakeMedian.Turnout memory) {
        return StakeMedian.turnoutOf(validators);
    }

    function shareOf(address hotkey, uint16 uid) internal view returns (uint256) {
        uint256 weight = uid < rows[hotkey].length ? rows[hotkey][uid] : 0;
        return _sums[hotkey] == 0 ? 0 : (weight << 32) / _sums[hotkey];
    }

    /// @dev Consensus by trying every share, and rank.
    function column(
        bytes32[] memory validators,
        StakeMedian.Turnout memory turnout,
        uint16 uid,
        address holder,
        uint256 tenure
    ) internal view returns (uint256 consensus, uint256 rank) {
        if (!turnout.decides) return (0, 0);
        uint256[] memory given = new uint256[](validators.length);
        for (uint256 i = 0; i < given.length; ++i) {
            if (validators[i].hotkey() == holder || validators[i].age() > tenure) continue;
            given[i] = shareOf(validators[i].hotkey(), uid);
        }
        for (uint256 i = 0; i < given.length; ++i) {
            uint256 support;
            for (uint256 k = 0; k < given.length; ++k) {
                if (given[k] >= given[i]) support += turnout.votes[k];
            }
            if (2 * support > turnout.voting && given[i] > consensus) consensus = given[i];
        }
        for (uint256 i = 0; i < given.length; ++i) {
            rank += turnout.votes[i] * (given[i] < consensus ? given[i] : consensus);
        }
        rank /= turnout.voting;
    }

    /// @dev Fills the amounts and returns both totals.
    function pay(Posting memory posting, uint64 epoch, Before memory before)
        internal
        view
        returns (uint256 miners, uint256 dividends)
    {
        Split memory split = splitOf(posting.seats, epoch, before);
        (miners, dividends) = (before.result.minersTotal, before.result.dividendsTotal);
        uint48 end = subnets.epochWindow(netuid, epoch).endsAt;
        for (uint16 uid = 0; uid < posting.seats.length; ++uid) {
            (address holder, uint48 since) = terms.seatAt(netuid, uid, end - 1);
            if (holder == address(0)) continue;
            uint256 mined = split.ranks == 0 ? 0 : split.forMiners * posting.seats[uid].rank() / split.ranks;
            uint256 asValidator =
                split.dividends == 0 ? 0 : split.forDividends * posting.seats[uid].dividend() / split.dividends;
            (miners, dividends) = (miners + mined, dividends + asValidator);
            bytes32 had = _amountBefore(before, uid, since);
            posting.amounts[uid] = AmountWords.pack(had.mined() + mined, had.dividends() + asValidator);
        }
    }

    /// @dev What the holder had by the result before, if it was there already.
    function _amountBefore(Before memory before, uint16 uid, uint48 since) private view returns (bytes32) {
        if (!before.exists || uid >= before.posting.amounts.length) return 0;
        return since < subnets.epochWindow(netuid, before.result.epoch).endsAt ? before.posting.amounts[uid] : bytes32(0);
    }

    function splitOf(bytes32[] memory seats, uint64 epoch, Before memory before)
        internal
        view
        returns (Split memory split)
    {
        for (uint256 uid = 0; uid < seats.length; ++uid) {
            split.ranks += seats[uid].rank();
            split.dividends += seats[uid].dividend();
        }
        if (split.ranks == 0) return split;
        Accrued memory start = emission.accrued(netuid, epoch);
        Accrued memory end = emission.accrued(netuid, epoch + 1);
        uint256 own = end.miners - start.miners;
        uint256 backlog = start.miners - before.result.minersTotal;
        split.forMiners = own + (backlog < own ? backlog : own);
        own = end.dividends - start.dividends;
        backlog = start.dividends - before.result.dividendsTotal;
        split.forDividends = own + (backlog < own ? backlog : own);
    }

    function none() internal pure returns (Before memory before) {}

    /// @dev A seat's amounts in the posting, and in the result before.
    function amountOf(Posting memory posting, uint16 uid, Before memory before)
        internal
        pure
        returns (AmountClaim memory amount)
    {
        amount.uid = uid;
        amount.word = wordAt(posting.amounts, uid);
        amount.proof = SeatTree.path(posting.amounts, uid, 8);
        amount.previous = wordAt(before.posting.amounts, uid);
        amount.previousProof = SeatTree.amountProof(before.posting.seats, before.posting.amounts, uid);
    }

    /// @dev The halves of the result before.
    function halvesOf(Before memory before) internal pure returns (Previous memory) {
        return Previous(SeatTree.half(before.posting.seats), before.posting.amounts);
    }

    function wordAt(bytes32[] memory list, uint256 place) internal pure returns (bytes32) {
        return place < list.length ? list[place] : bytes32(0);
    }

    function claimed(Posting memory posting, uint16 uid, uint256 consensus) internal view returns (SeatClaim memory) {
        uint256 voters;
        for (uint256 i = 0; i < posting.validators.length; ++i) {
            if (posting.validators[i].vote() > 0) ++voters;
        }
        bytes32[] memory openings = new bytes32[](5 * voters);
        uint256 used;
        for (uint256 i = 0; i < posting.validators.length; ++i) {
            if (posting.validators[i].vote() == 0) continue;
            uint16[] memory row = rows[posting.validators[i].hotkey()];
            bytes32[] memory dense = words(row);
            openings[used] = dense[uid >> 4];
            bytes32[] memory path = SeatTree.path(dense, uid >> 4, 4);
            for (uint256 level = 0; level < 4; ++level) {
                openings[used + 1 + level] = path[level];
            }
            used += 5;
        }
        bytes32[] memory proof = SeatTree.seatProof(posting.seats, posting.amounts, uid);
        return SeatClaim(uid, wordAt(posting.seats, uid), proof, openings, consensus, 0);
    }

    function rowWords(uint16 uid) internal view returns (bytes32[] memory) {
        (address holder,) = terms.seatAt(netuid, uid, block.timestamp - 1);
        return rows[holder].length == 0 ? new bytes32[](0) : words(rows[holder]);
    }

    /// @dev Signs a copy of the result with what its posting really hashes to, and submits it.
    function submitAs(Result memory result, Posting memory posting) internal returns (Result memory changed) {
        changed = resultFor(netuid, result.epoch, posting, result.minersTotal, result.dividendsTotal);
        changed.specHash = result.specHash;
        submit(changed, posting, keys, keys.length);
    }
}
