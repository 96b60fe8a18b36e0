import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostConfirmationGas } from '../rules/index.ts'
import { digestSource, digestSubnet } from '../testing/digest-subnet.ts'
import { startRevealedSubnet } from '../testing/revealed-subnet.ts'
import { startTestLedger, type TestAccount, type TestLedger, token, until } from '../testing/test-ledger.ts'
import { createTestValidator } from '../testing/test-peers.ts'
import { stealHalf } from '../testing/validator-world.ts'
import { pendingRoot, planConfirmation, sendConfirmation } from './confirm.ts'
import type { ValidatorEvent } from './ports.ts'

const spec = digestSubnet.specParts(digestSource)
const stakes = [40n * token, 40n * token, 20n * token]

let ledger: TestLedger
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'koinon-confirm-'))
  ledger = await startTestLedger()
}, 120_000)
afterAll(async () => {
  await ledger?.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a pending result of a small subnet', () => {
  it('is computed by the ledger and active at once, also on top of another one and with a row that stands in', async () => {
    const subnet = await startRevealedSubnet(ledger, stakes)
    const { netuid, chain, writer, validators } = subnet
    const place = { netuid, ledger: chain, writer }
    await expect(pendingRoot(place)).rejects.toMatchObject({ code: 'subnets/nothing-pending' })
    for (const [epoch, voters] of [
      [1, validators],
      [2, validators.slice(0, 2)],
    ] as const) {
      await subnet.reveal(epoch, voters)
      await subnet.submit(await subnet.compute(epoch))
      const root = await pendingRoot(place, epoch)
      const plan = await planConfirmation(place, root, spec)
      const { confirmation, gas } = plan
      expect(confirmation.rows).toHaveLength(3)
      expect(confirmation.previous.amounts).toHaveLength(epoch === 1 ? 0 : 5)
      expect(gas).toBeGreaterThan(100_000n)
      expect(gas).toBeLessThan(mostConfirmationGas)
      await sendConfirmation(place, plan)
      await expect(sendConfirmation(place, plan)).rejects.toMatchObject({
        code: 'subnets/already-active',
        message: expect.stringContaining('somebody else had the ledger compute the result of epoch'),
      })
      const confirmed = (await chain.roots(netuid)).at(-1)
      expect(confirmed?.activatesAtSeconds).toBeLessThan(root.activatesAtSeconds)
      await expect(pendingRoot(place, epoch)).rejects.toMatchObject({ code: 'subnets/already-active' })
      await expect(pendingRoot(place)).rejects.toMatchObject({ code: 'subnets/nothing-pending' })
    }

    // A wrong one is not, and says which number differs; it goes on waiting, so that it can be disputed.
    await subnet.reveal(3)
    const wrong = await subnet.submit(stealHalf(await subnet.compute(3)))
    await expect(planConfirmation(place, wrong, spec)).rejects.toMatchObject({
      code: 'subnets/result-differs',
      message: expect.stringContaining('amount'),
    })
    expect(await pendingRoot(place)).toEqual(wrong)
    await ledger.moveTo(wrong.activatesAtSeconds)
    await expect(planConfirmation(place, wrong, spec)).rejects.toMatchObject({
      code: 'subnets/already-active',
      message: expect.stringContaining('the delay of the result of epoch 3'),
    })
  }, 120_000)

  it('is confirmed by a validator that agrees with it, for no more gas than it says', async () => {
    const subnet = await startRevealedSubnet(ledger, [60n * token])
    const { netuid, chain, validators } = subnet
    const [account] = validators as [TestAccount]
    await subnet.reveal(1)
    await subnet.submit(await subnet.compute(1))
    const run = async (mostConfirmGas: bigint): Promise<ValidatorEvent> => {
      const isOfConfirming = ({ kind }: ValidatorEvent): boolean => kind === 'confirmed' || kind === 'notConfirmed'
      const validator = await createTestValidator(ledger.network, account.privateKey, netuid, folder, {
        mostConfirmGas,
      })
      validator.start()
      await until('the result is looked at', () => validator.events.some(isOfConfirming))
      await validator.close()
      return validator.events.find(isOfConfirming) as ValidatorEvent
    }
    expect(await run(50_000n)).toMatchObject({ kind: 'notConfirmed', epoch: 1 })
    await pendingRoot({ netuid, ledger: chain }, 1)
    expect(await run(mostConfirmationGas)).toMatchObject({ kind: 'confirmed', epoch: 1 })
    await expect(pendingRoot({ netuid, ledger: chain }, 1)).rejects.toMatchObject({ code: 'subnets/already-active' })
  }, 120_000)
})
