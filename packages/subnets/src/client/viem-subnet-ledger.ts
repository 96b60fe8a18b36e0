/** The ledger port over viem. Time-dependent reads use the pending block: on a chain that mines on demand the latest one is old. */
import { type Address, type Hex, KoinonError, toAddress, zeroHash } from '@koinon/base'
import { type LedgerReader, type NetworkFile, ofSubnet } from '@koinon/ledger'
import { epochsAbi, permitsAbi, poolEmissionAbi, subnetsAbi, weightsAbi, workAbi } from '@koinon/ledger/abis'
import type { Abi } from 'viem'
import type { EpochResult, HeldSeat, Posting, SubnetClock } from '../rules/index.ts'
import { LedgerEvents } from './ledger-events.ts'
import type {
  Accrual,
  EmissionClock,
  Offence,
  SubmittedRoot,
  SubnetLedger,
  WeightsCommitment,
} from './subnet-ledger.ts'

export type SubnetNetwork = Pick<NetworkFile, 'chainId' | 'startBlock' | 'chainKind'> & {
  readonly contracts: Pick<
    NetworkFile['contracts'],
    'subnets' | 'permits' | 'work' | 'weights' | 'epochs' | 'emission' | 'disputes'
  >
}

const blocksPerRequest = 5_000
/** About a minute of blocks on the usual second layers. */
const externalUnsettledBlocks = 32

