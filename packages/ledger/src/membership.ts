/** Joining and leaving a subnet, as one account: an ERC-8004 identity, a neuron with an endpoint, stake. Every step looks first. */
import { type Address, formatAmount, isKoinonError, KoinonError, toAddress } from '@koinon/base'
import { parseEventLogs } from 'viem'
import { findAgent } from './agents.ts'
import type { LedgerReader, LedgerView } from './clients.ts'
import { identityRegistryAbi } from './generated/identity-registry.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { subnetsAbi } from './generated/subnets.ts'
import type { NetworkFile } from './network-file.ts'
import { revertNameOf } from './revert-name.ts'
import {
  costOfMatch,
  finaliseChallenge,
  findChallengeable,
  matchChallenge,
  quoteSeat,
  readChallenges,
  type SeatChallenge,
  withMargin,
} from './seat-market.ts'
import type { TransactionSender } from './sender.ts'

export type Membership = LedgerView & { readonly sender: TransactionSender }

/** An account that pays KOIN. */
type Payer = {
  readonly network: { readonly contracts: Pick<NetworkFile['contracts'], 'token'> }
  readonly reader: LedgerReader
  readonly sender: Pick<TransactionSender, 'address' | 'call'>
}

/** A subnet's seat as the ledger has it. Amounts in 1e-18 KOIN. */
export type NeuronRecord = {
  readonly uid: number
  readonly hotkey: Address
  readonly agentId: bigint
  readonly endpoint: string
  readonly registeredAtSeconds: number
  /** A newcomer claims the seat; see `readChallenges`. */
  readonly isChallenged: boolean
}

/** What joining may cost. Amounts in 1e-18 KOIN. */
export type JoinTerms = {
  /** The most that is paid for a seat; when left out 5 % above the price of the moment, asked for anew while others come first. */
  readonly maxBurn?: bigint
  /** Called before anything is paid. */
  readonly onQuote?: (price: bigint, maximum: bigint) => void
}

/** A read about one subnet; when the ledger has no such subnet it fails with `ledger/no-subnet` instead of a revert. */
export async function ofSubnet<value>(netuid: number, read: Promise<value>): Promise<value> {
  try {
    return await read
  } catch (cause) {
    if (revertNameOf(cause) !== 'SubnetNotFound') throw cause
    throw new KoinonError({
      code: 'ledger/no-subnet',
      message: `There is no subnet ${netuid} on this network`,
      hint: 'See which subnets there are: koinon subnet list',
      details: { netuid, status: 404 },
      cause,
    })
  }
}

/** All neurons of a subnet by uid. */
export async function readNeurons(
  reader: LedgerReader,
  network: NetworkFile,
  netuid: number,
): Promise<readonly NeuronRecord[]> {
  const neurons = await reader.readContract({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'neurons',
    args: [netuid],
  })
  return neurons.map((neuron) => ({
    uid: neuron.uid,
    hotkey: toAddress(neuron.hotkey),
    agentId: neuron.agentId,
    endpoint: neuron.endpoint,
    registeredAtSeconds: Number(neuron.registeredAt),
    isChallenged: neuron.isChallenged,
  }))
}

/**
 * Makes the account a neuron that is reached at `endpoint`; registers, or only moves the endpoint. Returns the seat.
 * In a full subnet it challenges the lowest seat and throws `ledger/seat-challenged`; called again after the notice it takes the seat.
 * Throws `ledger/seat-too-dear`, `ledger/subnet-full`, `ledger/too-little-koin`, `ledger/no-subnet` and as `TransactionSender.call`.
 */
export async function joinSubnet(
  membership: Membership,
  netuid: number,
  endpoint: string,
  terms: JoinTerms = {},
): Promise<NeuronRecord> {
  const { network, sender } = membership
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  // First, so that nobody registers an identity for a subnet that is not there.
  await ofSubnet(netuid, quoteSeat(membership, netuid))
  const seat = await findSeat(membership, netuid)
  if (seat === undefined) await takeSeat(membership, netuid, endpoint, terms)
  else if (seat.endpoint !== endpoint) {
    await sender.call({ ...subnets, functionName: 'setEndpoint', args: [netuid, sender.address, endpoint] })
  }
  const joined = await findSeat(membership, netuid)
  if (joined === undefined) {
    throw new KoinonError({
      code: 'ledger/not-registered',
      message: `Account ${sender.address} is not registered on subnet ${netuid} after all`,
      hint: 'It may have been evicted at once because the subnet is full; try again later.',
      retry: 'later',
    })
  }
  return joined
}

