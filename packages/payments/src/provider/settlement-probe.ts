/** What the ledger says of a move: whether it would go through now, and whether it went through. */
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi, signatureTransferAbi, testDollarAbi } from '@koinon/ledger/abis'
import { predeploys } from '@koinon/ledger/predeploys'
import {
  BaseError,
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  type Log,
  maxUint256,
  multicall3Abi,
  parseAbiItem,
  RpcRequestError,
  type TransactionReceipt,
} from 'viem'
import { reachable } from '../core/escrow.ts'
import { nonceBit, permit2Address, upToProxyAddress } from '../rules/up-to.ts'
import type { AuthorizedMove, LedgerCall } from './authorized-move.ts'

export const multicall3: Address = '0xca11bde05977b3631167028862be2a173976ca11'
const multicall3Code = predeploys.find(({ address }) => toAddress(address) === multicall3)?.runtimeBytecode as Hex
const authorizationUsed = parseAbiItem('event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)')
const transferred = parseAbiItem('event Transfer(address indexed from, address indexed to, uint256 value)')
/** What is not accepted within this would not be sent either. */
const dryRunGas = 1_000_000n
/** The widest span that common servers answer. */
const searchedBlocks = 9_000n

/** A dry run in the block to come. */
export type DryRun = {
  readonly isNonceUsed: boolean
  readonly payerBalanceAtomic: bigint
  /** What Permit2 may move of it; of other moves 2^256 - 1. */
  readonly allowanceAtomic: bigint
  readonly isAccepted: boolean
  /** What the payee's balance grew by; a token that takes a fee shows here. */
  readonly gainedAtomic: bigint
}

/** Where a move is on the ledger. */
export type Trace = { readonly transaction: Hex; readonly blockNumber: bigint; readonly blockHash: Hex }

export class SettlementProbe {
  readonly #reader: LedgerReader
  #hasMulticall: boolean | undefined

  constructor(reader: LedgerReader) {
    this.#reader = reader
  }

