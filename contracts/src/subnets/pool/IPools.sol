// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC6909} from "@openzeppelin/contracts/interfaces/IERC6909.sol";
import {KoinonToken} from "../../token/KoinonToken.sol";
import {ISubnets} from "../ISubnets.sol";
import {IAlphaStaking} from "./IAlphaStaking.sol";

/// @title The token's minter, as pools, stake and the registry see it
interface ICoinbase {
    /// @notice The epoch contract: the only one that slashes, and whose scores decide about seats.
    function epochs() external view returns (address);
}

/// @dev Why alpha left the supply.
enum BurnReason {
    Fee,
    Holder,
    Slash,
    Redemption
}

/// @dev All that is stored of one subnet's market.
struct PoolState {
    /// Reserves; of a dissolved market nothing and the pot.
    uint96 alpha;
    uint96 koin;
    /// Weight of KOIN in parts of 1e18; alpha has the rest. Zero when dissolved.
    uint64 weightKoin;
    /// Injected amounts that wait for a counterpart, outside of the price.
    uint96 idleAlpha;
    uint96 idleKoin;
    /// Price average in parts of 1e18 at `averagedAt`; {IPools-averageOf} moves it on to now.
    uint128 average;
    uint48 averagedAt;
    /// Zero while there is no pool.
    uint48 openedAt;
    /// Alpha ever minted and ever burned.
    uint96 minted;
    uint96 burned;
}

/// @title Subnet tokens ("alpha") and their pools against KOIN
/// @notice Alpha is an ERC-6909 token, its id the number of the subnet: balances, transfers and approvals are that standard's.
///         Amounts are base units (1e-18), prices are KOIN for one alpha in parts of 1e18, times are Unix seconds.
/// @dev Rules and rounding: specs/0014-pools.md. Every trade names its least output; there is no call without.
interface IPools is IERC6909 {
    /// @notice A pool began; the alpha was minted into it.
    event PoolOpened(uint32 indexed netuid, uint256 alpha, uint256 koin, uint256 weightKoin);
    /// @notice `koinIn`, `fee` of it burned, became `alphaOut`; the last two are the reserves after.
    event Bought(
        uint32 indexed netuid,
        address indexed account,
        uint256 koinIn,
        uint256 fee,
        uint256 alphaOut,
        uint256 alphaReserve,
        uint256 koinReserve
    );
    /// @notice `alphaIn`, `fee` of it burned, became `koinOut`; the last two are the reserves after.
    event Sold(
        uint32 indexed netuid,
        address indexed account,
        uint256 alphaIn,
        uint256 fee,
        uint256 koinOut,
        uint256 alphaReserve,
        uint256 koinReserve
    );
    /// @notice The protocol added `alpha` (minted) and `koin`; the rest is the state after. When nothing fitted, only
    ///         the idle amounts rose.
    event Injected(
        uint32 indexed netuid,
        uint256 alpha,
        uint256 koin,
        uint256 alphaReserve,
        uint256 koinReserve,
        uint256 weightKoin,
        uint256 idleAlpha,
        uint256 idleKoin
    );
    /// @notice The pool ended: its alpha was burned, its KOIN is for the holders of the rest.
    event PoolDissolved(uint32 indexed netuid, uint256 pot, uint256 alphaBurned, uint256 outstanding);
    /// @notice `alpha` was burned for its part of the pot; then what is left of both.
    event Redeemed(
        uint32 indexed netuid, address indexed account, uint256 alpha, uint256 koin, uint256 pot, uint256 outstanding
    );
    /// @notice The price average after {moveAverage} or a change of the pool.
    event AverageMoved(uint32 indexed netuid, uint256 average);
    /// @notice Alpha came into the supply as somebody's balance.
    event AlphaMinted(uint32 indexed netuid, address indexed to, uint256 amount);
    /// @notice Alpha left the supply for ever.
    event AlphaBurned(uint32 indexed netuid, address indexed from, uint256 amount, BurnReason reason);
    /// @notice KOIN fees of all trades since the last time left the supply.
    event FeesBurned(uint256 koin);

    error NotPermitted(address caller);
    error AlreadyBound(address bound);
    error PoolNotOpen(uint32 netuid);
    error PoolAlreadyOpen(uint32 netuid);
    error PoolIsDissolved(uint32 netuid);
    error PoolNotDissolved(uint32 netuid);
    error OpeningTooSmall(uint256 alpha, uint256 koin);
    error ZeroAmount();
    error AmountTooLarge(uint256 amount);
    error SameSubnet(uint32 netuid);
    /// @notice A trade must name a least output, or a limit price, above zero.
    error Unprotected();
    error OutputTooSmall(uint256 output, uint256 minimum);
    /// @notice The price is already at or past the limit.
    error LimitReached(uint256 price, uint256 limit);
    error AlphaCapExceeded(uint32 netuid, uint256 wouldBeMinted, uint256 cap);

    /// @notice Makes the caller the staking contract, once; called by its constructor.
    function bindStaking() external;

    /// @notice Makes the caller the subnet registry, once; called by its constructor.
    function bindSubnets() external;

    /// @notice KOIN.
    function token() external view returns (KoinonToken);

