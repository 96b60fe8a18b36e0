// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ERC6909} from "@openzeppelin/contracts/token/ERC6909/ERC6909.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {KoinonToken} from "../../token/KoinonToken.sol";
import {ISubnets} from "../ISubnets.sol";
import {IAlphaStaking} from "./IAlphaStaking.sol";
import {BurnReason, IPools, PoolState} from "./IPools.sol";
import {Pool, WeightedPool} from "./WeightedPool.sol";

/// @title Subnet tokens and their pools
/// @dev Alpha of a subnet is the ERC-6909 token whose id is the subnet's number; what a pool holds is nobody's balance. Per
///      subnet: minted - burned = free balances + reserve + idle alpha; staked alpha is a free balance of the
///      staking contract. KOIN held = sum of reserves + idle KOIN + waiting fees. Nobody but the holder, and
///      whom it allows, moves alpha: the staking contract does so only for its caller. Payers approve this contract for KOIN.
contract Pools is ERC6909, IPools {
    using SafeERC20 for IERC20;
    using WeightedPool for Pool;

    /// @notice Alpha base units that may ever be minted of one subnet.
    uint256 public constant ALPHA_CAP = 21_000_000e18;
    /// @notice Fee of every trade in 1/10,000 of its input, rounded up.
    uint256 public constant FEE_BPS = 5;
    /// @notice Least of either reserve when a pool opens.
    uint256 public constant MIN_OPENING = 1e9;
    uint256 private constant BPS = 10_000;

    /// @inheritdoc IPools
    KoinonToken public immutable token;
    /// @inheritdoc IPools
    ISubnets public subnets;
    /// @inheritdoc IPools
    IAlphaStaking public staking;

    uint128 private _waitingFees;
    uint128 private _burnedFees;
    mapping(uint32 netuid => PoolState) private _pools;

    /// @dev Staking contract and registry bind themselves in their own constructors, for ever; pools bound to others are of no use to
    ///      this network.
    constructor(KoinonToken token_) {
        token = token_;
    }

    /// @inheritdoc IPools
    function bindStaking() external {
        if (address(staking) != address(0)) revert AlreadyBound(address(staking));
        staking = IAlphaStaking(msg.sender);
    }

    /// @inheritdoc IPools
    function bindSubnets() external {
        if (address(subnets) != address(0)) revert AlreadyBound(address(subnets));
        subnets = ISubnets(msg.sender);
    }

    /// @inheritdoc IPools
    function coinbase() public view returns (address) {
        return token.minter();
    }

    /// @inheritdoc IPools
    function open(uint32 netuid, uint256 alpha, uint256 koin) external {
        _onlyFrom(address(subnets));
        PoolState storage state = _pools[netuid];
        if (state.openedAt != 0) revert PoolAlreadyOpen(netuid);
        if (alpha < MIN_OPENING || koin < MIN_OPENING) revert OpeningTooSmall(alpha, koin);
        if (koin > WeightedPool.MAX_AMOUNT) revert AmountTooLarge(koin);
        state.openedAt = uint48(block.timestamp);
        state.averagedAt = uint48(block.timestamp);
        state.weightKoin = uint64(WeightedPool.WAD / 2);
        _countMinted(netuid, state, alpha);
        state.alpha = uint96(alpha);
        state.koin = uint96(koin);
        emit PoolOpened(netuid, alpha, koin, WeightedPool.WAD / 2);
        _pull(msg.sender, koin);
    }

    /// @inheritdoc IPools
    function dissolve(uint32 netuid) external {
        _onlyFrom(address(subnets));
        PoolState storage state = _opened(netuid);
        uint96 ended = state.alpha + state.idleAlpha;
        state.burned += ended;
        state.koin += state.idleKoin;
        (state.alpha, state.idleAlpha, state.idleKoin, state.weightKoin) = (0, 0, 0, 0);
        uint256 outstanding = state.minted - state.burned;
        emit PoolDissolved(netuid, state.koin, ended, outstanding);
        if (outstanding == 0) (_waitingFees, state.koin) = (_waitingFees + state.koin, 0);
    }

    /// @inheritdoc IPools
    function redeem(uint32 netuid, uint256 amount) external returns (uint256 koin) {
        PoolState storage state = _pools[netuid];
        if (state.openedAt == 0 || state.weightKoin != 0) revert PoolNotDissolved(netuid);
        if (amount == 0) revert ZeroAmount();
        koin = state.koin * amount / (state.minted - state.burned);
        state.koin -= uint96(koin);
        _burnFor(BurnReason.Redemption, netuid, amount);
        emit Redeemed(netuid, msg.sender, amount, koin, state.koin, state.minted - state.burned);
        IERC20(address(token)).safeTransfer(msg.sender, koin);
    }

    /// @inheritdoc IPools
    function buy(uint32 netuid, uint256 koinIn, uint256 minAlphaOut) external returns (uint256 alphaOut) {
        alphaOut = _buy(netuid, msg.sender, koinIn, minAlphaOut);
        _pull(msg.sender, koinIn);
    }

    /// @inheritdoc IPools
    function sell(uint32 netuid, uint256 alphaIn, uint256 minKoinOut) external returns (uint256 koinOut) {
        koinOut = _sell(netuid, msg.sender, alphaIn, minKoinOut);
        IERC20(address(token)).safeTransfer(msg.sender, koinOut);
    }

    /// @inheritdoc IPools
    function buyToPrice(uint32 netuid, uint256 maxKoinIn, uint256 limitPrice, uint256 minAlphaOut)
        external
        returns (uint256 koinIn, uint256 alphaOut)
    {
        if (limitPrice == 0) revert Unprotected();
        Pool memory pool = _poolOf(_opened(netuid));
        koinIn = Math.min(maxKoinIn, _grossOf(pool.koinToPrice(limitPrice)));
        if (koinIn == 0) revert LimitReached(pool.price(), limitPrice);
        alphaOut = _buy(netuid, msg.sender, koinIn, minAlphaOut);
        _pull(msg.sender, koinIn);
    }

    /// @inheritdoc IPools
    function sellToPrice(uint32 netuid, uint256 maxAlphaIn, uint256 limitPrice, uint256 minKoinOut)
        external
        returns (uint256 alphaIn, uint256 koinOut)
    {
        if (limitPrice == 0) revert Unprotected();
        Pool memory pool = _poolOf(_opened(netuid));
        alphaIn = Math.min(maxAlphaIn, _grossOf(pool.alphaToPrice(limitPrice)));
        if (alphaIn == 0) revert LimitReached(pool.price(), limitPrice);
        koinOut = _sell(netuid, msg.sender, alphaIn, minKoinOut);
        IERC20(address(token)).safeTransfer(msg.sender, koinOut);
    }

    /// @inheritdoc IPools
    function swap(uint32 fromNetuid, uint32 toNetuid, uint256 alphaIn, uint256 minAlphaOut)
        external
        returns (uint256)
    {
        if (fromNetuid == toNetuid) revert SameSubnet(toNetuid);
        // The KOIN never leaves; the least output of the whole protects its half way too.
        return _buy(toNetuid, msg.sender, _sell(fromNetuid, msg.sender, alphaIn, 1), minAlphaOut);
    }

    /// @inheritdoc IPools
    function transferFor(uint32 netuid, address from, address to, uint256 amount) external {
        if (msg.sender != address(staking)) _onlyFrom(address(subnets.conviction()));
        _transfer(from, to, netuid, amount);
    }

    /// @inheritdoc IPools
    function burn(uint32 netuid, uint256 amount) external {
        _burnFor(BurnReason.Holder, netuid, amount);
    }

    /// @inheritdoc IPools
    function burnSlashed(uint32 netuid, uint256 amount) external {
        _onlyFrom(address(staking));
        _burnFor(BurnReason.Slash, netuid, amount);
    }

    /// @inheritdoc IPools
    function mint(uint32 netuid, address to, uint256 amount) external {
        _onlyFrom(coinbase());
        _countMinted(netuid, _opened(netuid), amount);
        _mint(to, netuid, amount);
        emit AlphaMinted(netuid, to, amount);
    }

    /// @inheritdoc IPools
    function inject(uint32 netuid, uint256 alpha, uint256 koin) external {
        _onlyFrom(coinbase());
        PoolState storage state = _opened(netuid);
        _moveAverage(netuid, state);
        _countMinted(netuid, state, alpha);
        uint256 idleAlpha = state.idleAlpha + alpha;
        uint256 idleKoin = state.idleKoin + koin;
        if (idleKoin > WeightedPool.MAX_AMOUNT) revert AmountTooLarge(koin);
        (Pool memory pool, bool fits) = _poolOf(state).injected(idleAlpha, idleKoin);
        if (fits) {
            (idleAlpha, idleKoin) = (0, 0);
            (state.alpha, state.koin, state.weightKoin) = (pool.alpha, pool.koin, pool.weightKoin);
        }
        state.idleAlpha = uint96(idleAlpha);
        state.idleKoin = uint96(idleKoin);
        emit Injected(netuid, alpha, koin, pool.alpha, pool.koin, pool.weightKoin, idleAlpha, idleKoin);
        if (koin > 0) _pull(msg.sender, koin);
    }

    /// @inheritdoc IPools
    function moveAverage(uint32 netuid) external {
        _moveAverage(netuid, _opened(netuid));
    }

    /// @inheritdoc IPools
    function burnFees() external returns (uint256 koin) {
        koin = _waitingFees;
        _waitingFees = 0;
        _burnedFees += uint128(koin);
        emit FeesBurned(koin);
        token.burn(koin);
    }

    /// @inheritdoc IPools
    function stateOf(uint32 netuid) external view returns (PoolState memory) {
        return _pools[netuid];
    }

    /// @inheritdoc IPools
    function priceOf(uint32 netuid) external view returns (uint256) {
        return _poolOf(_opened(netuid)).price();
    }

    /// @inheritdoc IPools
    function averageOf(uint32 netuid) external view returns (uint256) {
        return _averageNow(_opened(netuid));
    }

    /// @inheritdoc IPools
    function supplyOf(uint32 netuid) external view returns (uint256) {
        return _pools[netuid].minted - _pools[netuid].burned;
    }

    /// @inheritdoc IPools
    function fees() external view returns (uint256 waiting, uint256 burned) {
        return (_waitingFees, _burnedFees);
    }

    /// @inheritdoc IPools
    function quoteBuy(uint32 netuid, uint256 koinIn)
        external
        view
        returns (uint256 alphaOut, uint256 fee, uint256 priceAfter)
    {
        Pool memory pool = _poolOf(_opened(netuid));
        (alphaOut, fee) = _bought(pool, koinIn);
        return (alphaOut, fee, pool.price());
    }

    /// @inheritdoc IPools
    function quoteSell(uint32 netuid, uint256 alphaIn)
        external
        view
        returns (uint256 koinOut, uint256 fee, uint256 priceAfter)
    {
        Pool memory pool = _poolOf(_opened(netuid));
        (koinOut, fee) = _sold(pool, alphaIn);
        return (koinOut, fee, pool.price());
    }

    /// @inheritdoc IPools
    function quoteSwap(uint32 fromNetuid, uint32 toNetuid, uint256 alphaIn) external view returns (uint256 alphaOut) {
        if (fromNetuid == toNetuid) revert SameSubnet(toNetuid);
        (uint256 koin,) = _sold(_poolOf(_opened(fromNetuid)), alphaIn);
        (alphaOut,) = _bought(_poolOf(_opened(toNetuid)), koin);
    }

    /// @inheritdoc IPools
    function quoteToPrice(uint32 netuid, uint256 limitPrice) external view returns (uint256 koinIn, uint256 alphaIn) {
        if (limitPrice == 0) revert Unprotected();
        Pool memory pool = _poolOf(_opened(netuid));
        return (_grossOf(pool.koinToPrice(limitPrice)), _grossOf(pool.alphaToPrice(limitPrice)));
    }

    /// @dev Everything of a buy but the payment.
    function _buy(uint32 netuid, address account, uint256 koinIn, uint256 minAlphaOut)
        private
        returns (uint256 alphaOut)
    {
        PoolState storage state = _opened(netuid);
        _moveAverage(netuid, state);
        Pool memory pool = _poolOf(state);
        uint256 fee;
        (alphaOut, fee) = _bought(pool, koinIn);
        _requireEnough(alphaOut, minAlphaOut);
        (state.alpha, state.koin) = (pool.alpha, pool.koin);
        _waitingFees += uint128(fee);
        _mint(account, netuid, alphaOut);
        emit Bought(netuid, account, koinIn, fee, alphaOut, pool.alpha, pool.koin);
    }

    /// @dev Everything of a sale but the payment.
    function _sell(uint32 netuid, address account, uint256 alphaIn, uint256 minKoinOut)
        private
        returns (uint256 koinOut)
    {
        PoolState storage state = _opened(netuid);
        _moveAverage(netuid, state);
        _burn(account, netuid, alphaIn);
        Pool memory pool = _poolOf(state);
        uint256 fee;
        (koinOut, fee) = _sold(pool, alphaIn);
        _requireEnough(koinOut, minKoinOut);
        (state.alpha, state.koin) = (pool.alpha, pool.koin);
        state.burned += uint96(fee);
        emit Sold(netuid, account, alphaIn, fee, koinOut, pool.alpha, pool.koin);
        emit AlphaBurned(netuid, account, fee, BurnReason.Fee);
    }

    /// @dev `pool` becomes what it is after the trade.
    function _bought(Pool memory pool, uint256 koinIn) private pure returns (uint256 alphaOut, uint256 fee) {
        fee = _feeOf(koinIn);
        alphaOut = pool.alphaOut(koinIn - fee);
        pool.koin += uint96(koinIn - fee);
        pool.alpha -= uint96(alphaOut);
    }

    /// @dev `pool` becomes what it is after the trade.
    function _sold(Pool memory pool, uint256 alphaIn) private pure returns (uint256 koinOut, uint256 fee) {
        fee = _feeOf(alphaIn);
        koinOut = pool.koinOut(alphaIn - fee);
        pool.alpha += uint96(alphaIn - fee);
        pool.koin -= uint96(koinOut);
    }

    function _requireEnough(uint256 output, uint256 minimum) private pure {
        if (minimum == 0) revert Unprotected();
        if (output < minimum) revert OutputTooSmall(output, minimum);
    }

    function _feeOf(uint256 input) private pure returns (uint256) {
        if (input == 0) revert ZeroAmount();
        if (input > type(uint128).max) revert AmountTooLarge(input);
        return Math.ceilDiv(input * FEE_BPS, BPS);
    }

    /// @dev Largest input whose part after the fee is at most `net`.
    function _grossOf(uint256 net) private pure returns (uint256) {
        return net * BPS / (BPS - FEE_BPS);
    }

    function _moveAverage(uint32 netuid, PoolState storage state) private {
        if (state.averagedAt == block.timestamp) return;
        uint256 average = _averageNow(state);
        state.average = uint128(average);
        state.averagedAt = uint48(block.timestamp);
        emit AverageMoved(netuid, average);
    }

    function _averageNow(PoolState storage state) private view returns (uint256) {
        uint256 openedAt = state.openedAt;
        return WeightedPool.movedAverage(
            state.average, _poolOf(state).price(), state.averagedAt - openedAt, block.timestamp - openedAt
        );
    }

    function _burnFor(BurnReason reason, uint32 netuid, uint256 amount) private {
        _burn(msg.sender, netuid, amount);
        _pools[netuid].burned += uint96(amount);
        emit AlphaBurned(netuid, msg.sender, amount, reason);
    }

    function _countMinted(uint32 netuid, PoolState storage state, uint256 amount) private {
        uint256 minted = state.minted + amount;
        if (minted > ALPHA_CAP) revert AlphaCapExceeded(netuid, minted, ALPHA_CAP);
        state.minted = uint96(minted);
    }

    function _pull(address from, uint256 koin) private {
        IERC20(address(token)).safeTransferFrom(from, address(this), koin);
    }

    function _onlyFrom(address caller) private view {
        if (msg.sender != caller) revert NotPermitted(msg.sender);
    }

    function _opened(uint32 netuid) private view returns (PoolState storage state) {
        state = _pools[netuid];
        if (state.openedAt == 0) revert PoolNotOpen(netuid);
        if (state.weightKoin == 0) revert PoolIsDissolved(netuid);
    }

    function _poolOf(PoolState storage state) private view returns (Pool memory) {
        return Pool(state.alpha, state.koin, state.weightKoin);
    }
}
