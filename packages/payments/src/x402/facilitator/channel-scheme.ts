/** Scheme `batch-settlement`: deposits and vouchers of payers, claims and refunds of their sellers. */
import { type Address, type Hex, isKoinonError, withDeadline, zeroAddress } from '@koinon/base'
import type { LedgerReader, TransactionSender } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { encodeFunctionData } from 'viem'
import { readChannelFacts } from '../../core/escrow.ts'
import { verifyVoucher } from '../../core/voucher-signing.ts'
import type { LedgerSettler } from '../../provider/ledger-settler.ts'
import type { SettlementRefusal } from '../../provider/settler.ts'
import { type ChannelConfig, channelIdOf, type EscrowDomain, withdrawDelayBounds } from '../../rules/channel.ts'
import type { SignedVoucher } from '../../rules/voucher.ts'
import { type EscrowState, readEscrowState, settledBefore } from './escrow-state.ts'
import { failure } from './exact-scheme.ts'
import {
  type ClaimPayload,
  type ClaimRow,
  type DepositPayload,
  type FacilitatorRequest,
  parseChannelPayload,
  pendingReason,
  type RefundPayload,
  type SettleAnswer,
  type SettlePayload,
  type VerifyAnswer,
} from './facilitator-wire.ts'

export type ChannelSchemeOptions = {
  readonly settler: LedgerSettler
  readonly reader: LedgerReader
  readonly sender: TransactionSender
  readonly domain: EscrowDomain
  readonly assets: ReadonlySet<Address>
}

const prefix = 'invalid_batch_settlement_evm'
const words: Readonly<Record<SettlementRefusal, string>> = {
  expired: `${prefix}_payload_authorization_valid_before`,
  'not-yet-valid': `${prefix}_payload_authorization_valid_after`,
  'bad-signature': `${prefix}_receive_authorization_signature`,
  'insufficient-funds': `${prefix}_insufficient_balance`,
  'nonce-used': `${prefix}_deposit_simulation_failed`,
  reverted: `${prefix}_deposit_simulation_failed`,
  'wrong-chain': `${prefix}_network_mismatch`,
  'allowance-missing': `${prefix}_deposit_simulation_failed`,
  'not-facilitator': `${prefix}_deposit_simulation_failed`,
  unsupported: `${prefix}_token_mismatch`,
  'wallet-missing': `${prefix}_eip6492_factory_not_allowed`,
}
/** A row takes about 35,000 gas, one whose signature a contract checks more. */
const gasAllowed = { base: 300_000n, row: 120_000n } as const

/** Throws `payments/ledger-unreachable` and what the payload's parser throws. */
export async function verifyChannel(options: ChannelSchemeOptions, request: FacilitatorRequest): Promise<VerifyAnswer> {
  const payload = parseChannelPayload(request.payload)
  if (payload.type !== 'deposit' && payload.type !== 'voucher' && payload.type !== 'refund')
    return { isValid: false, invalidReason: `${prefix}_payload_type` }
  const { config, voucher } = payload
  const { payer } = config
  const invalid = (word: string, invalidMessage?: string): VerifyAnswer => ({
    isValid: false,
    invalidReason: `${prefix}_${word}`,
    ...(invalidMessage === undefined ? {} : { invalidMessage }),
    payer,
  })
  const objection = configObjection(options, config, voucher, request)
  if (objection !== undefined) return invalid(objection)
  if (!(await isVoucherSigned(options, config, voucher))) return invalid('voucher_signature')

  const state = await readEscrowState(options.reader, options.domain, voucher.channelId)
  const added = payload.type === 'deposit' ? payload.deposit.amountAtomic : 0n
  if (state.balanceAtomic + added === 0n) return invalid('channel_not_found')
  if (voucher.maxClaimableAtomic > state.balanceAtomic + added) return invalid('cumulative_exceeds_balance')
  const isBelow =
    payload.type === 'refund'
      ? voucher.maxClaimableAtomic < state.claimedAtomic
      : voucher.maxClaimableAtomic <= state.claimedAtomic
  if (isBelow) return invalid('cumulative_below_claimed')
  if (payload.type === 'deposit') {
    const check = await options.settler.checkDeposit(config, payload.deposit)
    if (check.state === 'refused')
      return { isValid: false, invalidReason: words[check.reason], invalidMessage: check.detail, payer }
  }
  return { isValid: true, payer, extra: stateJson(voucher.channelId, state) }
}

/** Resolves within `timeoutMs`. Throws what the payload's parser throws, and `payments/ledger-unreachable`. */
export async function settleChannel(
  options: ChannelSchemeOptions,
  request: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  const payload = parseChannelPayload(request.payload)
  switch (payload.type) {
    case 'deposit':
      return settleDeposit(options, payload, request, timeoutMs)
    case 'claim':
      return relayClaim(options, payload, request, timeoutMs)
    case 'settle':
      return relaySettle(options, payload, request, timeoutMs)
    case 'enriched-refund':
      return relayRefund(options, payload, request, timeoutMs)
    default:
      return failed(request, `${prefix}_payload_type`)
  }
}

