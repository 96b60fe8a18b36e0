// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Halving} from "./Halving.sol";
import {Q64} from "./Q64.sol";

/// @title What one period's issue becomes within a subnet, to the bit as specs/0013-emission.md section 5
library Coinbase {
    /// @dev `rootWeight`: what a KOIN on the root counts against a token, Q64. The three parts sum to 10,000.
    struct Rules {
        Halving.Schedule token;
        uint256 rootWeight;
        uint256 ownerBps;
        uint256 minersBps;
        uint256 validatorsBps;
    }

    /// @dev What holds for all subnets of a period. `rootIsPaid`: the average prices sum to more than one.
    struct Period {
        uint256 elapsed;
        uint256 koinIssued;
        uint256 rootStake;
        bool rootIsPaid;
    }

    /// @dev tokensIssued = owner + miners + validators + root + recycledTokens; `tokensIn` are issued beside them.
    struct Parts {
        uint256 koinIn;
        uint256 tokensIn;
        uint256 koinBuys;
        uint256 tokensIssued;
        uint256 owner;
        uint256 miners;
        uint256 validators;
        uint256 root;
        uint256 recycledTokens;
    }

    error PartsDoNotSum();
    error AmountTooLarge();

    /// @notice KOIN on the root against tokens, Q64; 0 when there is neither.
    function rootProportion(uint256 rootStake, uint256 rootWeight, uint256 issuance) internal pure returns (uint256) {
        uint256 weighed = Q64.mul(rootStake, rootWeight);
        return weighed + issuance == 0 ? 0 : Math.mulDiv(weighed, Q64.ONE, weighed + issuance);
    }

    /// @notice One subnet's parts. KOIN of the period that is in no subnet's `koinIn` or `koinBuys` is recycled.
    /// @param share Of an emission policy, Q64.
    /// @param price KOIN per token in the pool, Q64; 0 recycles the share.
    /// @param issuance Units of the subnet's token that exist.
    function split(Rules memory rules, Period memory period, uint256 share, uint256 price, uint256 issuance)
        internal
        pure
        returns (Parts memory parts)
    {
        if (rules.ownerBps + rules.minersBps + rules.validatorsBps != 10_000) revert PartsDoNotSum();
        if (share > Q64.ONE || (period.rootStake | rules.rootWeight | price | issuance | period.koinIssued) >> 128 != 0)
        {
            revert AmountTooLarge();
        }
        uint256 proportion = rootProportion(period.rootStake, rules.rootWeight, issuance);
        uint256 issued = Halving.issuedOver(rules.token, issuance, period.elapsed);
        parts.tokensIssued = issued;
        if (price > 0) {
            uint256 koin = Q64.mul(period.koinIssued, share);
            uint256 room = rules.token.cap - Math.min(rules.token.cap, issuance + issued);
            parts.tokensIn = Math.min(Math.min((koin * Q64.ONE) / price, Q64.mul(proportion, issued)), room);
            parts.koinIn = Q64.mul(parts.tokensIn, price);
            parts.koinBuys = koin - parts.koinIn;
        }
        parts.owner = (issued * rules.ownerBps) / 10_000;
        parts.miners = (issued * rules.minersBps) / 10_000;
        uint256 forValidators = (issued * rules.validatorsBps) / 10_000;
        uint256 rootPart = Q64.mul(forValidators, proportion);
        parts.validators = forValidators - rootPart;
        if (period.rootIsPaid) parts.root = rootPart;
        parts.recycledTokens = issued - parts.owner - parts.miners - parts.validators - parts.root;
    }
}
