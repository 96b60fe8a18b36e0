/**
 * Sends transactions of one account, one nonce after the other. Everything that can fail without a nonce (simulation, gas) comes
 * before one is taken, so a refused call never leaves a gap behind which later transactions would wait.
 */
import { type Address, formatUnits, type Hex, isKoinonError, KoinonError, sleep } from '@koinon/base'
import {
  type Abi,
  BaseError,
  type ContractFunctionArgs,
  type ContractFunctionName,
  ContractFunctionRevertedError,
  encodeFunctionData,
  type FeeValuesEIP1559,
  type Hash,
  keccak256,
  TransactionNotFoundError,
  type TransactionReceipt,
} from 'viem'
import { confirmTransaction, type LedgerReader, type LedgerWriter } from './clients.ts'
import { contractErrors } from './contract-errors.ts'

type WriteMutability = 'nonpayable' | 'payable'

export type ContractCall<abi extends Abi, name extends ContractFunctionName<abi, WriteMutability>> = {
  readonly address: Address
  readonly abi: abi
  readonly functionName: name
  readonly args: ContractFunctionArgs<abi, WriteMutability, name>
  readonly value?: bigint
}

/** What a caller with its own books may ask of a sending. */
export type SendOptions = {
  /** Gas limit to send with; left out, it is estimated. */
  readonly gas?: bigint
  /** More than this is not sent: throws `ledger/too-dear`. */
  readonly maximumGas?: bigint
  /** Hears the transaction's hash before it leaves, which waits for the promise; what it throws, nothing was sent. */
  readonly beforeSubmit?: (hash: Hash) => Promise<void>
}

/** What this sender saw mined: so many nonces are used, the last of them in this block. */
type Mined = { readonly count: number; readonly blockNumber: bigint; readonly blockHash: Hash }

type Unsigned = { readonly to?: Address; readonly data?: Hex; readonly value?: bigint }

const nativeDecimals = 18
/** A server that does not know a block which held a transaction of ours lags behind, or its chain went back: after so long it went back. */
const shorterChainLooks = 10
const shorterChainIntervalMs = 500
const gasHeadroomPercent = 20n
/**
 * Stake and votes are checkpointed by second: a call that overwrites a checkpoint while it is estimated may have to append one (22,100
 * gas a slot) by the time it is mined. Six slots cover every call of ours. Gas that is not used is not paid.
 */
const freshSlotsGas = 6n * 22_100n

