import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256Hex } from '@koinon/base'
import { subnetFileSpec } from '@koinon/node/local'
import { startRevealedSubnet, startTestLedger, type TestLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TestHome } from '../testing/test-home.ts'

const unit = 10n ** 18n
const at = new TestHome()
const { folder } = at
const file = join(folder, 'small.ts')
let ledger: TestLedger
let subnet: Awaited<ReturnType<typeof startRevealedSubnet>>
beforeAll(async () => {
  ledger = await startTestLedger()
  at.join(ledger.network)
  await at.fund(ledger, 'wallet')
  writeFileSync(
    file,
    `import { defineSubnet } from '@koinon/subnets/file'
import { z } from 'zod'
export const small = defineSubnet({
  name: 'small', version: 1, task: z.int(), response: z.int(), sample: () => 1, score: () => 1, aggregator: 'stakeMedian',
})
`,
  )
  const { specHash } = await subnetFileSpec(file)
  subnet = await startRevealedSubnet(ledger, [60n * unit, 40n * unit], { specHash })
  await subnet.reveal(1)
}, 120_000)
afterAll(async () => {
  await ledger?.close()
  at.remove()
})

const koinon = (...args: readonly string[]) => at.koinon('epoch', ...args)
const json = (...args: readonly string[]) => at.json('epoch', ...args)
const written = (name: string, value: unknown): string => {
  writeFileSync(join(folder, name), JSON.stringify(value))
  return join(folder, name)
}

describe('koinon epoch confirm', () => {
  it('says what it takes, does it, and says why not where it cannot', async () => {
    const confirm = (...more: readonly string[]) => json('confirm', `${subnet.netuid}`, ...more)
    expect(await confirm()).toMatchObject({ code: 1, error: { code: 'subnets/nothing-pending' } })
    await subnet.submit(await subnet.compute(1))
    const shown = await koinon('confirm', `${subnet.netuid}`, '--file', file, '--dry-run')
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/shown +4 seats, 2 validators, 2 revealed rows/)
    expect(shown.stdout).toMatch(/gas +\d{3},\d{3}/)
    expect(shown.stdout).toMatch(/changes +active at once instead of/)
    expect(shown.stdout).toMatch(/Nothing was sent\. Do it: .*koinon epoch confirm .*\d+ 1 --file /)
    expect(await confirm('1', '--file', file)).toMatchObject({ code: 0, data: { epoch: 1, confirmed: true } })
    expect(await confirm('1', '--file', file)).toMatchObject({ code: 1, error: { code: 'subnets/already-active' } })
    expect(await confirm('7')).toMatchObject({ code: 1, error: { code: 'subnets/nothing-pending' } })
  }, 120_000)
})

describe('koinon epoch accuse', () => {
  it('has the signer of two results slashed, from two files or one, and says why not where it cannot', async () => {
    const [, offender] = subnet.validators
    if (offender === undefined) throw new Error('there are two validators')
    const { result } = await subnet.history.compute(1, undefined)
    const documents = [result, { ...result, dataHash: sha256Hex('another') }].map((one) => {
      const signed = subnet.sign(one, offender)
      const amounts = { minersTotal: `${one.minersTotal}`, dividendsTotal: `${one.dividendsTotal}` }
      return { result: { ...one, ...amounts }, signature: signed.signature, objections: [] }
    })
    const [first, second] = documents.map((document, place) => written(`${place}.json`, document)) as [string, string]
    const both = written('both.json', documents)

    for (const args of [[], [first], ['--in', written('one.json', documents.slice(1))], [first, second, '--in', both]])
      expect(await json('accuse', ...args)).toMatchObject({ code: 2, error: { code: 'usage/two-documents' } })
    expect(await json('accuse', first, first)).toMatchObject({ code: 1, error: { code: 'subnets/not-two-results' } })
    expect(await json('accuse', first, join(folder, 'none.json'))).toMatchObject({ error: { code: 'usage/no-file' } })
    expect(await json('accuse', first, file)).toMatchObject({ error: { code: 'usage/bad-json' } })
    const shown = await koinon('accuse', first, second, '--dry-run')
    expect(shown.stdout).toContain(`signer of both  ${offender.address}`)
    expect(shown.stdout).toContain('Nothing was sent.')
    expect(await json('accuse', '--in', both)).toMatchObject({
      code: 0,
      data: { signer: offender.address, epoch: 1, accused: true },
    })
    expect(await json('accuse', '--in', both)).toMatchObject({ code: 1, error: { code: 'subnets/not-punishable' } })
  }, 120_000)
})