async function takeSeat(membership: Membership, netuid: number, endpoint: string, terms: JoinTerms): Promise<void> {
  const { reader, sender } = membership
  const own = (await readChallenges(membership, netuid)).find(({ newcomer }) => newcomer === sender.address)
  const { price, isFull } = await quoteSeat(membership, netuid)
  if (own !== undefined) {
    const { timestamp } = await reader.getBlock({ blockTag: 'pending' })
    if (isFull && Number(timestamp) < own.endsAtSeconds) throw challenged(own)
    return finaliseChallenge(membership, netuid, own.uid)
  }
  if (terms.maxBurn !== undefined) return buySeat(membership, netuid, endpoint, terms, terms.maxBurn)
  // Others who come first raise the price by more than the margin: it is asked for and shown anew, up to four times the first quote.
  const ceiling = 4n * price
  for (;;) {
    const maximum = smaller(withMargin((await quoteSeat(membership, netuid)).price), ceiling)
    try {
      return await buySeat(membership, netuid, endpoint, terms, maximum)
    } catch (error) {
      const isOutbid = isKoinonError(error) && outbidCodes.has(error.code) && maximum < ceiling
      if (!isOutbid || (await quoteSeat(membership, netuid)).price <= maximum) throw error
    }
  }
}

/** What a registration fails with when another one came first. */
const outbidCodes: ReadonlySet<string> = new Set(['ledger/refused', 'ledger/reverted', 'ledger/seat-too-dear'])

async function buySeat(
  membership: Membership,
  netuid: number,
  endpoint: string,
  terms: JoinTerms,
  maximum: bigint,
): Promise<void> {
  const { network, sender } = membership
  const subnets = { address: network.contracts.subnets, abi: subnetsAbi } as const
  const { price, isFull } = await quoteSeat(membership, netuid)
  if (price > maximum) throw tooDear(price, maximum)
  terms.onQuote?.(price, maximum)
  const uid = isFull ? await findChallengeable(membership, netuid) : undefined
  if (isFull && uid === undefined) throw full(netuid)
  const allowed = await approveUpTo(membership, network.contracts.subnets, price, maximum)
  const agentId = await ensureIdentity(membership, registrationUriOf(endpoint))
  if (uid === undefined) {
    await sender.call({ ...subnets, functionName: 'register', args: [netuid, agentId, endpoint, allowed] })
    return
  }
  await sender.call({ ...subnets, functionName: 'challenge', args: [netuid, uid, agentId, endpoint, allowed] })
  const opened = (await readChallenges(membership, netuid)).find(({ newcomer }) => newcomer === sender.address)
  if (opened !== undefined) throw challenged(opened)
}

/** The challenge of the account's own seat, if somebody claims it. */
export async function findOwnChallenge(membership: Membership, netuid: number): Promise<SeatChallenge | undefined> {
  const seat = await findSeat(membership, netuid)
  if (seat?.isChallenged !== true) return undefined
  return (await readChallenges(membership, netuid)).find(({ uid }) => uid === seat.uid)
}

/** Burns {@link costOfMatch}, and so keeps the seat. Throws `ledger/too-little-koin` and as `TransactionSender.call`. */
export async function keepSeat(membership: Membership, netuid: number, challenge: SeatChallenge): Promise<void> {
  const cost = costOfMatch(challenge)
  await approveUpTo(membership, membership.network.contracts.subnets, cost, cost)
  await matchChallenge(membership, netuid, challenge)
}

/** Gives the seat back. Does nothing when there is none. */
export async function leaveSubnet(membership: Membership, netuid: number): Promise<void> {
  if ((await findSeat(membership, netuid)) === undefined) return
  const { network, sender } = membership
  await sender.call({
    address: network.contracts.subnets,
    abi: subnetsAbi,
    functionName: 'deregister',
    args: [netuid, sender.address],
  })
}

