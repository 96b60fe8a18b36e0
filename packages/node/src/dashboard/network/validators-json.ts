/** `GET /api/validators`: who may judge in each living subnet, what stands behind them, and how they judged and signed lately. */
import { type Address, toAddress } from '@koinon/base'
import { createLedgerReader, listSubnets, type NetworkFile } from '@koinon/ledger'
import { createSubnetLedger, inParallel } from '@koinon/subnets'
import { readTakes } from '@koinon/subnets/pools'
import type { MetagraphValidatorJson, ValidatorJson, ValidatorsJson } from '@koinon/work/dashboard'
import type { IndexClient } from '../index-client.ts'
import type { MetagraphView } from '../subnets/metagraph-json.ts'
import { createSubnetNames } from '../subnets/subnet-name.ts'

/** Results that are looked at for who signed. */
const lookedAtResults = 16
const readsAtOnce = 8

export type ValidatorsView = () => Promise<ValidatorsJson>

export function createValidatorsView(sources: {
  readonly network: NetworkFile
  readonly index: IndexClient
  readonly viewMetagraph: MetagraphView
  /** The only subnet that is looked at; all living ones without it. */
  readonly netuid?: number
}): ValidatorsView {
  const { network, index, viewMetagraph, netuid: only } = sources
  const reader = createLedgerReader(network)
  const ledger = createSubnetLedger(reader, network, only === undefined ? 'all' : 'asked')
  const nameOf = createSubnetNames(reader, network)

  const look = async (netuid: number): Promise<ValidatorsJson['subnets'][number]> => {
    const nowSeconds = await ledger.nowSeconds()
    const [name, metagraph, permitted, signed] = await Promise.all([
      nameOf(netuid),
      viewMetagraph(netuid),
      ledger.permittedAt(netuid, nowSeconds - 1),
      readSigned(index, netuid),
    ])
    const permits = new Map<string, bigint>(permitted.map(({ hotkey, stake }) => [hotkey, stake]))
    const judges = new Map((metagraph.validators ?? []).map((judge) => [judge.hotkey, judge]))
    const uidOf = new Map(metagraph.neurons.map(({ hotkey, uid }) => [hotkey, uid]))
    const hotkeys = [...new Set([...permits.keys(), ...judges.keys()])].map((hotkey) => toAddress(hotkey))
    const validators = await inParallel(hotkeys, readsAtOnce, async (hotkey): Promise<ValidatorJson> => {
      const { take } = await readTakes({ network, reader }, hotkey)
      const uid = uidOf.get(hotkey)
      const judge = judges.get(hotkey)
      return {
        hotkey,
        ...(uid === undefined ? {} : { uid }),
        hasPermit: permits.has(hotkey),
        stakeAtomic: `${permits.get(hotkey) ?? judge?.stakeAtomic ?? 0n}`,
        takeBps: take.bps,
        ...(take.pending === undefined ? {} : { pendingTake: take.pending }),
        ...signed.of(hotkey),
        ...(judge === undefined ? {} : { judged: judgedJson(judge) }),
      }
    })
    return {
      netuid,
      name,
      ...(metagraph.epoch === undefined ? {} : { epoch: metagraph.epoch }),
      results: signed.results,
      validators: [...validators].sort(byStake),
    }
  }

  return async () => {
    const netuids = only === undefined ? await listSubnets({ network, reader }) : [only]
    const { asOfBlock } = await index.position()
    return { asOfBlock, subnets: await Promise.all(netuids.map(look)) }
  }
}

type Signed = {
  readonly results: number
  readonly of: (hotkey: Address) => Pick<ValidatorJson, 'lastSignedEpoch' | 'signedResults'>
}

/** Who signed the last results, whatever became of these. */
async function readSigned(index: IndexClient, netuid: number): Promise<Signed> {
  const { result: roots } = await index.events({
    contract: 'epochs',
    names: ['RootSubmitted'],
    netuid,
    order: 'newest',
    limit: lookedAtResults,
  })
  const signers = roots.map(({ epoch, args }) => ({ epoch: epoch ?? -1, hotkeys: signersOf(args) }))
  return {
    results: roots.length,
    of: (hotkey) => {
      const own = signers.filter(({ hotkeys }) => hotkeys.has(hotkey))
      const last = own[0]?.epoch
      return { ...(last === undefined ? {} : { lastSignedEpoch: last }), signedResults: own.length }
    },
  }
}

/** A word a validator, its hotkey first; the bit of its place says whether it signed. */
function signersOf(args: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const signers = BigInt(String(args['signers']))
  const { validators } = args['posting'] as { readonly validators: readonly string[] }
  return new Set(
    validators.flatMap((word, place) => (((signers >> BigInt(place)) & 1n) === 1n ? [word.slice(0, 42)] : [])),
  )
}

function judgedJson(judge: MetagraphValidatorJson): NonNullable<ValidatorJson['judged']> {
  const { dividendsPpm, asValidatorAtomic, keptPpm, agreementPpm, weights } = judge
  return {
    dividendsPpm,
    asValidatorAtomic,
    ...(keptPpm === undefined ? {} : { keptPpm }),
    ...(agreementPpm === undefined ? {} : { agreementPpm }),
    ...(weights === undefined ? {} : { seats: weights.length }),
  }
}

function byStake(left: ValidatorJson, right: ValidatorJson): number {
  const [a, b] = [BigInt(left.stakeAtomic), BigInt(right.stakeAtomic)]
  if (a !== b) return a > b ? -1 : 1
  return left.hotkey < right.hotkey ? -1 : 1
}
