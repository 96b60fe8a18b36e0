import type { Hex } from '@koinon/base'
import { type AuditCheck, eventsOf, isInScope, type Question, viewOf } from '@koinon/ledger/audit'
import { epochWindow, unpackRow, weightsCommitment } from '../../rules/index.ts'
import { keptRowHash } from '../../rules/weight-row.ts'
import { replaySubnets } from './replay.ts'

/** Rows were committed blind and revealed as committed (specs/0007 section 4). */
export const weightsCheck: AuditCheck = {
  name: 'weights',
  compares: 'each revealed row with its commitment, and both with their phases and permits',
  async run(source, tally, scope) {
    const { chainId, contracts } = source.network
    const subnets = new Map((await replaySubnets(source)).map((subnet) => [subnet.netuid, subnet]))
    const commitments = new Map<string, Hex>()
    const opened = new Set<string>()
    const questions: Question[] = []
    for (const event of eventsOf(source, 'weights', 'WeightsCommitted', 'WeightsRevealed')) {
      const { netuid, hotkey } = event.args
      const epoch = Number(event.args.epoch)
      const subnet = subnets.get(netuid)
      if (subnet === undefined || !isInScope(scope, netuid, epoch)) continue
      const subject = { netuid, epoch, account: hotkey }
      const key = `${netuid}/${epoch}/${hotkey}`
      const { startsAtSeconds, workCommitEndsAtSeconds, weightCommitEndsAtSeconds, revealEndsAtSeconds } = epochWindow(
        subnet.clock,
        epoch,
      )
      const within = (what: string, from: number, to: number): void =>
        void tally.holds(
          subject,
          what,
          event.seconds >= from && event.seconds < to,
          `${from} to ${to - 1}`,
          event.seconds,
        )
      if (event.name === 'WeightsCommitted') {
        within('second of the commitment', workCommitEndsAtSeconds, weightCommitEndsAtSeconds)
        const isPermitted = subnet.permittedAt(startsAtSeconds).some((one) => one.hotkey === hotkey)
        tally.holds(subject, 'permit of who committed', isPermitted, 'a permit', 'none')
        commitments.set(key, event.args.commitment)
        continue
      }
      const { row, salt } = event.args
      within('second of the reveal', weightCommitEndsAtSeconds, revealEndsAtSeconds)
      tally.holds(subject, 'reveals', !opened.has(key), 'one', 'two')
      opened.add(key)
      const commitment = weightsCommitment({
        chainId,
        weightsContract: contracts.weights,
        netuid,
        epoch,
        hotkey,
        packedRow: row,
        salt,
      })
      tally.same(subject, 'commitment of the revealed row and salt', commitment, commitments.get(key) ?? 'none')
      tally.holds(subject, 'revealed row', isRow(row), 'well formed', row)
      const answer = viewOf(source, 'weights', 'rowHashOf', [netuid, event.args.epoch, hotkey])
      questions.push({ subject, what: 'hash of the revealed row', expected: keptRowHash(row), answer })
    }
    await tally.answers(questions)
  },
}

function isRow(row: Hex): boolean {
  try {
    unpackRow(row)
    return true
  } catch {
    return false
  }
}