async function settleDeposit(
  options: ChannelSchemeOptions,
  { config, voucher, deposit }: DepositPayload,
  request: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  const { payer } = config
  const { network } = request.requirements
  const objection = configObjection(options, config, voucher, request)
  if (objection !== undefined) return { ...failed(request, `${prefix}_${objection}`), payer }
  const outcome = await options.settler.deposit(config, deposit, timeoutMs)
  if (outcome.state !== 'settled') {
    const transaction = outcome.state === 'unknown' ? await options.settler.transactionOfDeposit(config, deposit) : ''
    return { ...failure(outcome, words), transaction: transaction ?? '', network, payer }
  }
  const state = await readEscrowState(options.reader, options.domain, voucher.channelId)
  return {
    success: true,
    transaction: outcome.transaction,
    network,
    payer,
    amount: deposit.amountAtomic.toString(),
    extra: { channelState: stateJson(voucher.channelId, state) },
  }
}

async function relayClaim(
  options: ChannelSchemeOptions,
  { rows, authorizerSignature }: ClaimPayload,
  request: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  if (authorizerSignature === undefined) return failed(request, `${prefix}_authorizer_not_configured`)
  const objection = rowsObjection(options, rows)
  if (objection !== undefined) return failed(request, objection)
  if (!(await raisesAny(options, rows))) {
    const before = await settledBefore(options.reader, options.domain, rows[0] as ClaimRow)
    return before === undefined
      ? failed(request, `${prefix}_claim_simulation_failed`, 'every row was claimed before')
      : { success: true, transaction: before, network: request.requirements.network }
  }
  return relay(options, request, claimCall(rows, authorizerSignature), rows.length, 'claim', timeoutMs)
}

async function relaySettle(
  options: ChannelSchemeOptions,
  { receiver, token }: SettlePayload,
  request: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  const { reader, domain, assets } = options
  if (!assets.has(token)) return failed(request, `${prefix}_token_mismatch`)
  const [claimed, settled] = await reader.readContract({
    address: domain.escrow,
    abi: batchSettlementAbi,
    functionName: 'receivers',
    args: [receiver, token],
  })
  if (claimed <= settled) return failed(request, `${prefix}_nothing_to_settle`)
  const data = encodeFunctionData({ abi: batchSettlementAbi, functionName: 'settle', args: [receiver, token] })
  return { ...(await relay(options, request, data, 0, 'settle', timeoutMs)), amount: (claimed - settled).toString() }
}

async function relayRefund(
  options: ChannelSchemeOptions,
  payload: RefundPayload,
  request: FacilitatorRequest,
  timeoutMs: number,
): Promise<SettleAnswer> {
  const { reader, domain } = options
  const { config, amountAtomic, nonce, rows, refundSignature, claimSignature } = payload
  if (refundSignature === undefined || (rows.length > 0 && claimSignature === undefined))
    return failed(request, `${prefix}_authorizer_not_configured`)
  const objection = rowsObjection(options, [
    ...rows,
    { config, maxClaimableAtomic: 0n, signature: '0x', totalClaimedAtomic: 0n },
  ])
  if (objection !== undefined) return failed(request, objection)
  const channelId = channelIdOf(config, domain)
  const before = await readEscrowState(reader, domain, channelId)
  if (before.balanceAtomic <= before.claimedAtomic) return failed(request, `${prefix}_refund_no_balance`)
  if (amountAtomic >> 128n !== 0n) return failed(request, `${prefix}_refund_amount_invalid`)
  const refund = encodeFunctionData({
    abi: batchSettlementAbi,
    functionName: 'refundWithSignature',
    args: [config, amountAtomic, nonce, refundSignature],
  })
  const data =
    claimSignature === undefined || rows.length === 0
      ? refund
      : encodeFunctionData({
          abi: batchSettlementAbi,
          functionName: 'multicall',
          args: [[claimCall(rows, claimSignature), refund]],
        })
  const answer = await relay(options, request, data, rows.length, 'refund', timeoutMs)
  if (!answer.success) return { ...answer, payer: config.payer }
  const after = await readEscrowState(reader, domain, channelId)
  return {
    ...answer,
    payer: config.payer,
    amount: (before.balanceAtomic - after.balanceAtomic).toString(),
    extra: { channelState: stateJson(channelId, after) },
  }
}

