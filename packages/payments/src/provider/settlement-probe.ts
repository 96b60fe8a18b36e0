/** What the ledger says of a move: whether it would go through now, and whether it went through. */
import { type Address, type Hex, toAddress } from '@koinon/base'
import type { LedgerReader } from '@koinon/ledger'
import { dollarAbi, testDollarAbi } from '@koinon/ledger/abis'
import { predeploys } from '@koinon/ledger/predeploys'
import {
  BaseError,
  decodeEventLog,
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  type Log,
  multicall3Abi,
  parseAbiItem,
  RpcRequestError,
  type TransactionReceipt,
} from 'viem'
import { reachable } from '../core/escrow.ts'
import type { AuthorizedMove, LedgerCall } from './authorized-move.ts'

export const multicall3: Address = '0xca11bde05977b3631167028862be2a173976ca11'
const multicall3Code = predeploys.find(({ address }) => toAddress(address) === multicall3)?.runtimeBytecode as Hex
const authorizationUsed = parseAbiItem('event AuthorizationUsed(address indexed authorizer, bytes32 indexed nonce)')
/** What is not accepted within this would not be sent either. */
const dryRunGas = 1_000_000n
/** The widest span that common servers answer. */
const searchedBlocks = 9_000n

/** A dry run in the block to come. */
export type DryRun = {
  readonly isNonceUsed: boolean
  readonly payerBalanceAtomic: bigint
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
    const gained: LedgerCall = {
      to: move.token,
      data: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [move.gains] }),
    }
    const calls: readonly LedgerCall[] = [
      {
        to: move.token,
        data: encodeFunctionData({
          abi: dollarAbi,
          functionName: 'authorizationState',
          args: [move.from, move.nonce],
        }),
      },
      {
        to: move.token,
        data: encodeFunctionData({ abi: erc20Abi, functionName: 'balanceOf', args: [move.from] }),
      },
      ...(move.prepare === undefined ? [] : [move.prepare]),
      gained,
      move.call,
      gained,
    ]
    const isThere = await this.hasMulticall()
    const answer = await reachable(
      this.#reader
        .call({
          to: multicall3,
          data: aggregate(calls.map((call) => ({ ...call, mayFail: true }))),
          gas: dryRunGas,
          ...(isThere ? {} : { stateOverride: [{ address: multicall3, code: multicall3Code }] }),
        })
        .catch((error: unknown) => {
          if (isOutOfGas(error)) return undefined
          throw error
        }),
    )
    if (answer === undefined)
      return { isNonceUsed: false, payerBalanceAtomic: move.valueAtomic, isAccepted: false, gainedAtomic: 0n }
    const results = decodeFunctionResult({
      abi: multicall3Abi,
      functionName: 'aggregate3',
      data: answer.data as Hex,
    })
    const [before, call, after] = results.slice(-3)
    const word = (result: { success: boolean; returnData: Hex } | undefined): bigint =>
      result?.success === true && result.returnData.length === 66 ? BigInt(result.returnData) : 0n
    return {
      isNonceUsed: word(results[0]) !== 0n,
      payerBalanceAtomic: word(results[1]),
      isAccepted: call?.success === true,
      gainedAtomic: word(after) - word(before),
    }
  }

  /** True where the account has code, which a signature check may run into. */
  async isContract(account: Address): Promise<boolean> {
    const code = await reachable(this.#reader.getCode({ address: account }))
    return code !== undefined && code !== '0x'
  }

  async isNonceUsed(move: AuthorizedMove, blockNumber?: bigint): Promise<boolean> {
    return reachable(
      this.#reader.readContract({
        address: move.token,
        abi: dollarAbi,
        functionName: 'authorizationState',
        args: [move.from, move.nonce],
        ...(blockNumber === undefined ? {} : { blockNumber }),
      }),
    )
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

  /** Whether the server still holds the transaction. */
  async isPending(transaction: Hex): Promise<boolean> {
    return reachable(
      this.#reader.getTransaction({ hash: transaction }).then(
        () => true,
        (error: Error) => {
          if (error.name === 'TransactionNotFoundError') return false
          throw error
        },
      ),
    )
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
    const logs = await reachable(
      this.#reader.getLogs({
        address: move.token,
        event: authorizationUsed,
        args: { authorizer: move.from, nonce: move.nonce },
        fromBlock: head > searchedBlocks ? head - searchedBlocks : 0n,
        toBlock: head,
      }),
    )
    for (const { transactionHash } of logs) {
      const receipt = transactionHash === null ? undefined : await this.receipt(transactionHash)
      if (receipt !== undefined && movedIn(receipt, move)) return traceOf(receipt)
    }
  }
}

export function traceOf(receipt: TransactionReceipt): Trace {
  return { transaction: receipt.transactionHash, blockNumber: receipt.blockNumber, blockHash: receipt.blockHash }
}

/**
 * Whether a transaction used the move's nonce and moved its value. The token's next log must be the transfer: otherwise a payer could
 * use the nonce for a payment to itself beside another payment to the payee, and have one payment count for two.
 */
export function movedIn(receipt: Pick<TransactionReceipt, 'status' | 'logs'>, move: AuthorizedMove): boolean {
  if (receipt.status !== 'success') return false
  const logs = receipt.logs.filter((log) => toAddress(log.address) === move.token)
  return logs.some((log, index) => {
    const used = eventOf(log, 'AuthorizationUsed')
    if (used === undefined || toAddress(used['authorizer'] as string) !== move.from || used['nonce'] !== move.nonce)
      return false
    const transfer = logs[index + 1] === undefined ? undefined : eventOf(logs[index + 1] as Log, 'Transfer')
    return (
      transfer !== undefined &&
      toAddress(transfer['from'] as string) === move.from &&
      toAddress(transfer['to'] as string) === move.to &&
      transfer['value'] === move.valueAtomic
    )
  })
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
