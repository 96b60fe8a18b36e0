import type { NetworkJson, SubnetJson } from '@koinon/work/dashboard'
import { readAmount } from '../format/money.ts'
import { count } from '../format/text.ts'
import { isOneMachine } from './one-machine.ts'

/** One thing that users of this network have to trust, as far as its state shows. */
export type TrustPoint = { readonly title: string; readonly sentence: string }

/** What has to be trusted, computed from the network's state; never typed in by hand. The weightiest point first. */
export function trustPoints(network: NetworkJson): readonly TrustPoint[] {
  return [
    ...operatorPoint(network),
    ...(network.chainKind === 'embedded'
      ? [
          {
            title: 'One sequencer',
            sentence:
              'The ledger is an embedded chain in one process. Whoever runs it orders all transactions, and could leave some out or choose the random beacon. It cannot forge a signature, a receipt or a vote.',
          },
        ]
      : []),
    ...sealPoint(network),
    ...network.subnets.flatMap(stakePoint),
    {
      title: 'The gateway',
      sentence:
        'It sees your questions and answers. With your key it can spend up to the key\'s deposit while it serves you, and no more. It cannot change an answer without failing the check "response".',
    },
    {
      title: 'The page you look at',
      sentence:
        'The checks in this page run on your machine, but the gateway delivered the page. For a check that owes it nothing, use `koinon receipt verify` from your own copy of the program.',
    },
  ]
}

/** How few validators can sign a result: the fewest whose stake is more than two thirds. */
export function fewestSigners(subnet: SubnetJson): {
  readonly signers: number
  readonly largestShare: number
  readonly validators: number
} {
  const stakes = subnet.neurons
    .filter((neuron) => neuron.kind === 'validator')
    .map((neuron) => readAmount(neuron.stakeAtomic) ?? 0n)
    .sort((a, b) => (a < b ? 1 : a > b ? -1 : 0))
  const total = stakes.reduce((sum, stake) => sum + stake, 0n)
  if (total === 0n) return { signers: 0, largestShare: 0, validators: stakes.length }
  let held = 0n
  let signers = 0
  for (const stake of stakes) {
    held += stake
    signers += 1
    if (3n * held > 2n * total) break
  }
  return { signers, largestShare: Number((10_000n * (stakes[0] ?? 0n)) / total) / 10_000, validators: stakes.length }
}

function operatorPoint(network: NetworkJson): readonly TrustPoint[] {
  if (!isOneMachine(network)) return []
  const neurons = network.subnets.flatMap((subnet) => subnet.neurons)
  return [
    {
      title: 'One operator holds 100 %',
      sentence: `All ${count(neurons.length, 'miner and validator', 'miners and validators')} run on this machine. That is a rehearsal of a decentralized network, not one: every role has the same owner.`,
    },
  ]
}

const whySealed =
  'Validators send the marks they give to miners sealed, so that nobody copies them; the seal opens when all are in, also for a validator that fell silent.'

function sealPoint({ beacon, subnets }: NetworkJson): readonly TrustPoint[] {
  if (beacon === undefined) return []
  const opened = subnets.flatMap(({ netuid, openedRows }) =>
    openedRows === undefined || openedRows.byOthers === 0
      ? []
      : [
          `Of the last ${count(openedRows.ofLast, 'list')} of marks in subnet ${netuid}, ${openedRows.byOthers} had to be opened by others, because the validator fell silent.`,
        ],
  )
  if (beacon.kind === 'none') {
    return [
      {
        title: 'Validators may fall silent',
        sentence:
          'Validators send only a hash of the marks they give to miners, and open them when all are in. The marks of one that falls silent stay closed.',
      },
    ]
  }
  const who =
    beacon.kind === 'local'
      ? 'On this network its operator has the key, and could look early.'
      : `Who could look early: ${beacon.trust}.`
  return [{ title: 'Who could read marks early', sentence: [whySealed, who, ...opened].join(' ') }]
}

function stakePoint(subnet: SubnetJson): readonly TrustPoint[] {
  const { signers, largestShare, validators } = fewestSigners(subnet)
  if (signers === 0) {
    return [
      {
        title: `No staked validator in subnet ${subnet.netuid}`,
        sentence: 'Nobody can sign a result, so nobody is paid emission. Answers are still paid by their users.',
      },
    ]
  }
  return [
    {
      title: `${count(signers, 'validator')} of ${validators} can decide subnet ${subnet.netuid}`,
      sentence: `A result counts when more than two thirds of the stake sign it, and ${count(signers, 'validator holds', 'validators together hold')} that much. The largest holds ${(100 * largestShare).toFixed(1)} %. Anybody can recompute the result from public data and object.`,
    },
  ]
}
