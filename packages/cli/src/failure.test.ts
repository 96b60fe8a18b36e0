import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KoinonError, systemRandom } from '@koinon/base'
import { createLedgerReader } from '@koinon/ledger'
import { koinonTokenAbi } from '@koinon/ledger/abis'
import { accountKey, openHome } from '@koinon/node/home'
import { networkOf } from '@koinon/node/wallet'
import { startTestLedger } from '@koinon/subnets/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { failureOf } from './failure.ts'
import { exitCodeOf } from './runner.ts'
import { runKoinon } from './testing/run-koinon.ts'

const folder = mkdtempSync(join(tmpdir(), 'koinon-cli-failure-'))
const home = openHome(join(folder, 'home'))
/** A network that ran and was stopped. */
beforeAll(async () => {
  const ledger = await startTestLedger()
  writeFileSync(home.networkFile, JSON.stringify(ledger.network))
  accountKey(home, 'wallet', systemRandom)
  await ledger.close()
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a ledger that does not answer', () => {
  it.each([
    ['subnet list'],
    ['subnet show 1'],
    ['subnet metagraph 1'],
    ['subnet buy 1 1 --dry-run'],
    ['subnet holdings'],
    ['validator list'],
    ['wallet balance'],
    ['epoch confirm 1 --dry-run'],
  ])(
    'is told by koinon %s as one sentence with the next step, exit code 3',
    async (command) => {
      const { code, stdout, stderr } = await runKoinon(home.path, ...command.split(' '))
      expect(stderr).toMatch(
        /^koinon: The ledger at http:\/\/127\.0\.0\.1:\d+\/? does not answer\n {8}Start the network with "(npx )?koinon up --home .+"; .+\.\n$/,
      )
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    },
    30_000,
  )
})

describe('failureOf', () => {
  it('finds the silence below what the reader of a contract says', async () => {
    const network = networkOf(home)
    const token = { address: network.contracts.token, abi: koinonTokenAbi } as const
    const read = createLedgerReader(network).readContract({ ...token, functionName: 'totalSupply' })
    const failure = failureOf(await read.catch((error: unknown) => error))
    expect(failure).toMatchObject({ code: 'ledger/rpc-unreachable', retry: 'later' })
    expect(exitCodeOf(failure)).toBe(3)
  })

  it('names the status of a server that refuses', () => {
    const refused = Object.assign(new Error('x'), { name: 'HttpRequestError', url: 'https://rpc.example', status: 429 })
    expect(failureOf(new Error('outer', { cause: refused })).message).toBe(
      'The ledger at https://rpc.example answers with HTTP status 429 only',
    )
  })

  it('leaves our own errors and those of others as they are', () => {
    const own = new KoinonError({ code: 'a/b', message: 'c', cause: { name: 'HttpRequestError', url: 'x' } })
    expect(failureOf(own).code).toBe('a/b')
    expect(failureOf(Object.assign(new Error('too slow'), { name: 'TimeoutError' }))).toMatchObject({
      code: 'internal',
    })
    expect(failureOf('text')).toMatchObject({ message: 'text' })
  })
})