/** Reads one network. Keep one per process: it remembers events and everything else that cannot change. */
export function createSubnetLedger(reader: LedgerReader, network: SubnetNetwork): SubnetLedger {
  const { contracts } = network
  const { subnets, permits, work, weights, epochs } = contracts
  const events = new LedgerEvents(
    reader,
    { subnets, permits, work, weights, epochs },
    {
      startBlock: network.startBlock,
      blocksPerRequest,
      unsettledBlocks: network.chainKind === 'embedded' ? 0 : externalUnsettledBlocks,
    },
  )
  const read = <const abi extends Abi>(address: Address, abi: abi, functionName: string, args: readonly unknown[]) =>
    reader.readContract({ address, abi, functionName, args, blockTag: 'pending' } as never) as Promise<unknown>
  const clocks = new Map<number, SubnetClock>()
  const punished = new Set<Hex>()
  const permitted = new Map<string, Awaited<ReturnType<SubnetLedger['permittedAt']>>>()
  let emissionFacts: Promise<Omit<EmissionClock, 'finalUntilSeconds'>> | undefined

  const readPermits: SubnetLedger['permittedAt'] = async (netuid, atSeconds) => {
    const candidates = new Set<Address>()
    for (const event of await events.read()) {
      if (event.eventName === 'PermittedStakeChanged' && Number(event.args.netuid) === netuid) {
        candidates.add(toAddress(event.args.hotkey))
      }
    }
    const stakeOf = async (hotkey: Address) => ({
      hotkey,
      stake: (await read(permits, permitsAbi, 'permittedStakeAt', [netuid, hotkey, BigInt(atSeconds)])) as bigint,
    })
    const stakes = await Promise.all([...candidates].sort().map(stakeOf))
    const total = await read(permits, permitsAbi, 'totalPermittedStakeAt', [netuid, BigInt(atSeconds)])
    const found = stakes.filter(({ stake }) => stake > 0n)
    if (found.reduce((sum, { stake }) => sum + stake, 0n) !== total) {
      throw new KoinonError({
        code: 'subnets/incomplete-ledger',
        message: "The stakes found do not sum to the ledger's total; the RPC server may be behind",
        retry: 'later',
      })
    }
    return found
  }

  const readEmission = async (functionName: 'startsAt' | 'periodSeconds' | 'finalUntil'): Promise<number> =>
    Number(await read(contracts.emission, poolEmissionAbi, functionName, []))
  const finalUntil = (): Promise<number> => readEmission('finalUntil')
  const readClock = async (netuid: number): Promise<SubnetClock> => {
    const known = clocks.get(netuid)
    if (known !== undefined) return known
    const facts = read(subnets, subnetsAbi, 'subnet', [netuid]) as Promise<Record<string, number>>
    const subnet = await ofSubnet(netuid, facts)
    const clock: SubnetClock = {
      genesisSeconds: Number(subnet['genesis']),
      epochSeconds: Number(subnet['epochSeconds']),
      workCommitSeconds: Number(subnet['workCommitSeconds']),
      weightCommitSeconds: Number(subnet['weightCommitSeconds']),
      weightRevealSeconds: Number(subnet['weightRevealSeconds']),
      activationDelaySeconds: Number(subnet['activationDelaySeconds']),
    }
    clocks.set(netuid, clock)
    return clock
  }

  const ledger: SubnetLedger = {
    domain: { chainId: network.chainId, epochsContract: contracts.epochs, weightsContract: contracts.weights },
    async nowSeconds() {
      return Number((await reader.getBlock({ blockTag: 'pending' })).timestamp)
    },
    clock: readClock,
    async specHash(netuid, epoch) {
      return (await read(contracts.subnets, subnetsAbi, 'specHashAt', [netuid, BigInt(epoch)])) as Hex
    },
    async endpoints(netuid) {
      const neurons = await read(contracts.subnets, subnetsAbi, 'neurons', [netuid])
      return (neurons as readonly { hotkey: Hex; uid: number; endpoint: string }[]).map((neuron) => ({
        hotkey: toAddress(neuron.hotkey),
        uid: neuron.uid,
        endpoint: neuron.endpoint,
      }))
    },
    async seatsAt(netuid, atSeconds) {
      const seats = new Map<number, HeldSeat>()
      for (const event of await events.read()) {
        if (event.eventName !== 'NeuronRegistered' && event.eventName !== 'NeuronRemoved') continue
        if (Number(event.args.netuid) !== netuid) continue
        const sinceSeconds = await events.timestamp(event.blockNumber)
        if (sinceSeconds > atSeconds) break
        const seat = { uid: event.args.uid, hotkey: toAddress(event.args.hotkey), sinceSeconds }
        if (event.eventName === 'NeuronRegistered') seats.set(seat.uid, seat)
        else seats.delete(seat.uid)
      }
      return [...seats.values()].sort((a, b) => a.uid - b.uid)
    },
    async permittedAt(netuid, atSeconds) {
      const key = `${netuid}/${atSeconds}`
      const known = permitted.get(key)
      if (known !== undefined) return known
      const found = await readPermits(netuid, atSeconds)
      if (permitted.size >= 64) permitted.delete(permitted.keys().next().value as string)
      permitted.set(key, found)
      return found
    },
    async workCommitments(netuid, epoch) {
      return (await events.read()).flatMap((event) =>
        event.eventName === 'WorkCommitted' && isOf(event.args, netuid, epoch)
          ? [
              {
                hotkey: toAddress(event.args.hotkey),
                uid: event.args.uid,
                root: event.args.root,
                count: Number(event.args.count),
              },
            ]
          : [],
      )
    },
    async beacon(netuid, epoch) {
      return present(await read(contracts.work, workAbi, 'beaconOf', [netuid, BigInt(epoch)]))
    },
    async weights(netuid, epoch, hotkey) {
      const [commitment, rowHash] = await Promise.all(
        ['commitmentOf', 'rowHashOf'].map(async (name) =>
          present(await read(contracts.weights, weightsAbi, name, [netuid, BigInt(epoch), hotkey])),
        ),
      )
      return { ...(commitment === undefined ? {} : { commitment }), ...(rowHash === undefined ? {} : { rowHash }) }
    },
    async weightsCommitments(netuid, epoch) {
      const last = new Map<Address, WeightsCommitment>()
      for (const event of await events.read()) {
        if (event.eventName !== 'WeightsCommitted' || !isOf(event.args, netuid, epoch)) continue
        const hotkey = toAddress(event.args.hotkey)
        last.set(hotkey, { hotkey, commitment: event.args.commitment, sealed: event.args.sealedRow })
      }
      return [...last.values()]
    },
    async reveals(netuid, epoch) {
      return (await events.read()).flatMap((event) =>
        event.eventName === 'WeightsRevealed' && isOf(event.args, netuid, epoch)
          ? [{ hotkey: toAddress(event.args.hotkey), row: event.args.row }]
          : [],
      )
    },
    async emissionClock() {
      emissionFacts ??= Promise.all([readEmission('startsAt'), readEmission('periodSeconds')]).then(
        ([startsAtSeconds, periodSeconds]) => ({ startsAtSeconds, periodSeconds }),
      )
      emissionFacts.catch(() => {
        emissionFacts = undefined
      })
      return { ...(await emissionFacts), finalUntilSeconds: await finalUntil() }
    },
    async accrued(netuid, epochExclusive) {
      const { genesisSeconds, epochSeconds } = await readClock(netuid)
      if ((await finalUntil()) < genesisSeconds + epochExclusive * epochSeconds) return undefined
      return read(contracts.emission, poolEmissionAbi, 'accrued', [netuid, BigInt(epochExclusive)]) as Promise<Accrual>
    },
    async roots(netuid) {
      const roots = new Map<number, SubmittedRoot>()
      for (const event of await events.read()) {
        if (event.eventName === 'RootSubmitted' && Number(event.args.netuid) === netuid) {
          const epoch = Number(event.args.epoch)
          const { resultHash, activatesAt, result, posting, signers } = event.args
          roots.set(epoch, {
            epoch,
            resultHash,
            activatesAtSeconds: Number(activatesAt),
            result: toResult(result),
            posting,
            signedBy: placesOf(signers, posting).map((place) => hotkeyOf(posting.validators[place] as Hex)),
          })
        }
        if (event.eventName === 'RootConfirmed' && Number(event.args.netuid) === netuid) {
          const confirmed = roots.get(Number(event.args.epoch))
          const activatesAtSeconds = await events.timestamp(event.blockNumber)
          if (confirmed !== undefined) roots.set(confirmed.epoch, { ...confirmed, activatesAtSeconds })
        }
        if (event.eventName !== 'RootDisabled' && event.eventName !== 'RootOverturned') continue
        // An overturned root may have been disabled and replaced before.
        if (
          roots.get(Number(event.args.epoch))?.resultHash === event.args.resultHash &&
          Number(event.args.netuid) === netuid
        ) {
          roots.delete(Number(event.args.epoch))
        }
      }
      return [...roots.values()].sort((a, b) => a.epoch - b.epoch)
    },
    async offences(netuid) {
      const submitted = new Map<Hex, Pick<Offence, 'result' | 'posting'>>()
      const offences: Offence[] = []
      for (const event of await events.read()) {
        if (event.eventName !== 'RootSubmitted' && event.eventName !== 'RootOverturned') continue
        const { resultHash, epoch } = event.args
        if (Number(event.args.netuid) !== netuid || punished.has(resultHash)) continue
        if (event.eventName === 'RootSubmitted') {
          submitted.set(resultHash, { result: toResult(event.args.result), posting: event.args.posting })
          continue
        }
        const offence = (await read(contracts.epochs, epochsAbi, 'offenceOf', [resultHash])) as { signers: bigint }
        const behind = submitted.get(resultHash)
        if (offence.signers === 0n) punished.add(resultHash)
        else if (behind !== undefined) {
          const overturnedAtSeconds = await events.timestamp(event.blockNumber)
          const signers = placesOf(offence.signers, behind.posting)
          offences.push({ epoch: Number(epoch), resultHash, ...behind, overturnedAtSeconds, signers })
        }
      }
      return offences
    },
    async isDisabled(resultHash) {
      return (await read(contracts.epochs, epochsAbi, 'isDisabled', [resultHash])) as boolean
    },
    async paidTo(netuid, { hotkey, sinceSeconds }) {
      const paid = await read(epochs, epochsAbi, 'paidTo', [netuid, hotkey, sinceSeconds])
      const [mined, dividends] = paid as readonly [bigint, bigint]
      return { mined, dividends }
    },
    async ownerDue(netuid) {
      const now = await ledger.nowSeconds()
      const active = (await ledger.roots(netuid)).filter(({ activatesAtSeconds }) => activatesAtSeconds <= now).at(-1)
      if (active === undefined) return 0n
      const [accrued, paid] = await Promise.all([
        ledger.accrued(netuid, active.epoch + 1),
        read(contracts.emission, poolEmissionAbi, 'paidOf', [netuid]) as Promise<Accrual>,
      ])
      return (accrued?.owner ?? paid.owner) - paid.owner
    },
  }
  return ledger
}

function isOf(args: { readonly netuid: number; readonly epoch: bigint }, netuid: number, epoch: number): boolean {
  return Number(args.netuid) === netuid && Number(args.epoch) === epoch
}

function present(word: unknown): Hex | undefined {
  return word === zeroHash ? undefined : (word as Hex)
}

/** Places in the posting's validators of which the bit is set, ascending. */
function placesOf(signers: bigint, { validators }: Posting): readonly number[] {
  return validators.flatMap((_, place) => (((signers >> BigInt(place)) & 1n) === 1n ? [place] : []))
}

function hotkeyOf(validatorWord: Hex): Address {
  return toAddress(validatorWord.slice(0, 42))
}

function toResult(result: Omit<EpochResult, 'epoch'> & { readonly epoch: bigint }): EpochResult {
  return { ...result, netuid: Number(result.netuid), epoch: Number(result.epoch) }
}
