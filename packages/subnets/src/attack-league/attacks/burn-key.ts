/** Burn-key farming: the owner's validators give half of the miners' pay to idle keys of the owner. */
import { type Attack, honestPlay, stakeCap } from '../attack.ts'
import { holdersUpTo } from '../stakes.ts'
import { ownerKey } from '../world.ts'

const idleKeys = 2

export const burnKey: Attack = {
  name: 'burn-key',
  title: 'Burn-key farming by the owner',
  hope: `The owner's validators, with up to 60 % of the stake, give half of their rows to ${idleKeys} idle keys of the owner: pay without work, called a burn.`,
  reason: "The owner's stake is the consensus, and the idle keys are paid like miners that work.",
  failure: 'What falls on the keys of the owner is burned, and what was burned lowers what the subnet gets next.',
  mends: [
    {
      title: "incentive on the owner's keys is burned",
      world: (settings) => ({ ...settings, ownerKeys: 'burned' }),
    },
    stakeCap,
  ],
  world: (settings) => ({ ...settings, ownerKeys: 'paid' }),
  match: (world) => {
    const validators = holdersUpTo(world.stake, 600_000)
    return {
      player: { validators, miners: [], isOwner: true },
      honest: () => honestPlay,
      attack: () => ({
        prepare: (current) => {
          if (current.epoch > 0) return
          for (let taken = 0; taken < idleKeys; taken++) current.takeSeat(ownerKey, new Set())
        },
        vote: (current) => {
          const { validators: rows } = current.settings
          for (const validator of validators) {
            const scores = Array.from(current.holder, (_, seat) =>
              Math.max(0, current.rows[seat * rows + validator] as number),
            )
            const onOthers = scores.reduce((sum, weight) => sum + weight, 0)
            const each = Math.floor(onOthers / idleKeys)
            current.writeRow(
              validator,
              scores.map((weight, seat) => (current.holder[seat] === ownerKey ? each : weight)),
            )
          }
        },
      }),
    }
  },
}
