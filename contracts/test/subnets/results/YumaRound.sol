// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SeatClaim} from "../../../src/subnets/results/IDisputes.sol";
import {Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {SeatWords, ValidatorWords} from "../../../src/subnets/results/SeatWords.sol";
import {Yuma} from "../../../src/subnets/results/Yuma.sol";
import {Round} from "./Round.sol";

/// @dev The honest result of an epoch under Yuma by a plain, slow reading of specs/0011-yuma.md: everything is searched for.
abstract contract YumaRound is Round {
    using SeatWords for bytes32;
    using ValidatorWords for bytes32;

    uint256 private constant ONE = 1 << 32;
    uint256 private constant KAPPA = (32_767 * ONE) / uint256(65_535);

    function yumas() internal pure returns (bytes32[5] memory) {
        return [Yuma.YUMA2, Yuma.YUMA3, Yuma.YUMA3_CAPPED, Yuma.YUMA3_LIQUID, Yuma.YUMA3_LIQUID_DECAYING];
    }

    /// @dev Dividends are what nobody checks: the same for every seat of a validator.
    function honestYuma(uint64 epoch, uint256 count, Before memory before)
        internal
        view
        returns (Result memory result, Posting memory posting)
    {
        posting = postingFor(netuid, epoch, keys, new bytes32[](count), new bytes32[](count));
        uint256[] memory active = _shares(countedStakes(posting.validators));
        uint48 end = subnets.epochWindow(netuid, epoch).endsAt;
        uint256 sum;
        for (uint16 uid = 0; uid < count; ++uid) {
            (address holder, uint48 since) = terms.seatAt(netuid, uid, end - 1);
            if (holder == address(0)) continue;
            uint256 tenure = epoch - subnets.epochAt(netuid, since);
            uint256[] memory given = _given(posting.validators, uid, holder, tenure);
            uint256 consensus = _consensus(active, given);
            uint256 own = _rank(active, given, consensus);
            sum += own;
            posting.seats[uid] = SeatWords.pack(tenure, consensus, 0, uid < keys.length ? 1e6 : 0) | bytes32(own);
        }
        for (uint256 uid = 0; uid < count && sum > 0; ++uid) {
            posting.seats[uid] |= SeatWords.pack(0, 0, posting.seats[uid].aggregatorsOwn() * ONE / sum, 0);
        }
        (uint256 miners, uint256 dividends) = pay(posting, epoch, before);
        result = resultFor(netuid, epoch, posting, miners, dividends);
        result.specHash = specHash();
    }

    /// @dev What disputes a seat, with the right consensus and cap.
    function claimedYuma(Posting memory posting, uint16 uid, uint256 consensus) internal view returns (SeatClaim memory seat) {
        seat = claimed(posting, uid, consensus);
        seat.cap = capOf(posting.validators);
    }

    /// @dev Stakes halved by age, whole without a row, cut to the cap if there is one.
    function countedStakes(bytes32[] memory validators) internal view returns (uint256[] memory stakes) {
        stakes = _stakes(validators);
        if (spec.aggregator != Yuma.YUMA3_CAPPED) return stakes;
        uint256 cap = capOf(validators);
        for (uint256 i = 0; i < stakes.length; ++i) {
            if (stakes[i] > cap) stakes[i] = cap;
        }
    }

    /// @dev Sorts and counts.
    function capOf(bytes32[] memory validators) internal pure returns (uint256) {
        uint256[] memory stakes = _stakes(validators);
        uint256 held;
        for (uint256 i = 0; i < stakes.length; ++i) {
            for (uint256 k = i; k > 0 && stakes[k - 1] < stakes[k]; --k) {
                (stakes[k - 1], stakes[k]) = (stakes[k], stakes[k - 1]);
            }
        }
        while (held < stakes.length && stakes[held] > 0) ++held;
        return held == 0 ? 0 : stakes[held - (88 * held + 99) / 100];
    }

    function _stakes(bytes32[] memory validators) private pure returns (uint256[] memory stakes) {
        stakes = new uint256[](validators.length);
        for (uint256 i = 0; i < stakes.length; ++i) {
            stakes[i] = validators[i].age() == 255 ? validators[i].stake() : validators[i].stake() >> validators[i].age();
        }
    }

    function _shares(uint256[] memory values) private pure returns (uint256[] memory shares) {
        shares = new uint256[](values.length);
        uint256 sum = _sum(values);
        for (uint256 i = 0; i < values.length && sum > 0; ++i) {
            shares[i] = values[i] * ONE / sum;
        }
    }

    function _given(bytes32[] memory validators, uint16 uid, address holder, uint256 tenure)
        private
        view
        returns (uint256[] memory given)
    {
        given = new uint256[](validators.length);
        for (uint256 i = 0; i < given.length; ++i) {
            bytes32 validator = validators[i];
            if (validator.age() == 255 || validator.hotkey() == holder || validator.age() > tenure) continue;
            given[i] = shareOf(validator.hotkey(), uid);
        }
    }

    /// @dev The smallest share of voters for which those at or below it have more than all but kappa; the largest if there is none.
    function _consensus(uint256[] memory active, uint256[] memory given) private pure returns (uint256) {
        uint256[] memory voters = _shares(active);
        int256 minority = int256(_sum(voters)) - int256(KAPPA);
        (uint256 smallest, uint256 largest, bool found) = (type(uint256).max, 0, false);
        for (uint256 i = 0; i < given.length; ++i) {
            if (active[i] == 0) continue;
            if (given[i] > largest) largest = given[i];
            if (found && given[i] >= smallest) continue;
            uint256 atMostThat;
            for (uint256 k = 0; k < given.length; ++k) {
                if (given[k] <= given[i]) atMostThat += voters[k];
            }
            if (int256(atMostThat) > minority) (smallest, found) = (given[i], true);
        }
        return found ? smallest : largest;
    }

    function _rank(uint256[] memory active, uint256[] memory given, uint256 consensus) private pure returns (uint256 rank) {
        for (uint256 i = 0; i < given.length; ++i) {
            rank += active[i] * (given[i] < consensus ? given[i] : consensus) / ONE;
        }
    }

    function _sum(uint256[] memory values) private pure returns (uint256 sum) {
        for (uint256 i = 0; i < values.length; ++i) {
            sum += values[i];
        }
    }
}