/** The account's seat on a subnet, if it has one. */
export async function findSeat(
  { network, reader, sender }: Membership,
  netuid: number,
): Promise<NeuronRecord | undefined> {
  const neurons = await readNeurons(reader, network, netuid)
  return neurons.find((neuron) => neuron.hotkey === sender.address)
}

/** Where a node that is reached at `endpoint` serves its registration file (specs/0023 section 1.3). */
function registrationUriOf(endpoint: string): string {
  return endpoint === '' ? '' : `${endpoint.replace(/\/$/, '')}/.well-known/agent-registration.json`
}

/** The account's ERC-8004 agent, registered now if it has none. Returns its id. */
export async function ensureIdentity({ network, reader, sender }: Membership, agentUri: string): Promise<bigint> {
  const identity = { address: network.contracts.identity, abi: identityRegistryAbi } as const
  const agentId = await findAgent(reader, identity.address, toAddress(sender.address))
  if (agentId !== undefined) return agentId
  const receipt = await sender.call({ ...identity, functionName: 'register', args: [agentUri] })
  const [registered] = parseEventLogs({ abi: identityRegistryAbi, eventName: 'Registered', logs: receipt.logs })
  if (registered === undefined) {
    throw new KoinonError({
      code: 'ledger/not-registered',
      message: 'The identity registry confirmed no new agent',
      retry: 'unknown',
    })
  }
  return registered.args.agentId
}

/** Approves exactly what is needed now, never without limit. Throws `ledger/too-little-koin`. */
export function ensureAllowance(payer: Payer, spender: Address, amount: bigint): Promise<bigint> {
  return approveUpTo(payer, spender, amount, amount)
}

/** Lets `spender` take at least `least`, and up to `most` where the account holds it. Returns how much it may take of that. */
async function approveUpTo(
  { network, reader, sender }: Payer,
  spender: Address,
  least: bigint,
  most: bigint,
): Promise<bigint> {
  const token = { address: network.contracts.token, abi: koinonTokenAbi } as const
  const balance = await reader.readContract({ ...token, functionName: 'balanceOf', args: [sender.address] })
  if (balance < least) {
    throw new KoinonError({
      code: 'ledger/too-little-koin',
      message: `Account ${sender.address} holds ${formatAmount(balance)} of the ${formatAmount(least)} KOIN that are needed`,
      hint: 'Send it KOIN first; on a test network: koinon wallet faucet.',
    })
  }
  const amount = smaller(balance, most)
  const allowed = await reader.readContract({ ...token, functionName: 'allowance', args: [sender.address, spender] })
  if (allowed < amount) await sender.call({ ...token, functionName: 'approve', args: [spender, amount] })
  return amount
}

function challenged({ uid, deposit, endsAtSeconds }: SeatChallenge): KoinonError {
  const until = new Date(endsAtSeconds * 1000).toISOString()
  return new KoinonError({
    code: 'ledger/seat-challenged',
    message: `The subnet is full; seat ${uid} is claimed with ${formatAmount(deposit)} KOIN, which its holder may match until ${until}`,
    hint: 'Run the same command again after that: the seat is yours then, or nine tenths of the KOIN are back.',
    details: { uid, deposit: `${deposit}`, endsAtSeconds },
    retry: 'later',
  })
}

function tooDear(price: bigint, maximum: bigint): KoinonError {
  return new KoinonError({
    code: 'ledger/seat-too-dear',
    message: `A seat costs ${formatAmount(price)} KOIN now, more than the ${formatAmount(maximum)} that may be paid`,
    hint: 'Wait, the price falls with time; or allow more with --max-burn KOIN.',
    details: { price: `${price}`, maximum: `${maximum}` },
    retry: 'later',
  })
}

function full(netuid: number): KoinonError {
  return new KoinonError({
    code: 'ledger/subnet-full',
    message: `Subnet ${netuid} is full, and no seat may be challenged now: all are young, protected or challenged`,
    hint: 'Try again later; "koinon subnet show" tells how long a new seat is immune.',
    details: { netuid },
    retry: 'later',
  })
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