/** One per account and process; two of them on one account would take each other's nonces. */
export class TransactionSender {
  readonly #reader: LedgerReader
  readonly #writer: LedgerWriter
  #nextNonce: number | undefined
  #mined: Mined | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(reader: LedgerReader, writer: LedgerWriter) {
    this.#reader = reader
    this.#writer = writer
  }

  /** The sending account. */
  get address(): Address {
    return this.#writer.account.address.toLowerCase() as Address
  }

  /**
   * Calls a contract and waits until it is mined. Throws `ledger/refused` (the contract's reason, nothing was sent),
   * `ledger/unfunded`, `ledger/reverted`, or `ledger/unknown-outcome`.
   */
  async call<const abi extends Abi, name extends ContractFunctionName<abi, WriteMutability>>(
    call: ContractCall<abi, name>,
  ): Promise<TransactionReceipt> {
    const data = encodeFunctionData({ abi: call.abi, functionName: call.functionName, args: call.args } as never)
    const what = call.functionName as string
    return this.send(
      { to: call.address, data, ...(call.value === undefined ? {} : { value: call.value }) },
      what,
      call.abi,
    )
  }

  /** Gas that a call would take now. Throws as `call` does before anything is sent. */
  async estimate<const abi extends Abi, name extends ContractFunctionName<abi, WriteMutability>>(
    call: ContractCall<abi, name>,
  ): Promise<bigint> {
    const data = encodeFunctionData({ abi: call.abi, functionName: call.functionName, args: call.args } as never)
    const transaction = { to: call.address, data, ...(call.value === undefined ? {} : { value: call.value }) }
    try {
      return await this.#gasFor(transaction)
    } catch (cause) {
      throw await this.#explain(cause, transaction, call.functionName as string, call.abi)
    }
  }

  /** Sends a plain transaction (or, without `to`, deploys) and waits until it is mined. */
  async send(
    transaction: Unsigned,
    what: string,
    abi: Abi = [],
    options: SendOptions = {},
  ): Promise<TransactionReceipt> {
    const gas = options.gas ?? (await this.#estimate(transaction, what, abi))
    if (options.maximumGas !== undefined && gas > options.maximumGas) throw tooDear(what, gas, options.maximumGas)
    const { hash, nonce } = await this.#inTurn(() => this.#submit(transaction, gas, what, options.beforeSubmit))
    try {
      const receipt = await confirmTransaction(this.#reader, hash, what)
      if (nonce >= (this.#mined?.count ?? 0)) {
        const { blockNumber, blockHash } = receipt
        this.#mined = { count: nonce + 1, blockNumber, blockHash }
      }
      return receipt
    } catch (error) {
      // A transaction that went silent may be dropped: ask the ledger for the next nonce instead of waiting behind a gap.
      if (isKoinonError(error) && error.code === 'ledger/unknown-outcome') this.#nextNonce = undefined
      throw error
    }
  }

  async #estimate(transaction: Unsigned, what: string, abi: Abi): Promise<bigint> {
    try {
      const gas = await this.#gasFor(transaction)
      return gas + (gas * gasHeadroomPercent) / 100n + freshSlotsGas
    } catch (cause) {
      throw await this.#explain(cause, transaction, what, abi)
    }
  }

  /**
   * In the latest block; what it refuses is tried in the pending one, because a chain that mines on demand may last have done so hours
   * ago. Not prepared by viem: with a local account that would estimate by itself first, in the latest block whatever the tag.
   */
  async #gasFor(transaction: Unsigned): Promise<bigint> {
    const request = { account: this.#writer.account, prepare: false, ...transaction }
    try {
      return await this.#reader.estimateGas(request as never)
    } catch (cause) {
      if (isUnfunded(cause instanceof Error ? cause.message : String(cause))) throw cause
      return this.#reader.estimateGas({ ...request, blockTag: 'pending' } as never).catch(() => {
        throw cause
      })
    }
  }

  /** A call returns revert data where an estimate on some nodes only says "reverted". */
  async #explain(cause: unknown, transaction: Unsigned, what: string, abi: Abi): Promise<KoinonError> {
    const text = cause instanceof Error ? cause.message : String(cause)
    if (isUnfunded(text)) return this.#unfunded(what, cause)
    const reason = await this.#revertReason(transaction, abi)
    if (reason === undefined && !/revert/i.test(text)) {
      return unanswered(what, cause)
    }
    return new KoinonError({
      code: 'ledger/refused',
      message: `${what} was refused by the contract: ${reason ?? text.split('\n')[0]}`,
      hint: reason?.startsWith('ERC20InsufficientBalance(')
        ? 'Nothing was sent: the account holds too few of the tokens. On a test network: koinon wallet faucet.'
        : "Nothing was sent. The contract's reason says what stands against it.",
      details: { reason: reason ?? null },
      cause,
    })
  }

  async #revertReason(transaction: Unsigned, abi: Abi): Promise<string | undefined> {
    try {
      await this.#reader.call({ account: this.#writer.account, ...transaction } as never)
      return undefined
    } catch (error) {
      const data = revertData(error)
      if (data === undefined) return undefined
      const decoded = new ContractFunctionRevertedError({ abi: [...abi, ...contractErrors], data, functionName: '' })
      if (decoded.data !== undefined)
        return `${decoded.data.errorName}(${(decoded.data.args ?? []).map(String).join(', ')})`
      return decoded.reason ?? decoded.signature
    }
  }

  async #submit(
    transaction: Unsigned,
    gas: bigint,
    what: string,
    beforeSubmit?: (hash: Hash) => Promise<void>,
  ): Promise<{ readonly hash: Hash; readonly nonce: number }> {
    for (let attempt = 0; ; attempt++) {
      const account = this.#writer.account
      const [nonce, fees] = await this.#prepare(what)
      const serialized = await account.signTransaction({
        type: 'eip1559',
        chainId: this.#reader.chain.id,
        nonce,
        gas,
        maxFeePerGas: fees.maxFeePerGas,
        maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
        ...transaction,
      })
      const hash = keccak256(serialized)
      await beforeSubmit?.(hash)
      try {
        await this.#reader.sendRawTransaction({ serializedTransaction: serialized })
      } catch (cause) {
        const text = cause instanceof Error ? cause.message : String(cause)
        const stale = /nonce too low|nonce.*(low|high|expected)|NONCE/i.test(text)
        // A server that passed it on twice says so too: then the nonce was used by this very transaction, and another one would pay again.
        const known =
          /already known|already imported|known transaction/i.test(text) || (stale && (await this.#isTaken(hash, what)))
        // Another process may have used the account; look again, once.
        if (!known) this.#nextNonce = undefined
        if (!known && stale && attempt === 0) continue
        if (!known) {
          const neededWei = gas * fees.maxFeePerGas + (transaction.value ?? 0n)
          throw await this.#afterFailedSubmit(hash, cause, what, neededWei)
        }
      }
      if (this.#nextNonce !== undefined) this.#nextNonce = nonce + 1
      return { hash, nonce }
    }
  }

  /** Whether the ledger has the transaction, mined or waiting. Throws `ledger/unknown-outcome` where it does not say. */
  async #isTaken(hash: Hash, what: string): Promise<boolean> {
    try {
      await this.#reader.getTransaction({ hash })
      return true
    } catch (cause) {
      if (cause instanceof TransactionNotFoundError) return false
      this.#nextNonce = undefined
      throw unconfirmed(what, hash, cause)
    }
  }

  /** Reads what signing needs; nothing was sent when this fails. */
  async #prepare(what: string): Promise<[nonce: number, fees: FeeValuesEIP1559]> {
    try {
      const { address } = this.#writer.account
      const [fees, count] = await Promise.all([
        this.#reader.estimateFeesPerGas(),
        this.#reader.getTransactionCount({ address, blockTag: 'pending' }),
      ])
      if (this.#mined !== undefined && count < this.#mined.count && (await this.#isReplaced(this.#mined))) {
        this.#mined = undefined
        this.#nextNonce = undefined
      }
      this.#nextNonce = Math.max(this.#nextNonce ?? 0, count)
      return [this.#nextNonce, fees]
    } catch (cause) {
      throw unanswered(what, cause)
    }
  }

  /** Whether the chain went back behind what was mined: then the nonces from there on are free, and what comes after them waits for them. */
  async #isReplaced({ blockNumber, blockHash }: Mined): Promise<boolean> {
    for (let look = 0; look < shorterChainLooks; look++) {
      const block = await this.#reader.getBlock({ blockNumber }).catch((error: Error) => {
        if (error.name === 'BlockNotFoundError') return undefined
        throw error
      })
      if (block !== undefined) return block.hash !== blockHash
      await sleep(shorterChainIntervalMs)
    }
    return true
  }

  /** A lost answer to a submission is an unknown outcome unless the ledger clearly refused the transaction. */
  async #afterFailedSubmit(hash: Hash, cause: unknown, what: string, neededWei: bigint): Promise<Error> {
    if (isKoinonError(cause)) return cause
    const text = cause instanceof Error ? cause.message : String(cause)
    if (isUnfunded(text)) return this.#unfunded(what, cause, neededWei)
    const refused = /underpriced|intrinsic gas|gas limit|nonce|invalid/i.test(text)
    return new KoinonError({
      code: refused ? 'ledger/refused' : 'ledger/unknown-outcome',
      message: `${what}: the ledger ${refused ? 'refused' : 'did not confirm receiving'} transaction ${hash}: ${text.split('\n')[0]}`,
      hint: refused
        ? 'It was not taken and costs nothing; try again.'
        : 'It may still be mined; look it up before sending it again.',
      retry: refused ? 'later' : 'unknown',
      details: { hash },
      cause,
    })
  }

  async #unfunded(what: string, cause: unknown, neededWei?: bigint): Promise<KoinonError> {
    const { address } = this
    const heldWei = await this.#reader.getBalance({ address }).catch(() => undefined)
    const words =
      neededWei === undefined || heldWei === undefined
        ? ''
        : `: it holds ${formatUnits(heldWei, nativeDecimals)} of the native currency and may need ${formatUnits(neededWei, nativeDecimals)}`
    return new KoinonError({
      code: 'ledger/unfunded',
      message: `${what}: account ${address} cannot pay for the transaction${words}`,
      hint: 'Send it some native currency; on a test network: koinon wallet faucet.',
      details: { address, ...(words === '' ? {} : { heldWei: `${heldWei}`, neededWei: `${neededWei}` }) },
      cause,
    })
  }

  #inTurn<value>(work: () => Promise<value>): Promise<value> {
    const turn = this.#queue.then(work, work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }
}