  /** Whether several calls can go in one transaction, through a contract that holds nothing. Throws `payments/ledger-unreachable`. */
  async hasMulticall(): Promise<boolean> {
    if (this.#hasMulticall === true) return true
    const code = await reachable(this.#reader.getCode({ address: multicall3 }))
    this.#hasMulticall = code !== undefined && code !== '0x'
    return this.#hasMulticall
  }

  /** One read; the call runs as the ledger would run it, with balances before and after. Throws `payments/ledger-unreachable`. */
  async dryRun(move: AuthorizedMove): Promise<DryRun> {
    const isThere = await this.hasMulticall()
    // As the only account that may send it, which for this one read is given the code.
    const place = move.sentBy ?? multicall3
    const isCodeGiven = !isThere || move.sentBy !== undefined
    const answer = await reachable(
      this.#reader
        .call({
          to: place,
          data: aggregate(dryRunCalls(move).map((call) => ({ ...call, mayFail: true }))),
          gas: dryRunGas,
          ...(isCodeGiven ? { stateOverride: [{ address: place, code: multicall3Code }] } : {}),
        })
        .catch((error: unknown) => {
          if (isOutOfGas(error)) return undefined
          throw error
        }),
    )
    return answer === undefined ? outOfGas(move) : readDryRun(move, answer.data as Hex)
  }

  /** True where the account has code, which a signature check may run into. */
  async isContract(account: Address): Promise<boolean> {
    const code = await reachable(this.#reader.getCode({ address: account }))
    return code !== undefined && code !== '0x'
  }

  async isNonceUsed(move: AuthorizedMove, blockNumber?: bigint): Promise<boolean> {
    const at = blockNumber === undefined ? {} : { blockNumber }
    const { data = '0x' } = await reachable(this.#reader.call({ ...nonceCall(move), ...at }))
    return isUsedIn(move, data.length === 66 ? BigInt(data) : 0n)
  }

  /** The transaction's receipt, or undefined where the ledger has none. */
  async receipt(transaction: Hex): Promise<TransactionReceipt | undefined> {
    return reachable(
      this.#reader.getTransactionReceipt({ hash: transaction }).catch((error: Error) => {
        if (error.name === 'TransactionReceiptNotFoundError') return undefined
        throw error
      }),
    )
  }

  /**
   * Whether the server holds the transaction and can mine it. One that waits behind a nonce which nobody uses any more (its transaction
   * was lost with a replaced block, or dropped) would wait for ever.
   */
  async isPending(transaction: Hex): Promise<boolean> {
    const reader = this.#reader
    const held = await reachable(
      reader.getTransaction({ hash: transaction }).catch((error: Error) => {
        if (error.name === 'TransactionNotFoundError') return undefined
        throw error
      }),
    )
    if (held === undefined || held.blockNumber !== null) return held !== undefined
    const { from, nonce } = held
    return nonce <= (await reachable(reader.getTransactionCount({ address: from, blockTag: 'pending' })))
  }

  /** The newest block that is `depth` below the head. */
  async block(depth: number): Promise<{ readonly number: bigint; readonly timestampSeconds: bigint }> {
    const head = await reachable(this.#reader.getBlock({ blockTag: 'latest' }))
    if (depth === 0) return { number: head.number, timestampSeconds: head.timestamp }
    const number = head.number > BigInt(depth) ? head.number - BigInt(depth) : 0n
    const block = await reachable(this.#reader.getBlock({ blockNumber: number }))
    return { number, timestampSeconds: block.timestamp }
  }

  /** The transaction that used the nonce for exactly this move, whoever sent it; undefined where it was used for something else. */
  async find(move: AuthorizedMove): Promise<Trace | undefined> {
    const head = await reachable(this.#reader.getBlockNumber({ cacheTime: 0 }))
    const span = {
      address: move.token,
      fromBlock: head > searchedBlocks ? head - searchedBlocks : 0n,
      toBlock: head,
    }
    const { from, to, nonce, sentBy } = move
    const logs: readonly Pick<Log, 'transactionHash'>[] =
      sentBy === undefined
        ? await reachable(
            this.#reader.getLogs({ ...span, event: authorizationUsed, args: { authorizer: from, nonce } }),
          )
        : await reachable(this.#reader.getLogs({ ...span, event: transferred, args: { from, to } }))
    for (const { transactionHash } of logs) {
      const receipt = transactionHash === null ? undefined : await this.receipt(transactionHash)
      if (receipt === undefined || !movedIn(receipt, move)) continue
      if (sentBy === undefined || (await this.#isCall(receipt.transactionHash, move))) return traceOf(receipt)
    }
  }

  /** Transfers of `upTo` name no nonce: what was asked for in the transaction does. */
  async #isCall(hash: Hex, { call }: AuthorizedMove): Promise<boolean> {
    return (await reachable(this.#reader.getTransaction({ hash }))).input === call.data
  }
}

/** What is read before the move, the move, and the balance before and after it. */
function dryRunCalls(move: AuthorizedMove): readonly LedgerCall[] {
  const { token, from, gains, prepare, call } = move
  const gained: LedgerCall = {
    to: token,
    data: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [gains] }),
  }
  return [
    nonceCall(move),
    { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [from] }) },
    { to: token, data: encodeFunctionData({ abi: erc20Abi, functionName: 'allowance', args: [from, permit2Address] }) },
    ...(prepare === undefined ? [] : [prepare]),
    gained,
    call,
    gained,
  ]
}

function readDryRun(move: AuthorizedMove, data: Hex): DryRun {
  const results = decodeFunctionResult({ abi: multicall3Abi, functionName: 'aggregate3', data })
  const [before, call, after] = results.slice(-3)
  const word = (result: { success: boolean; returnData: Hex } | undefined): bigint =>
    result?.success === true && result.returnData.length === 66 ? BigInt(result.returnData) : 0n
  return {
    isNonceUsed: isUsedIn(move, word(results[0])),
    payerBalanceAtomic: word(results[1]),
    allowanceAtomic: move.sentBy === undefined ? maxUint256 : word(results[2]),
    isAccepted: call?.success === true,
    gainedAtomic: word(after) - word(before),
  }
}

/** Nothing is known but that the move does not work. */
function outOfGas({ valueAtomic }: AuthorizedMove): DryRun {
  return {
    isNonceUsed: false,
    payerBalanceAtomic: valueAtomic,
    allowanceAtomic: maxUint256,
    isAccepted: false,
    gainedAtomic: 0n,
  }
}

export function traceOf(receipt: TransactionReceipt): Trace {
  return { transaction: receipt.transactionHash, blockNumber: receipt.blockNumber, blockHash: receipt.blockHash }
}

/**
 * Whether a transaction used the move's nonce and moved its value. One of `upTo` carries nothing else and only its facilitator can send it,
 * so that sender, contract and transfer tell; which of several it is, its input. Of others the token's next log must be the transfer: otherwise a payer could
 * use the nonce for a payment to itself beside another payment to the payee, and have one payment count for two.
 */
export function movedIn(
  receipt: Pick<TransactionReceipt, 'status' | 'logs' | 'from' | 'to'>,
  move: AuthorizedMove,
): boolean {
  if (receipt.status !== 'success') return false
  const logs = receipt.logs.filter((log) => toAddress(log.address) === move.token)
  const isTransfer = (transfer: Readonly<Record<string, unknown>> | undefined) =>
    transfer !== undefined &&
    toAddress(transfer['from'] as string) === move.from &&
    toAddress(transfer['to'] as string) === move.to &&
    transfer['value'] === move.valueAtomic
  if (move.sentBy !== undefined) {
    const isOurs =
      receipt.to !== null && toAddress(receipt.to) === upToProxyAddress && toAddress(receipt.from) === move.sentBy
    return isOurs && logs.some((log) => isTransfer(eventOf(log, 'Transfer')))
  }
  return logs.some((log, index) => {
    const used = eventOf(log, 'AuthorizationUsed')
    if (used === undefined || toAddress(used['authorizer'] as string) !== move.from || used['nonce'] !== move.nonce)
      return false
    return logs[index + 1] !== undefined && isTransfer(eventOf(logs[index + 1] as Log, 'Transfer'))
  })
}

/** The word that says whether the move's nonce was used. */
function nonceCall({ token, from, nonce, sentBy }: AuthorizedMove): LedgerCall {
  if (sentBy === undefined) {
    const data = encodeFunctionData({ abi: dollarAbi, functionName: 'authorizationState', args: [from, nonce] })
    return { to: token, data }
  }
  const args = [from, nonceBit(nonce).word] as const
  return {
    to: permit2Address,
    data: encodeFunctionData({ abi: signatureTransferAbi, functionName: 'nonceBitmap', args }),
  }
}

function isUsedIn({ nonce, sentBy }: AuthorizedMove, word: bigint): boolean {
  return sentBy === undefined ? word !== 0n : ((word >> nonceBit(nonce).bit) & 1n) === 1n
}

/** Call data for several calls in one, each of which may fail alone where it says so. */
export function aggregate(calls: readonly (LedgerCall & { readonly mayFail: boolean })[]): Hex {
  return encodeFunctionData({
    abi: multicall3Abi,
    functionName: 'aggregate3',
    args: [calls.map(({ to, data, mayFail }) => ({ target: to, allowFailure: mayFail, callData: data }))],
  })
}

/** The ledger ran it, and code that the payer names took all the gas. */
function isOutOfGas(error: unknown): boolean {
  const answered = error instanceof BaseError && error.walk((cause) => cause instanceof RpcRequestError) !== null
  return answered && /out of gas/i.test(error.message)
}

function eventOf(log: Log, eventName: 'AuthorizationUsed' | 'Transfer'): Readonly<Record<string, unknown>> | undefined {
  try {
    const event = decodeEventLog({ abi: testDollarAbi, data: log.data, topics: log.topics })
    return event.eventName === eventName ? event.args : undefined
  } catch {
    return undefined
  }
}
