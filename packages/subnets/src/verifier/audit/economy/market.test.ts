import { sha256Hex } from '@koinon/base'
import { koinonTokenAbi, poolsAbi } from '@koinon/ledger/abis'
import { type AuditScope, createCopySource, createRpcSource, recordSource, runChecks } from '@koinon/ledger/audit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PoolLedger, startPoolLedger } from '../../../testing/pool-ledger.ts'
import { token } from '../../../testing/test-ledger.ts'
import { poolsCheck } from '../pools-check.ts'

const everything: AuditScope = { netuid: undefined, fromEpoch: 0, toEpoch: 9 }
let pools: PoolLedger
beforeAll(async () => {
  pools = await startPoolLedger()
}, 120_000)
afterAll(() => pools.ledger.close())

describe('a market that ended', () => {
  it('pays its pot by alpha, in any order, and what was burned is said for what reason', async () => {
    const { ledger } = pools
    const netuid = await pools.openSubnet(1_000n * token)
    const [ann, bob] = [await pools.account(200n * token), await pools.account(200n * token)]
    const { contracts } = ledger.network
    const call = (account: typeof ann, functionName: string, ...args: readonly unknown[]) =>
      account.sender.call({ address: contracts.pools, abi: poolsAbi, functionName, args } as never)
    for (const account of [ann, bob])
      await account.sender.call({
        address: contracts.token,
        abi: koinonTokenAbi,
        functionName: 'approve',
        args: [contracts.pools, 200n * token],
      })
    await call(ann, 'buy', netuid, 150n * token, 1n)
    await call(bob, 'buy', netuid, 50n * token, 1n)
    await call(bob, 'sell', netuid, 3n * token, 1n)
    await pools.dissolve(netuid)
    await call(ann, 'redeem', netuid, 40n * token)
    await call(bob, 'burn', netuid, token)
    await call(bob, 'redeem', netuid, token)
    await call(ann, 'redeem', netuid, 1n)
    await call(ann, 'burnFees')

    const recording = recordSource(
      await createRpcSource({
        reader: ledger.reader,
        network: ledger.network,
        transfers: 'supply',
        onProgress: () => undefined,
      }),
    )
    const [live] = await runChecks(recording.source, [poolsCheck], everything, () => undefined)
    expect(live).toMatchObject({ differences: [], open: [] })
    expect(live?.agreed).toBeGreaterThan(50)

    const files = recording.files()
    const falsified = async (name: string, from: RegExp, to: string): Promise<readonly string[]> => {
      const lines = files['events.jsonl'].split('\n')
      const index = lines.findIndex((line) => line.includes(`"name":"${name}"`) && from.test(line))
      expect(index, name).toBeGreaterThan(0)
      const text = lines.with(index, (lines[index] as string).replace(from, to)).join('\n')
      const manifest = files['manifest.json'].replace(sha256Hex(files['events.jsonl']), sha256Hex(text))
      const { source } = createCopySource({ ...files, 'events.jsonl': text, 'manifest.json': manifest })
      const [report] = await runChecks(source, [poolsCheck], everything, () => undefined)
      return report?.differences.map(({ what }) => what) ?? []
    }
    expect(await falsified('PoolDissolved', /"pot":"\d/, '"pot":"9')).toEqual(['pot at the end of the pool'])
    expect(await falsified('Redeemed', /"koin":"\d/, '"koin":"9')).toEqual([expect.stringContaining('KOIN redeemed')])
    expect(await falsified('AlphaBurned', /"reason":3/, '"reason":1')).toEqual([
      expect.stringContaining('burned for KOIN'),
    ])
    expect(await falsified('FeesBurned', /"koin":"\d/, '"koin":"9')).toEqual([expect.stringContaining('fees burned')])
  }, 120_000)
})
