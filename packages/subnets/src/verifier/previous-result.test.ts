import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zeroHash } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Accrual } from '../client/index.ts'
import { digestSubnet } from '../testing/digest-subnet.ts'
import { startTestLedger, type TestLedger, token, until } from '../testing/test-ledger.ts'
import { connect, type TestValidator } from '../testing/test-peers.ts'
import { reachRoots, rootStake, signResult, startValidatorWorld, stealHalf } from '../testing/validator-world.ts'
import { EpochHistory } from './epoch-history.ts'
import type { ValidatorEvent } from './ports.ts'

let ledger: TestLedger
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-previous-'))
  ledger = await startTestLedger()
}, 120_000)
afterAll(async () => {
  await ledger.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('validators that signed', () => {
  it('lose nothing when a result that was held back is submitted after they signed the next one', async () => {
    const stakes = [40n * token, 20n * token, 40n * token]
    const world = await startValidatorWorld(ledger, folder, stakes, { miners: 1 })
    const { chain, netuid, validators } = world
    const [first, second, attacker] = validators as [TestValidator, TestValidator, TestValidator]
    const honest = [first, second]
    const stranger = connect(ledger.network, ledger.owner.privateKey).writer
    try {
      for (const epoch of [1, 2]) {
        await reachRoots(world, epoch)
        for (const validator of honest) validator.start()
        await until(`two of three sign epoch ${epoch}`, () =>
          honest.every((validator) => has(validator, 'attested', epoch)),
        )
      }
      expect(await chain.roots(netuid)).toEqual([])
      const signed = await Promise.all([1, 2].map((epoch) => first.store.attestation(netuid, epoch)))
      expect(signed.map((one) => one?.result.previousHash)).toEqual([zeroHash, zeroHash])

      // Both bear right signatures of the honest, which anybody can ask them for, and now those of the attacker.
      const history = new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
      const [one, two] = await Promise.all([1, 2].map((epoch) => history.compute(epoch, undefined)))
      if (one === undefined || two === undefined) throw new Error('two epochs')
      expect([one.result, two.result]).toEqual(signed.map((item) => item?.result))
      const ofOne = signResult(world, one.result, [0, 1, 2])
      await stranger.submitRoot(one.result, one.posting, ofOne.signers, ofOne.signatures)
      await ledger.moveTo(((await chain.roots(netuid))[0]?.activatesAtSeconds ?? 0) + 1)
      const ofTwo = signResult(world, two.result, [0, 1, 2])
      await expect(stranger.submitRoot(two.result, two.posting, ofTwo.signers, ofTwo.signatures)).rejects.toThrow(
        /PreviousMismatch/,
      )
      await until('they see that what they signed has lost its ground', () =>
        honest.every((validator) => has(validator, 'signedOther', 2)),
      )

      // The next epoch builds on what became active, and pays what the skipped one left.
      await reachRoots(world, 3)
      for (const validator of validators) validator.start()
      await until('epoch 3 has a root', async () => {
        await ledger.moveTo((await ledger.nowSeconds()) + 5)
        return (await chain.roots(netuid)).at(-1)?.epoch === 3
      })
      const last = (await chain.roots(netuid)).at(-1)
      expect(last?.result.previousHash).toBe(ofOne.resultHash)
      const accrued = (await chain.accrued(netuid, 4)) as Accrual
      const unpaid = accrued.miners - (last?.result.minersTotal ?? 0n)
      expect(unpaid >= 0n && unpaid < 12n).toBe(true)
      for (const [index, { hotkey }] of validators.entries()) expect(await rootStake(world, hotkey)).toBe(stakes[index])
      expect([first, second, attacker].flatMap(({ events }) => events.filter(isTrouble))).toEqual([])
    } finally {
      await world.close()
    }
  }, 240_000)

  it('object to a wrong result of their own, dispute nothing, and sign no more until their owner lets them', async () => {
    const stakes = [40n * token, 40n * token, 20n * token]
    const world = await startValidatorWorld(ledger, folder, stakes, { miners: 1 })
    const { chain, netuid, validators } = world
    const [first, second, bystander] = validators as [TestValidator, TestValidator, TestValidator]
    try {
      await reachRoots(world, 1)
      const history = new EpochHistory({ netuid, ledger: chain, aggregator: digestSubnet.aggregator })
      const wrong = stealHalf(await history.compute(1, undefined))
      const { resultHash, signers, signatures } = signResult(world, wrong.result, [0, 1])
      const stranger = connect(ledger.network, ledger.owner.privateKey).writer
      await stranger.submitRoot(wrong.result, wrong.posting, signers, signatures)
      expect((await chain.roots(netuid))[0]?.signedBy.toSorted()).toEqual([first.hotkey, second.hotkey].toSorted())
      // More than a third alone: its objection is enough, and the other signer never gets to see the result.
      first.start()
      await until('its objection disables it', () => chain.isDisabled(resultHash))
      const stop = first.events.find(({ kind }) => kind === 'signingStopped')
      expect(stop).toMatchObject({ why: { netuid, epoch: 1, resultHash, what: 'amount' } })

      // Also after a restart, and although the epoch is open again.
      await first.stop()
      first.events.length = 0
      for (const validator of validators) validator.start()
      await until('it says so again', () => has(first, 'signingStopped', 1))
      await until('the others sign', () => [second, bystander].every((validator) => has(validator, 'attested', 1)))
      expect(validators.flatMap(({ events }) => events.filter(isTrouble))).toEqual([])
      expect(first.events.filter(({ kind }) => kind === 'attested')).toEqual([])
      for (const { hotkey } of [first, second]) expect(await rootStake(world, hotkey)).toBe(40n * token)

      const files = readdirSync(folder).filter((name) => name.startsWith('signing-stopped-'))
      expect(files).toEqual([`signing-stopped-${first.hotkey}.json`])
      for (const file of files) rmSync(join(folder, file))
      await until('the right root stands', async () => {
        await ledger.moveTo((await ledger.nowSeconds()) + 5)
        return (await chain.roots(netuid)).length === 1
      })
      expect((await chain.roots(netuid))[0]?.resultHash).not.toBe(resultHash)
      expect(readdirSync(folder).filter((name) => files.includes(name))).toEqual([])
    } finally {
      await world.close()
    }
  }, 240_000)
})

function has({ events }: TestValidator, kind: ValidatorEvent['kind'], epoch: number): boolean {
  return events.some((event) => event.kind === kind && 'epoch' in event && event.epoch === epoch)
}

function isTrouble({ kind }: ValidatorEvent): boolean {
  return kind === 'problem' || kind === 'disputed' || kind === 'punished'
}
