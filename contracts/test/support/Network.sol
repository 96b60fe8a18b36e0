// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {Conviction} from "../../src/subnets/Conviction.sol";
import {Disputes} from "../../src/subnets/results/Disputes.sol";
import {UserCapitalPolicy} from "../../src/subnets/emission/policies/UserCapitalPolicy.sol";
import {PoolEmission} from "../../src/subnets/emission/PoolEmission.sol";
import {Epochs} from "../../src/subnets/results/Epochs.sol";
import {Claim, Posting, Result} from "../../src/subnets/results/IEpochs.sol";
import {SeatRules, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {AlphaStaking} from "../../src/subnets/pool/AlphaStaking.sol";
import {IDelegation} from "../../src/subnets/pool/IDelegation.sol";
import {IPermits} from "../../src/subnets/pool/IPermits.sol";
import {Pools} from "../../src/subnets/pool/Pools.sol";
import {Subnets} from "../../src/subnets/Subnets.sol";
import {SubnetTerms} from "../../src/subnets/SubnetTerms.sol";
import {Weights} from "../../src/subnets/Weights.sol";
import {Work} from "../../src/subnets/Work.sol";
import {KoinonToken} from "../../src/token/KoinonToken.sol";
import {SeatTree} from "./SeatTree.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";

/// @dev A whole network with one treasury, as a deployment script makes it, and the moves of its people.
abstract contract Network is Test {
    uint256 internal constant GENESIS_SUPPLY = 10_000_000e18;
    /// @dev Of the first subnet.
    uint256 internal constant LOCK = 10e18;
    uint256 internal constant UNBONDING = 7 days;
    uint256 internal constant KOIN_PER_SECOND = 0.05e18;
    uint256 internal constant ALPHA_PER_SECOND = 0.1e18;
    uint256 internal constant PERIOD = 12;
    uint256 internal constant REST = 30 days;
    uint256 internal constant MIN_STAKE = 100e18;
    uint32 internal constant EPOCH = 600;
    bytes32 internal constant SPEC = keccak256("spec 1");
    address internal constant TREASURY = address(0x7EA5);
    address internal constant FOUNDER = address(0x0E0E);

    KoinonToken internal token;
    IdentityRegistry internal identity;
    Subnets internal subnets;
    SubnetTerms internal terms;
    Conviction internal conviction;
    Pools internal pools;
    AlphaStaking internal staking;
    IDelegation internal delegation;
    IPermits internal permits;
    Work internal work;
    Weights internal weights;
    Epochs internal epochs;
    Disputes internal disputes;
    PoolEmission internal emission;

    /// @dev Staking binds itself to the pools, the registry to pools and terms; the epoch contract is named to disputes and emission,
    ///      and the emission contract to the token: from then on it mints, and its epoch contract slashes.
    function deployNetwork() internal {
        token = new KoinonToken(TREASURY, GENESIS_SUPPLY, address(this));
        identity = new IdentityRegistry();
        terms = new SubnetTerms();
        pools = new Pools(token);
        staking = new AlphaStaking(pools, UNBONDING, rootWeight());
        (delegation, permits) = (staking.delegation(), staking.permits());
        conviction = new Conviction(pools);
        subnets = new Subnets(identity, terms, staking, conviction, LOCK);
        work = new Work(subnets);
        weights = new Weights(subnets);
        disputes = new Disputes(subnets, weights, address(this));
        emission = new PoolEmission(
            pools,
            address(this),
            new UserCapitalPolicy(432_000e18),
            PoolEmission.Schedules(KOIN_PER_SECOND, ALPHA_PER_SECOND, PERIOD, REST)
        );
        epochs = new Epochs(subnets, emission, disputes);
        disputes.setEpochs(epochs);
        emission.setEpochs(address(epochs));
        token.setMinter(address(emission));
    }

    /// @dev What 1 KOIN on the root weighs in alpha.
    function rootWeight() internal pure virtual returns (uint256) {
        return 1e18;
    }

    function params() internal pure returns (SubnetParams memory) {
        return SubnetParams({
            name: "inference",
            metadataURI: "https://example.org/subnet.json",
            specHash: SPEC,
            epochSeconds: EPOCH,
            workCommitSeconds: 60,
            weightCommitSeconds: 60,
            weightRevealSeconds: 60,
            activationDelaySeconds: 120,
            maxNeurons: 16,
            maxValidators: 64,
            minValidatorStake: uint128(MIN_STAKE),
            initialBurn: 1e18,
            rules: rules()
        });
    }

    function rules() internal pure returns (SeatRules memory) {
        return SeatRules({
            minBurn: 0.0005e18,
            maxBurn: 100e18,
            burnHalfLifeSeconds: 4320,
            immunitySeconds: 1 hours,
            noticeSeconds: 30 minutes,
            maxRegistrationsPerEpoch: 256
        });
    }

    /// @dev Gives `account` KOIN and lets the contracts take it.
    function fund(address account, uint256 amount) internal {
        vm.prank(TREASURY);
        require(token.transfer(account, amount), "fund");
        vm.startPrank(account);
        token.approve(address(subnets), type(uint256).max);
        token.approve(address(pools), type(uint256).max);
        token.approve(address(staking), type(uint256).max);
        vm.stopPrank();
    }

    function createSubnet(SubnetParams memory chosen) internal returns (uint32) {
        uint256 price = subnets.lockPrice();
        fund(FOUNDER, price);
        vm.prank(FOUNDER);
        return subnets.createSubnet(chosen, price);
    }

    function createSubnet() internal returns (uint32) {
        return createSubnet(params());
    }

    /// @dev A new agent, owned and operated by `hotkey`, in a seat.
    function join(uint32 netuid, address hotkey) internal returns (uint16 uid) {
        uint256 price = subnets.terms().burnPriceOf(netuid);
        fund(hotkey, price);
        vm.startPrank(hotkey);
        uint256 agentId = identity.register("https://example.org/agent.json");
        uid = subnets.register(netuid, agentId, "https://node.example:8402", price);
        vm.stopPrank();
    }

    /// @dev Alpha from nowhere, minted in the name of the emission contract.
    function mintAlpha(uint32 netuid, address account, uint256 amount) internal {
        vm.prank(address(emission));
        pools.mint(netuid, account, amount);
    }

    function stakeOn(uint32 netuid, address hotkey, address staker, uint256 amount) internal returns (uint256 shares) {
        mintAlpha(netuid, staker, amount);
        vm.prank(staker);
        return staking.stake(netuid, hotkey, amount);
    }

    function stakeRoot(address hotkey, address staker, uint256 amount) internal returns (uint256 shares) {
        fund(staker, amount);
        vm.prank(staker);
        return staking.stake(0, hotkey, amount);
    }

    /// @dev The hotkey wants a permit.
    function seek(uint32 netuid, address hotkey) internal {
        vm.prank(hotkey);
        permits.seekPermit(netuid, true);
    }

    /// @dev `count` registered validators with `each` staked, who seek permits; keys ordered by ascending address.
    function addValidators(uint32 netuid, uint256 count, uint256 each) internal returns (uint256[] memory keys) {
        keys = sortedKeys(count);
        for (uint256 i = 0; i < count; ++i) {
            addValidator(netuid, vm.addr(keys[i]), each);
        }
    }

    /// @dev Registered, staked by itself, seeking a permit.
    function addValidator(uint32 netuid, address hotkey, uint256 amount) internal {
        join(netuid, hotkey);
        stakeOn(netuid, hotkey, hotkey, amount);
        seek(netuid, hotkey);
    }

    function sortedKeys(uint256 count) internal pure returns (uint256[] memory keys) {
        keys = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = 0xA11CE + i;
            uint256 slot = i;
            for (; slot > 0 && vm.addr(keys[slot - 1]) > vm.addr(key); --slot) {
                keys[slot] = keys[slot - 1];
            }
            keys[slot] = key;
        }
    }

    function toWorkCommit(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).endsAt);
    }

    function toWeightCommit(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).workCommitEndsAt);
    }

    function toReveal(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).weightCommitEndsAt);
    }

    /// @dev What accrued in the epoch is final then.
    function toRoot(uint32 netuid, uint64 epoch) internal {
        vm.warp(subnets.epochWindow(netuid, epoch).revealEndsAt);
        advance();
    }

    /// @dev Takes all whole periods that have passed, if any.
    function advance() internal {
        if (emission.finalUntil() + PERIOD <= block.timestamp) emission.advance(type(uint256).max);
    }

    /// @dev What is posted with seats and amounts: the true validators, who are those of `keys` with a permit.
    function postingFor(
        uint32 netuid,
        uint64 epoch,
        uint256[] memory keys,
        bytes32[] memory seats,
        bytes32[] memory amounts
    ) internal view returns (Posting memory posting) {
        uint256 startsAt = subnets.epochWindow(netuid, epoch).startsAt;
        (posting.seats, posting.amounts) = (seats, amounts);
        posting.validators = new bytes32[](keys.length);
        uint256 count;
        for (uint256 i = 0; i < keys.length; ++i) {
            address hotkey = vm.addr(keys[i]);
            uint256 stake = permits.permittedStakeAt(netuid, hotkey, startsAt);
            if (stake == 0) continue;
            uint256 age = weights.rowAgeOf(netuid, epoch, hotkey);
            posting.validators[count++] = bytes32(uint256(uint160(hotkey)) << 96 | age << 88 | stake);
        }
        bytes32[] memory validators = posting.validators;
        assembly ("memory-safe") {
            mstore(validators, count)
        }
    }

    /// @dev What a result submitted now builds on: the newest active one.
    function activeHash(uint32 netuid) internal view returns (bytes32) {
        (bool exists, uint64 newest) = epochs.lastRootEpoch(netuid);
        if (!exists) return 0;
        if (epochs.isActive(netuid, newest)) return epochs.rootOf(netuid, newest).resultHash;
        uint64 previousPlusOne = epochs.rootOf(netuid, newest).previousPlusOne;
        return previousPlusOne == 0 ? bytes32(0) : epochs.rootOf(netuid, previousPlusOne - 1).resultHash;
    }

    function resultFor(uint32 netuid, uint64 epoch, Posting memory posting, uint256 minersTotal, uint256 dividendsTotal)
        internal
        view
        returns (Result memory)
    {
        return Result(
            netuid,
            epoch,
            activeHash(netuid),
            SeatTree.root(posting.seats, posting.amounts),
            minersTotal,
            dividendsTotal,
            keccak256(abi.encodePacked(posting.validators)),
            keccak256(abi.encodePacked(posting.carry)),
            SPEC,
            keccak256("data")
        );
    }

    /// @dev Signatures of keys [from, to) over `digest`, in the order given.
    function signedBy(uint256[] memory keys, uint256 from, uint256 to, bytes32 digest)
        internal
        pure
        returns (bytes[] memory signatures)
    {
        signatures = new bytes[](to - from);
        for (uint256 i = from; i < to; ++i) {
            signatures[i - from] = signed(keys[i], digest);
        }
    }

    /// @dev Signed by the first `signers` of the posting's validators, whose keys these are.
    function submit(Result memory result, Posting memory posting, uint256[] memory keys, uint256 signers) internal {
        bytes[] memory signatures = signedBy(keys, 0, signers, epochs.resultDigest(result));
        epochs.submitRoot(result, posting, (1 << signers) - 1, signatures);
    }

    function claimOf(uint32 netuid, uint64 epoch, uint16 uid, Posting memory posting)
        internal
        pure
        returns (Claim memory)
    {
        bytes32[] memory proof = SeatTree.amountProof(posting.seats, posting.amounts, uid);
        return Claim(netuid, epoch, uid, posting.amounts[uid], proof);
    }
}