function unconfirmed(what: string, hash: Hash, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'ledger/unknown-outcome',
    message: `${what}: the ledger did not say whether it took transaction ${hash}`,
    hint: 'It may still be mined; look it up before sending it again.',
    retry: 'unknown',
    details: { hash },
    cause,
  })
}

function tooDear(what: string, gas: bigint, maximumGas: bigint): KoinonError {
  return new KoinonError({
    code: 'ledger/too-dear',
    message: `${what} would take ${gas} gas, more than the ${maximumGas} that its sender allows`,
    hint: 'Nothing was sent. Look at what the call runs into, e.g. a wallet contract with a costly signature check.',
  })
}

function isUnfunded(text: string): boolean {
  return /insufficient funds|doesn't have enough funds|exceeds the balance/i.test(text)
}

function revertData(error: unknown): Hex | undefined {
  if (!(error instanceof BaseError)) return undefined
  const holder = error.walk((item) => {
    const data = (item as { data?: unknown }).data
    return typeof data === 'string' || (typeof data === 'object' && data !== null && 'data' in data)
  }) as { data?: unknown } | null
  const data = typeof holder?.data === 'string' ? holder.data : (holder?.data as { data?: unknown } | undefined)?.data
  return typeof data === 'string' && data.startsWith('0x') ? (data as Hex) : undefined
}

function unanswered(what: string, cause: unknown): KoinonError {
  return new KoinonError({
    code: 'ledger/rpc-failed',
    message: `${what}: the ledger did not answer: ${(cause as Error).message.split('\n')[0]}`,
    hint: 'Nothing was sent. Try again when the ledger answers.',
    retry: 'later',
    cause,
  })
}