    /// @notice Holds staked alpha; zero until it is deployed.
    function staking() external view returns (IAlphaStaking);

    /// @notice The subnet registry, which opens and dissolves pools; zero until it is deployed.
    function subnets() external view returns (ISubnets);

    /// @notice The contract that pays emission: the minter of KOIN, which is set once for ever; zero before.
    function coinbase() external view returns (address);

    /// @notice Opens the pool of a subnet at half weights: mints `alpha` into it, pulls `koin` from the caller, which
    ///         is the subnet registry.
    function open(uint32 netuid, uint256 alpha, uint256 koin) external;

    /// @notice Ends the market of a subnet for ever; the registry only, by its rules. Alpha of the pool is burned, its
    ///         KOIN becomes a pot for all other alpha; if there is none, it is burned with the fees.
    function dissolve(uint32 netuid) external;

    /// @notice Burns the caller's alpha of a dissolved market for amount * pot / outstanding KOIN. What rounding
    ///         leaves goes to those who come later, all of it to the last.
    function redeem(uint32 netuid, uint256 amount) external returns (uint256 koin);

    /// @notice Buys alpha for all of `koinIn`, pulled from the caller; at least `minAlphaOut` or nothing.
    function buy(uint32 netuid, uint256 koinIn, uint256 minAlphaOut) external returns (uint256 alphaOut);

    /// @notice Sells all of `alphaIn` for at least `minKoinOut`, or nothing.
    function sell(uint32 netuid, uint256 alphaIn, uint256 minKoinOut) external returns (uint256 koinOut);

    /// @notice Buys for at most `maxKoinIn` until the price is `limitPrice`.
    /// @return koinIn What was taken of the caller, fee included.
    function buyToPrice(uint32 netuid, uint256 maxKoinIn, uint256 limitPrice, uint256 minAlphaOut)
        external
        returns (uint256 koinIn, uint256 alphaOut);

    /// @notice Sells at most `maxAlphaIn` until the price is `limitPrice`.
    /// @return alphaIn What was taken of the caller, fee included.
    function sellToPrice(uint32 netuid, uint256 maxAlphaIn, uint256 limitPrice, uint256 minKoinOut)
        external
        returns (uint256 alphaIn, uint256 koinOut);

    /// @notice Sells alpha of one subnet and buys that of another; both pools take their fee.
    function swap(uint32 fromNetuid, uint32 toNetuid, uint256 alphaIn, uint256 minAlphaOut)
        external
        returns (uint256 alphaOut);

    /// @notice Moves alpha between an account and the staking contract or that of locks; they only, at the account's order.
    function transferFor(uint32 netuid, address from, address to, uint256 amount) external;

    /// @notice Burns the caller's alpha.
    function burn(uint32 netuid, uint256 amount) external;

    /// @notice Burns slashed alpha that the staking contract holds; that contract only.
    function burnSlashed(uint32 netuid, uint256 amount) external;

    /// @notice Mints emission to `to`, up to the subnet's cap; the coinbase only.
    function mint(uint32 netuid, address to, uint256 amount) external;

    /// @notice Mints `alpha` and pulls `koin` into the pool without moving its price; the coinbase only. Never refuses
    ///         for the pool's sake: what does not fit within the weights stays idle and joins the next injection.
    function inject(uint32 netuid, uint256 alpha, uint256 koin) external;

    /// @notice Writes the price average down, for whoever wants it recent in storage. Changes no result.
    function moveAverage(uint32 netuid) external;

    /// @notice Burns the KOIN fees collected so far.
    function burnFees() external returns (uint256 koin);

    /// @notice Everything stored of a subnet's market; `openedAt` is zero when it has none.
    function stateOf(uint32 netuid) external view returns (PoolState memory);

    /// @notice KOIN for one alpha now.
    function priceOf(uint32 netuid) external view returns (uint256);

    /// @notice Price average now.
    function averageOf(uint32 netuid) external view returns (uint256);

    /// @notice Alpha that exists: minted less burned. More than all balances by what the pool holds.
    function supplyOf(uint32 netuid) external view returns (uint256);

    /// @notice KOIN fees that wait for {burnFees}, and those burned so far.
    function fees() external view returns (uint256 waiting, uint256 burned);

    /// @notice What a buy of `koinIn` would bring now, and the price after it.
    function quoteBuy(uint32 netuid, uint256 koinIn)
        external
        view
        returns (uint256 alphaOut, uint256 fee, uint256 priceAfter);

    /// @notice What a sale of `alphaIn` would bring now, and the price after it.
    function quoteSell(uint32 netuid, uint256 alphaIn)
        external
        view
        returns (uint256 koinOut, uint256 fee, uint256 priceAfter);

    /// @notice What a swap would bring now.
    function quoteSwap(uint32 fromNetuid, uint32 toNetuid, uint256 alphaIn) external view returns (uint256 alphaOut);

    /// @notice Input, fee included, that would bring the price to `limitPrice`: of a buy in KOIN, of a sale in alpha.
    ///         At most one of the two is above zero.
    function quoteToPrice(uint32 netuid, uint256 limitPrice) external view returns (uint256 koinIn, uint256 alphaIn);
}
