import type { Address } from '@koinon/base'
import { type AuditCheck, eventsOf, isInScope, viewOf } from '@koinon/ledger/audit'
import { replaySubnets } from './replay.ts'

/** Places are given in the order that specs/0010 section 2 says: the one freed last, else the next; a full subnet evicts. */
export const seatsCheck: AuditCheck = {
  name: 'seats',
  compares: 'places given at each registration, and who holds them at the head',
  async run(source, tally, scope) {
    for (const subnet of await replaySubnets(source)) {
      const { netuid, maxNeurons } = subnet
      if (!isInScope(scope, netuid)) continue
      const holders = new Map<number, Address>()
      const free: number[] = []
      let evicted: number | undefined
      for (const event of eventsOf(source, 'subnets', 'NeuronRegistered', 'NeuronRemoved')) {
        if (event.args.netuid !== netuid) continue
        const { hotkey: account, uid } = event.args
        const subject = { netuid, account }
        if (event.name === 'NeuronRemoved') {
          tally.same(subject, `holder of place ${uid} when it was left`, holders.get(uid) ?? 'nobody', account)
          if (event.args.evicted) tally.same(subject, 'seats taken when one was evicted', maxNeurons, holders.size)
          holders.delete(uid)
          if (event.args.evicted) evicted = uid
          else free.push(uid)
          continue
        }
        const isNew = [...holders.values()].every((holder) => holder !== account)
        tally.holds(subject, 'seats of one hotkey', isNew, 'one', 'two')
        tally.same(subject, 'place given', evicted ?? free.pop() ?? holders.size, uid)
        evicted = undefined
        holders.set(uid, account)
        tally.holds({ netuid }, 'seats taken', holders.size <= maxNeurons, `at most ${maxNeurons}`, holders.size)
      }
      const neurons = await viewOf(source, 'subnets', 'neurons', [netuid])
      if ('problem' in neurons) {
        tally.open({ netuid }, 'seats at the head', neurons.problem)
        continue
      }
      const found = new Map(neurons.value.map(({ uid, hotkey }) => [uid, hotkey]))
      for (const uid of new Set([...holders.keys(), ...found.keys()]))
        tally.same(
          { netuid },
          `holder of place ${uid} at the head`,
          holders.get(uid) ?? 'nobody',
          found.get(uid) ?? 'nobody',
        )
    }
  },
}
