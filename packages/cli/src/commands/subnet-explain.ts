import { formatUnits, KoinonError, tokenDecimals } from '@koinon/base'
import { networkOf, requestJson } from '@koinon/node'
import type { Command } from 'commander'
import { parseInteger, runCommand } from '../runner.ts'
import { facts, table } from '../table.ts'

type Metagraph = {
  readonly epoch?: number
  readonly aggregator?: string
  readonly emissionAtomic?: string
  readonly seats?: readonly {
    readonly uid: number
    readonly hotkey: string
    readonly consensusPpm: number
    readonly incentivePpm: number
    readonly asMinerAtomic: string
  }[]
  readonly validators?: readonly {
    readonly uid?: number
    readonly hotkey: string
    readonly stakeAtomic: string
    readonly weights?: readonly (readonly [number, number])[]
  }[]
}
type Payouts = {
  readonly payouts: readonly { readonly uid?: number; readonly why: string }[]
  readonly weights: readonly { readonly openedBy?: string }[]
}

/** `koinon subnet explain UID`. */
export function defineSubnetExplain(subnet: Command): void {
  subnet
    .command('explain')
    .description('why a seat earned what it did in the last signed epoch: who gave it how much, and what they say')
    .argument('<uid>', 'number of the seat')
    .option('--netuid <n>', 'subnet', '1')
    .action(
      runCommand(async ({ home }, text: string, flags: { readonly netuid: string }) => {
        const uid = parseInteger(text, 'the seat', 0, 65_535)
        const netuid = parseInteger(flags.netuid, '--netuid', 1, 65_535)
        const { gatewayUrl } = networkOf(home)
        if (gatewayUrl === undefined) throw noGateway()
        const get = <answer>(path: string) => requestJson<answer>(`${gatewayUrl}${path}`, { method: 'GET' })
        const metagraph = await get<Metagraph>(`/api/subnets/${netuid}/metagraph`)
        if (metagraph.epoch === undefined) throw noResult(netuid)
        const seat = metagraph.seats?.find((one) => one.uid === uid)
        if (seat === undefined) throw noSeat(netuid, uid, metagraph.epoch)
        const { payouts, weights } = await get<Payouts>(`/api/epochs/${netuid}/${metagraph.epoch}`)
        const why = payouts.find((payout) => payout.uid === uid)?.why
        const openedByOthers = weights.filter(({ openedBy }) => openedBy !== undefined).length
        const rows = { revealed: weights.length, openedByOthers }
        const judgements = (metagraph.validators ?? []).map((validator) => {
          const sharePpm = validator.weights?.find(([other]) => other === uid)?.[1]
          return { validator, sharePpm: validator.weights === undefined ? undefined : (sharePpm ?? 0) }
        })
        return {
          data: {
            netuid,
            epoch: metagraph.epoch,
            ...seat,
            rows,
            ...(why === undefined ? {} : { why }),
            judgements: judgements.map(({ validator, sharePpm }) => ({
              hotkey: validator.hotkey,
              stakeAtomic: validator.stakeAtomic,
              ...(sharePpm === undefined ? {} : { sharePpm }),
            })),
          },
          text: describe(netuid, metagraph, seat, judgements, rows, why),
        }
      }),
    )
}

type Judgement = {
  readonly validator: NonNullable<Metagraph['validators']>[number]
  readonly sharePpm: number | undefined
}

function describe(
  netuid: number,
  metagraph: Metagraph,
  seat: NonNullable<Metagraph['seats']>[number],
  judgements: readonly Judgement[],
  opened: { readonly revealed: number; readonly openedByOthers: number },
  why: string | undefined,
): string {
  const head = facts([
    ['seat', `${seat.uid} of subnet ${netuid}, ${seat.hotkey}`],
    [
      'epoch',
      `${metagraph.epoch}, ${koin(metagraph.emissionAtomic ?? '0')} alpha of subnet ${netuid} shared out by ${metagraph.aggregator}`,
    ],
    ['earned', `${koin(seat.asMinerAtomic)} alpha, ${percent(seat.incentivePpm)} of the miners' part`],
    ['consensus', `${percent(seat.consensusPpm)}: what more than half of the stake gave it at least`],
    [
      'rows',
      `${opened.revealed} open${opened.openedByOthers === 0 ? '' : `, ${opened.openedByOthers} of them by others with the beacon, because their validators were silent`}`,
    ],
    ['why', why ?? 'no validator log is reachable, or nothing was claimed yet'],
  ])
  const rows = judgements.map(({ validator, sharePpm }) => [
    validator.uid === undefined ? 'left' : String(validator.uid),
    koin(validator.stakeAtomic),
    sharePpm === undefined ? 'not revealed' : percent(sharePpm),
    sharePpm === undefined ? '' : comparison(sharePpm - seat.consensusPpm),
  ])
  return `${head}\n\n${table(['validator', 'stake weighs', 'gave it', 'against the consensus'], rows)}`
}

function comparison(differencePpm: number): string {
  if (differencePpm === 0) return 'the same'
  return differencePpm > 0 ? `${percent(differencePpm)} more, cut` : `${percent(-differencePpm)} less`
}

function percent(ppm: number): string {
  return `${(ppm / 10_000).toFixed(1)} %`
}

function koin(atomic: string): string {
  return formatUnits(BigInt(atomic) / 10n ** 14n, tokenDecimals - 14)
}

function noGateway(): KoinonError {
  return new KoinonError({
    code: 'node/no-gateway',
    message: 'The network file names no gateway',
    hint: 'Join through a gateway: koinon join <gateway URL>.',
  })
}

function noResult(netuid: number): KoinonError {
  return new KoinonError({
    code: 'subnets/no-result',
    message: `No epoch of subnet ${netuid} has a signed result whose record a validator serves yet`,
    hint: `Epochs and their states: koinon epoch show --netuid ${netuid}`,
    retry: 'later',
  })
}

function noSeat(netuid: number, uid: number, epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/no-seat',
    message: `Subnet ${netuid} had no seat ${uid} in epoch ${epoch}`,
    hint: `Seats and their hotkeys: koinon epoch show ${epoch} --netuid ${netuid}`,
  })
}
