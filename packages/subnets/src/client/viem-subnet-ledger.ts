/** The ledger port over viem. Time-dependent reads use the pending block: on a chain that mines on demand the latest one is old. */
import { type Address, type Hex, KoinonError, toAddress, zeroHash } from '@koinon/base'
import { type LedgerReader, ofSubnet } from '@koinon/ledger'
import { epochsAbi, permitsAbi, poolEmissionAbi, subnetsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import type { SubnetClock } from '../rules/index.ts'
import { LedgerEvents } from './ledger-events.ts'
import { LedgerHistory, placesOf } from './ledger-history.ts'
import { readSettlement, unsettledBlocks } from './settlement.ts'
import { submittedSignatures } from './submitted-signatures.ts'
import type { EmissionClock, Offence, SubnetLedger } from './subnet-ledger.ts'
import type { SubnetNetwork } from './subnet-network.ts'
import { readDueUpkeep } from './upkeep.ts'

/** Snapshots of permits that are remembered. */
const keptSnapshots = 64
/** Transactions whose signatures are remembered. */
const keptSubmissions = 64

/**
 * Reads one network. Keep one per process: it remembers events and everything else that cannot change. Events are read of each subnet
 * that is asked for by itself, so that nobody pays for what strangers do in others; `all` reads them together, for lists of subnets.
 */
export function createSubnetLedger(
  reader: LedgerReader,
  network: SubnetNetwork,
  subnetsRead: 'asked' | 'all' = 'asked',
): SubnetLedger {
  const { subnets, permits, work, weights, epochs } = network.contracts
  const readers = new Map<number | undefined, LedgerEvents>()
  const eventsOf = (asked: number): LedgerEvents => {
    const netuid = subnetsRead === 'all' ? undefined : asked
    const known = readers.get(netuid)
    if (known !== undefined) return known
    const created = new LedgerEvents(
      reader,
      { subnets, permits, work, weights, epochs },
      {
        startBlock: network.startBlock,
        unsettledBlocks: network.chainKind === 'embedded' ? 0 : unsettledBlocks,
        ...(netuid === undefined ? {} : { netuid }),
      },
    )
    readers.set(netuid, created)
    return created
  }
  const history = new LedgerHistory(eventsOf)
  const settlement: SubnetLedger['settlement'] = async () =>
    network.chainKind === 'embedded' ? undefined : readSettlement(reader, network)
  const on = contractsOf(network)
  const ofSubnets = subnetViews(reader, on)
  const ofEmission = emissionViews(reader, on, ofSubnets.clock)
  return {
    domain: { chainId: network.chainId, epochsContract: epochs, weightsContract: weights },
    ...ofSubnets,
    ...ofEmission,
    settlement,
    ...permitViews(reader, on, { history, settlement }),
    ...weightViews(reader, on),
    ...resultViews(reader, on, history, { ...ofSubnets, ...ofEmission }),
    seatsAt: (netuid, atSeconds) => history.seatsAt(netuid, atSeconds),
    workCommitments: (netuid, epoch) => history.workCommitments(netuid, epoch),
    weightsCommitments: (netuid, epoch) => history.weightsCommitments(netuid, epoch),
    reveals: (netuid, epoch) => history.reveals(netuid, epoch),
    upkeepDue: (netuid, hotkey) => readDueUpkeep({ reader, network }, netuid, hotkey),
  }
}

type Views<name extends keyof SubnetLedger> = Pick<SubnetLedger, name>
type Contracts = ReturnType<typeof contractsOf>

function subnetViews(
  reader: LedgerReader,
  { subnets }: Contracts,
): Views<'nowSeconds' | 'clock' | 'maximumSeats' | 'specHash' | 'endpoints'> {
  const clocks = new Map<number, SubnetClock>()
  return {
    nowSeconds: async () => Number((await reader.getBlock({ blockTag: 'pending' })).timestamp),
    async clock(netuid) {
      const known = clocks.get(netuid)
      if (known !== undefined) return known
      const facts = reader.readContract({ ...subnets, functionName: 'subnet', args: [netuid] })
      const subnet = await ofSubnet(netuid, facts)
      const clock: SubnetClock = {
        genesisSeconds: Number(subnet.genesis),
        epochSeconds: Number(subnet.epochSeconds),
        workCommitSeconds: Number(subnet.workCommitSeconds),
        weightCommitSeconds: Number(subnet.weightCommitSeconds),
        weightRevealSeconds: Number(subnet.weightRevealSeconds),
        activationDelaySeconds: Number(subnet.activationDelaySeconds),
      }
      clocks.set(netuid, clock)
      return clock
    },
    maximumSeats: (netuid) => reader.readContract({ ...subnets, functionName: 'maxNeuronsOf', args: [netuid] }),
    specHash: (netuid, epoch) =>
      reader.readContract({ ...subnets, functionName: 'specHashAt', args: [netuid, BigInt(epoch)] }),
    async endpoints(netuid) {
      const neurons = await reader.readContract({ ...subnets, functionName: 'neurons', args: [netuid] })
      return neurons.map(({ hotkey, uid, endpoint }) => ({ hotkey: toAddress(hotkey), uid, endpoint }))
    },
  }
}

function permitViews(
  reader: LedgerReader,
  { permits }: Contracts,
  { history, settlement }: { readonly history: LedgerHistory } & Views<'settlement'>,
): Views<'permittedAt'> {
  const known = new Map<string, Awaited<ReturnType<SubnetLedger['permittedAt']>>>()
  const find: SubnetLedger['permittedAt'] = async (netuid, atSeconds) => {
    const at = BigInt(atSeconds)
    const stakeOf = async (hotkey: Address) => {
      const args = [netuid, hotkey, at] as const
      return { hotkey, stake: await reader.readContract({ ...permits, functionName: 'permittedStakeAt', args }) }
    }
    const stakes = await Promise.all((await history.everPermitted(netuid)).map(stakeOf))
    const args = [netuid, at] as const
    const total = await reader.readContract({ ...permits, functionName: 'totalPermittedStakeAt', args })
    const found = stakes.filter(({ stake }) => stake > 0n)
    if (found.reduce((sum, { stake }) => sum + stake, 0n) === total) return found
    throw new KoinonError({
      code: 'subnets/incomplete-ledger',
      message: "The stakes found do not sum to the ledger's total; the RPC server may be behind",
      retry: 'later',
    })
  }
  return {
    async permittedAt(netuid, atSeconds) {
      const key = `${netuid}/${atSeconds}`
      const remembered = known.get(key)
      if (remembered !== undefined) return remembered
      const settled = await settlement()
      const found = await find(netuid, atSeconds)
      // A reorganisation may still move stakes of a second whose block is not settled.
      if (settled !== undefined && settled.atSeconds <= atSeconds) return found
      if (known.size >= keptSnapshots) known.delete(known.keys().next().value as string)
      known.set(key, found)
      return found
    },
  }
}

function weightViews(reader: LedgerReader, { work, weights }: Contracts): Views<'beacon' | 'weights'> {
  return {
    async beacon(netuid, epoch) {
      return present(await reader.readContract({ ...work, functionName: 'beaconOf', args: [netuid, BigInt(epoch)] }))
    },
    async weights(netuid, epoch, hotkey) {
      const args = [netuid, BigInt(epoch), hotkey] as const
      const [commitment, rowHash] = await Promise.all([
        reader.readContract({ ...weights, functionName: 'commitmentOf', args }).then(present),
        reader.readContract({ ...weights, functionName: 'rowHashOf', args }).then(present),
      ])
      return { ...(commitment === undefined ? {} : { commitment }), ...(rowHash === undefined ? {} : { rowHash }) }
    },
  }
}

function emissionViews(
  reader: LedgerReader,
  { emission }: Contracts,
  clockOf: SubnetLedger['clock'],
): Views<'emissionClock' | 'accrued'> {
  let facts: Promise<Omit<EmissionClock, 'finalUntilSeconds'>> | undefined
  const readFacts = async (): Promise<Omit<EmissionClock, 'finalUntilSeconds'>> => {
    const [startsAt, period] = await Promise.all([
      reader.readContract({ ...emission, functionName: 'startsAt' }),
      reader.readContract({ ...emission, functionName: 'periodSeconds' }),
    ])
    return { startsAtSeconds: Number(startsAt), periodSeconds: Number(period) }
  }
  const finalUntil = async (): Promise<number> =>
    Number(await reader.readContract({ ...emission, functionName: 'finalUntil' }))
  return {
    async emissionClock() {
      facts ??= readFacts()
      facts.catch(() => {
        facts = undefined
      })
      return { ...(await facts), finalUntilSeconds: await finalUntil() }
    },
    async accrued(netuid, epochExclusive) {
      const { genesisSeconds, epochSeconds } = await clockOf(netuid)
      if ((await finalUntil()) < genesisSeconds + epochExclusive * epochSeconds) return undefined
      const args = [netuid, BigInt(epochExclusive)] as const
      return reader.readContract({ ...emission, functionName: 'accrued', args })
    },
  }
}

function resultViews(
  reader: LedgerReader,
  { epochs, emission }: Contracts,
  history: LedgerHistory,
  { nowSeconds, accrued: accruedOf }: Views<'nowSeconds' | 'accrued'>,
): Views<'roots' | 'isDisabled' | 'submittedSignatures' | 'offences' | 'paidTo' | 'ownerDue'> {
  /** Overturned results all of whose signers are slashed. */
  const punished = new Set<Hex>()
  /** By transaction. */
  const signatures = new Map<Hex, ReadonlyMap<Address, Hex>>()
  return {
    roots: (netuid) => history.roots(netuid),
    isDisabled: (resultHash) => reader.readContract({ ...epochs, functionName: 'isDisabled', args: [resultHash] }),
    async submittedSignatures(netuid, resultHash) {
      const root = (await history.roots(netuid)).find((one) => one.resultHash === resultHash)
      const hash = await history.submission(netuid, resultHash)
      if (root === undefined || hash === undefined) return new Map()
      const known = signatures.get(hash)
      if (known !== undefined) return known
      const found = submittedSignatures((await reader.getTransaction({ hash })).input, root)
      if (signatures.size >= keptSubmissions) signatures.delete(signatures.keys().next().value as Hex)
      signatures.set(hash, found)
      return found
    },
    async offences(netuid) {
      const offences: Offence[] = []
      for (const overturned of await history.overturned(netuid, punished)) {
        const { resultHash, posting } = overturned
        const offence = await reader.readContract({ ...epochs, functionName: 'offenceOf', args: [resultHash] })
        const signers = placesOf(offence.signers, posting)
        if (offence.signers === 0n) punished.add(resultHash)
        else offences.push({ ...overturned, signers })
      }
      return offences
    },
    async paidTo(netuid, { hotkey, sinceSeconds }) {
      const args = [netuid, hotkey, sinceSeconds] as const
      const [mined, dividends] = await reader.readContract({ ...epochs, functionName: 'paidTo', args })
      return { mined, dividends }
    },
    async ownerDue(netuid) {
      const now = await nowSeconds()
      const active = (await history.roots(netuid)).filter(({ activatesAtSeconds }) => activatesAtSeconds <= now).at(-1)
      if (active === undefined) return 0n
      const [accrued, paid] = await Promise.all([
        accruedOf(netuid, active.epoch + 1),
        reader.readContract({ ...emission, functionName: 'paidOf', args: [netuid] }),
      ])
      return (accrued?.owner ?? paid.owner) - paid.owner
    },
  }
}

function contractsOf({ contracts }: SubnetNetwork) {
  const blockTag = 'pending'
  return {
    subnets: { address: contracts.subnets, abi: subnetsAbi, blockTag },
    permits: { address: contracts.permits, abi: permitsAbi, blockTag },
    work: { address: contracts.work, abi: workAbi, blockTag },
    weights: { address: contracts.weights, abi: weightsAbi, blockTag },
    epochs: { address: contracts.epochs, abi: epochsAbi, blockTag },
    emission: { address: contracts.emission, abi: poolEmissionAbi, blockTag },
  } as const
}

function present(word: Hex): Hex | undefined {
  return word === zeroHash ? undefined : word
}
