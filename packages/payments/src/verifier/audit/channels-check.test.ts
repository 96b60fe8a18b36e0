import { systemRandom } from '@koinon/base'
import { batchSettlementAbi } from '@koinon/ledger/abis'
import { type AuditFiles, createCopySource, createRpcSource, recordSource, runChecks } from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ChannelOpener } from '../../client/channel-opener.ts'
import { startNetwork, type TestNetwork } from '../../testing/chain.ts'
import { channelsCheck } from './channels-check.ts'

const everything = { netuid: undefined, fromEpoch: 0, toEpoch: Number.MAX_SAFE_INTEGER }
const audit = async (source: Parameters<typeof runChecks>[0]) => {
  const [report] = await runChecks(source, [channelsCheck], everything, () => undefined)
  if (report === undefined) throw new Error('no report')
  return report
}

let net: TestNetwork
let payer: Awaited<ReturnType<TestNetwork['fund']>>
let files: AuditFiles
beforeAll(async () => {
  net = await startNetwork()
  payer = await net.fund('payer')
  const receiver = await net.fund('receiver')
  const opener = new ChannelOpener({
    reader: net.reader,
    sender: payer.sender,
    payer: payer.account,
    domain: net.domain,
    token: net.network.contracts.dollar,
    collector: net.network.contracts.depositCollector,
    clock: { nowMs: () => Date.now() },
    random: systemRandom,
  })
  const open = () => opener.open({ receiver: receiver.address, payerAuthorizer: payer.address, depositAtomic: 10_000n })
  const call = (functionName: string, ...args: readonly unknown[]) =>
    receiver.sender.call({ address: net.domain.escrow, abi: batchSettlementAbi, functionName, args } as never)
  const claim = (opened: Awaited<ReturnType<typeof open>>, totalClaimed: bigint) => {
    const voucher = { channel: opened.config, maxClaimableAmount: totalClaimed }
    const { signature } = payer.signer.sign({ channelId: opened.channelId, maxClaimableAtomic: totalClaimed })
    return call('claim', [{ voucher, signature, totalClaimed }])
  }
  const [first, second] = [await open(), await open()]
  await claim(first, 700n)
  await claim(second, 300n)
  await call('settle', receiver.address, net.network.contracts.dollar)
  await claim(first, 900n)
  await opener.deposit(first.config, 50n)
  await call('refund', first.config, 1_000n)
  await opener.initiateWithdrawal(second.config, 9_000n)
  await net.advanceSeconds(second.config.withdrawDelay + 1)
  await opener.finalizeWithdrawal(second.config)
  const recording = recordSource(
    await createRpcSource({
      reader: net.reader,
      network: net.network,
      transfers: 'supply',
      onProgress: () => undefined,
    }),
  )
  const report = await audit(recording.source)
  expect(report).toMatchObject({ differences: [], open: [] })
  expect(report.agreed).toBeGreaterThan(20)
  files = recording.files()
}, 120_000)
afterAll(() => net.close())

describe('channelsCheck', () => {
  const changed = async (file: keyof AuditFiles, line: RegExp, field: string, by: bigint) => {
    const lines = files[file].split('\n')
    const index = lines.findIndex((text) => line.test(text))
    const text = lines[index]?.replace(
      new RegExp(`"${field}":"(\\d+)"`),
      (_, figure: string) => `"${field}":"${BigInt(figure) + by}"`,
    )
    expect(text).not.toBe(lines[index])
    const { source } = createCopySource({ ...files, [file]: lines.with(index, text as string).join('\n') })
    return (await audit(source)).differences.map(({ account, what }) => `${account}: ${what}`)
  }

  it('names a channel when any figure of it is changed', async () => {
    const cases = [
      ['Deposited', 'amount', 'balance of channel'],
      ['Deposited', 'newBalance', 'balance of channel'],
      ['Claimed', 'claimAmount', 'claimed in all of channel'],
      ['Claimed', 'newTotalClaimed', 'claimed in all of channel'],
      ['Refunded', 'amount', 'balance and claims of channel'],
      ['WithdrawFinalized', 'amount', 'balance and claims of channel'],
    ] as const
    for (const [name, field, what] of cases) {
      const found = await changed('events.jsonl', new RegExp(`"name":"${name}"`), field, 1n)
      expect(found.join('\n'), `${name}.${field}`).toContain(`${payer.address}: ${what}`)
    }
    expect((await changed('events.jsonl', /"name":"Settled"/, 'amount', 1n)).join('\n')).toContain('settled in block')
  })

  it('names an escrow that holds less than it owes, and one that paid more than lay in a channel', async () => {
    expect(await changed('views.jsonl', /"name":"balanceOf"/, 'value', -1n)).toEqual([
      'undefined: dollars held by the escrow',
    ])
    const found = await changed('events.jsonl', /"name":"Claimed"/, 'claimAmount', 1_000_000n)
    expect(found.join('\n')).toMatch(/: claimed of channel/)
  })

  it('names events of a channel that was never opened, and terms that are not its own', async () => {
    const lines = files['events.jsonl'].split('\n')
    const without = lines.filter((line) => !line.includes('"name":"ChannelCreated"')).join('\n')
    const { source } = createCopySource({ ...files, 'events.jsonl': without })
    expect((await audit(source)).differences.map(({ expected }) => expected)).toContain('before anything else')
    const others = files['events.jsonl'].replace(/"withdrawDelay":\d+/, '"withdrawDelay":1')
    const found = (await audit(createCopySource({ ...files, 'events.jsonl': others }).source)).differences
    expect(found[0]?.what).toMatch(/^identifier of channel/)
  })
})
