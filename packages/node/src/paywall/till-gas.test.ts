import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { afterEach, describe, expect, it } from 'vitest'
import { ensureTillGas } from './till-gas.ts'

const account: Address = `0x${'ab'.repeat(20)}`
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** A till of an account that holds so much, at a gateway whose faucet answers with a status. */
async function open(holdsWei: bigint, isTest: boolean, faucetStatus = 200) {
  const [asked, said]: [string[], unknown[]] = [[], []]
  const gateway = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${Buffer.concat(await request.toArray())}`)
    response.writeHead(faucetStatus, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  closers.push(() => gateway.close().closeAllConnections())
  const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  const network = { isTest, gatewayUrl } as NetworkFile
  const reader = {
    getBalance: () => Promise.resolve(holdsWei),
    estimateFeesPerGas: () => Promise.resolve({ maxFeePerGas: 2n }),
  }
  await ensureTillGas(network, reader as never, account, {
    warn: (...words: unknown[]) => said.push(words.at(-1)),
  } as never)
  return { asked, said }
}

describe('gas of an account that sells', () => {
  it('comes from the faucet of a test network, once it may not be enough', async () => {
    expect(await open(0n, true)).toEqual({ asked: [`POST /api/faucet {"address":"${account}"}`], said: [] })
    expect(await open(8_000_000n, true)).toEqual({ asked: [], said: [] })
    expect(await open(1n, false)).toEqual({ asked: [], said: [] })
    expect((await open(1n, true, 403)).said).toEqual([])
  })

  it('is asked of its owner where money is real, or the faucet is shut', async () => {
    const said = [expect.stringContaining('send it some')]
    expect(await open(0n, false)).toEqual({ asked: [], said })
    expect((await open(0n, true, 403)).said).toEqual(said)
  })
})
