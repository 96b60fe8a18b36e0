/** A payer's signer whose channels are filled out of a smart account, by a delegation with caveats (specs/0025-budgets.md section 10). */
import { type Address, bytesToHex, type Hex, isKoinonError, KoinonError, type Random } from '@koinon/base'
import type { TransactionSender } from '@koinon/ledger'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { encodeAbiParameters, encodeFunctionData, parseAbiParameters } from 'viem'
import { type Secp256k1Engine, secp256k1Engine } from '../core/native-secp256k1.ts'
import { channelIdOf, type EscrowDomain } from '../rules/channel.ts'
import { type Delegation, delegatedDepositSalt, delegationDigest, delegationHash } from '../rules/delegation.ts'
import { voucherDigest } from '../rules/voucher.ts'
import type { ChannelFunding, PaymentSigner, VoucherIntent } from './payment-signer.ts'

export type DelegatedPaymentSignerOptions = {
  /** The delegate's key: it signs vouchers and the last delegation of every deposit, and never touches the account's money. */
  readonly secretKey: Uint8Array
  /** From the smart account to the delegate, the last one first, as wallets grant them (ERC-7715). */
  readonly delegations: readonly [Delegation, ...Delegation[]]
  readonly domain: EscrowDomain
  /** Where the delegations are redeemed. */
  readonly manager: Address
  /** An `ERC7710DepositCollector` of that manager and this escrow. */
  readonly collector: Address
  /** Pays for the gas of deposits; any account. */
  readonly sender: TransactionSender
  /** Hears of each deposit before it is sent. */
  readonly onDeposit?: () => void
  readonly random: Random
  readonly engine?: Secp256k1Engine
}

/** How delegations travel to their manager, as ABI. */
export const delegationContextType = parseAbiParameters([
  'Delegation[] delegations',
  'struct Delegation { address delegate; address delegator; bytes32 authority; Caveat[] caveats; uint256 salt; bytes signature; }',
  'struct Caveat { address enforcer; bytes terms; bytes args; }',
])

/**
 * Channels are the smart account's, with the delegate as payerAuthorizer. What is left comes back to the account. `exact` and `upTo` are not
 * paid. Throws `payments/delegation-mismatch` where the delegations do not end at the key.
 */
export function delegatedPaymentSigner(options: DelegatedPaymentSignerOptions): PaymentSigner {
  const { secretKey, delegations, domain, engine = secp256k1Engine } = options
  const delegate = engine.addressOf(secretKey)
  if (delegations[0].delegate !== delegate) throw notForKey(delegations[0].delegate, delegate)
  const payer = (delegations.at(-1) as Delegation).delegator
  return {
    payer,
    payerAuthorizer: delegate,
    async signVoucher({ config, maxClaimableAtomic, ...asked }: VoucherIntent) {
      if (asked.domain.chainId !== domain.chainId || asked.domain.escrow !== domain.escrow) throw channelsOnly()
      return engine.sign(
        voucherDigest({ channelId: channelIdOf(config, domain), maxClaimableAtomic }, domain),
        secretKey,
      )
    },
    signAuthorization: () => Promise.reject(channelsOnly()),
    signDeposit: () => Promise.reject(channelsOnly()),
    fundChannel: (funding) => fund(options, delegate, funding),
  }
}

/** As much as is wished; where the caveats refuse that, the least that the call needs. Throws `payments/delegation-refused`. */
async function fund(options: DelegatedPaymentSignerOptions, delegate: Address, funding: ChannelFunding): Promise<void> {
  const { amountAtomic, leastAtomic } = funding
  try {
    await deposit(options, delegate, funding, amountAtomic)
  } catch (error) {
    if (!isRefusal(error)) throw error
    if (leastAtomic >= amountAtomic) throw refusedBy(error, amountAtomic)
    await deposit(options, delegate, funding, leastAtomic).catch((second: unknown) => {
      throw isRefusal(second) ? refusedBy(second, leastAtomic) : second
    })
  }
}

async function deposit(
  {
    secretKey,
    delegations,
    domain,
    manager,
    collector,
    sender,
    random,
    onDeposit,
    engine = secp256k1Engine,
  }: DelegatedPaymentSignerOptions,
  delegate: Address,
  { config }: ChannelFunding,
  amountAtomic: bigint,
): Promise<void> {
  const nonce = bytesToHex(random(32))
  const unsigned = {
    delegate: collector,
    delegator: delegate,
    authority: delegationHash(delegations[0]),
    caveats: [],
    salt: delegatedDepositSalt(channelIdOf(config, domain), amountAtomic, nonce),
  }
  const digest = delegationDigest(unsigned, { chainId: domain.chainId, manager })
  const last = { ...unsigned, signature: engine.sign(digest, secretKey) }
  const data = encodeFunctionData({
    abi: batchSettlementAbi,
    functionName: 'deposit',
    args: [config, amountAtomic, collector, collectorData([last, ...delegations], nonce)],
  })
  const beforeSubmit = async () => onDeposit?.()
  await sender.send({ to: domain.escrow, data }, 'deposit', batchSettlementAbi, { beforeSubmit })
}

function collectorData(delegations: readonly Delegation[], nonce: Hex): Hex {
  const context = encodeAbiParameters(delegationContextType, [
    delegations.map(({ caveats, ...rest }) => ({ ...rest, caveats: caveats.map((caveat) => ({ ...caveat })) })),
  ])
  return encodeAbiParameters(parseAbiParameters('bytes, bytes32'), [context, nonce])
}

/** The ledger would not take it: nothing left, and nothing was paid for gas. */
function isRefusal(error: unknown): error is KoinonError {
  return isKoinonError(error) && (error.code === 'ledger/refused' || error.code === 'ledger/reverted')
}

function refusedBy(cause: KoinonError, amountAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/delegation-refused',
    message: `The account's delegation does not give a deposit of ${amountAtomic} atomic units: ${cause.message}`,
    hint: "Ask the account's owner for a delegation that allows it, or for money in the account.",
    cause,
  })
}

function notForKey(delegate: Address, key: Address): KoinonError {
  return new KoinonError({
    code: 'payments/delegation-mismatch',
    message: `The delegation is for ${delegate}, and this key is ${key}`,
    hint: 'Use the key that the delegation names.',
  })
}

function channelsOnly(): KoinonError {
  return new KoinonError({
    code: 'payments/delegation-channels-only',
    message: 'A payer by delegation pays from channels of its own network',
    hint: 'Pay from a channel.',
  })
}