/** Sends a call of the escrow that says itself what it allows; an estimate runs it first, so that a refused one costs nothing. */
async function relay(
  { sender, domain }: ChannelSchemeOptions,
  request: FacilitatorRequest,
  data: Hex,
  rows: number,
  what: 'claim' | 'settle' | 'refund',
  timeoutMs: number,
): Promise<SettleAnswer> {
  let transaction: Hex | undefined
  try {
    const maximumGas = gasAllowed.base + gasAllowed.row * BigInt(rows)
    const sent = sender.send({ to: domain.escrow, data }, `relaying a ${what}`, batchSettlementAbi, {
      maximumGas,
      beforeSubmit: async (hash) => {
        transaction = hash
      },
    })
    const receipt = await withDeadline(sent, timeoutMs, `Relaying a ${what}`)
    return { success: true, transaction: receipt.transactionHash, network: request.requirements.network }
  } catch (error) {
    const message = (error as Error).message
    const isFinal = isKoinonError(error) && (error.retry === 'never' || error.code === 'ledger/reverted')
    if (!isFinal) return { ...failed(request, pendingReason, message), transaction: transaction ?? '' }
    return failed(
      request,
      `${prefix}_${what}_${transaction === undefined ? 'simulation' : 'transaction'}_failed`,
      message,
    )
  }
}

function claimCall(rows: readonly ClaimRow[], authorizerSignature: Hex): Hex {
  const claims = rows.map(({ config, maxClaimableAtomic, signature, totalClaimedAtomic }) => ({
    voucher: { channel: config, maxClaimableAmount: maxClaimableAtomic },
    signature,
    totalClaimed: totalClaimedAtomic,
  }))
  return encodeFunctionData({
    abi: batchSettlementAbi,
    functionName: 'claimWithSignature',
    args: [claims, authorizerSignature],
  })
}

function rowsObjection({ assets }: ChannelSchemeOptions, rows: readonly ClaimRow[]): string | undefined {
  if (rows.length === 0) return `${prefix}_payload_type`
  const isTooLarge = rows.some((row) => row.maxClaimableAtomic >> 128n !== 0n || row.totalClaimedAtomic >> 128n !== 0n)
  if (isTooLarge) return `${prefix}_claim_simulation_failed`
  return rows.every(({ config }) => assets.has(config.token)) ? undefined : `${prefix}_token_mismatch`
}

/** The escrow takes rows that bring nothing without a word; we do not pay for them. */
async function raisesAny({ reader, domain }: ChannelSchemeOptions, rows: readonly ClaimRow[]): Promise<boolean> {
  const ids = rows.map(({ config }) => channelIdOf(config, domain))
  const facts = await readChannelFacts(reader, domain, ids)
  return rows.some((row, index) => row.totalClaimedAtomic > (facts.get(ids[index] as Hex)?.claimedAtomic ?? 0n))
}

function configObjection(
  { domain, assets }: ChannelSchemeOptions,
  config: ChannelConfig,
  voucher: SignedVoucher,
  { requirements }: FacilitatorRequest,
): string | undefined {
  const { receiverAuthorizer, withdrawDelay } = requirements.extra
  if (channelIdOf(config, domain) !== voucher.channelId) return 'channel_id_mismatch'
  if (config.receiver !== requirements.payTo) return 'receiver_mismatch'
  if (
    typeof receiverAuthorizer !== 'string' ||
    receiverAuthorizer.toLowerCase() !== config.receiverAuthorizer ||
    config.receiverAuthorizer === zeroAddress
  )
    return 'receiver_authorizer_mismatch'
  if (config.token !== requirements.asset || !assets.has(config.token)) return 'token_mismatch'
  if (withdrawDelay !== undefined && Number(withdrawDelay) !== config.withdrawDelay) return 'withdraw_delay_mismatch'
  const { minimum, maximum } = withdrawDelayBounds
  return config.withdrawDelay < minimum || config.withdrawDelay > maximum ? 'withdraw_delay_out_of_range' : undefined
}

/** A zero payerAuthorizer means that the payer's account signs, by its key or its contract. */
async function isVoucherSigned(
  { reader, domain }: ChannelSchemeOptions,
  config: ChannelConfig,
  voucher: SignedVoucher,
): Promise<boolean> {
  const authorizer = config.payerAuthorizer === zeroAddress ? config.payer : config.payerAuthorizer
  if (verifyVoucher(voucher, authorizer, domain)) return true
  if (config.payerAuthorizer !== zeroAddress) return false
  const hash = await reader.readContract({
    address: domain.escrow,
    abi: batchSettlementAbi,
    functionName: 'getVoucherDigest',
    args: [voucher.channelId, voucher.maxClaimableAtomic],
  })
  return reader.verifyHash({ address: config.payer, hash, signature: voucher.signature }).catch(() => false)
}

function stateJson(channelId: Hex, state: EscrowState) {
  return {
    channelId,
    balance: state.balanceAtomic.toString(),
    totalClaimed: state.claimedAtomic.toString(),
    withdrawRequestedAt: state.withdrawRequestedAtSeconds,
    refundNonce: state.refundNonce.toString(),
  }
}

function failed(request: FacilitatorRequest, errorReason: string, errorMessage?: string): SettleAnswer {
  const { network } = request.requirements
  return {
    success: false,
    errorReason,
    ...(errorMessage === undefined ? {} : { errorMessage }),
    transaction: '',
    network,
  }
}
