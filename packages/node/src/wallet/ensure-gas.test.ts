import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { afterEach, describe, expect, it } from 'vitest'
import { ensureGas } from './ensure-gas.ts'

const account: Address = `0x${'ab'.repeat(20)}`
const enoughWei = 8_000_000n
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** An account that holds so much where gas costs 2 wei, at a gateway whose faucet answers with a status. */
async function ensure(holdsWei: bigint, isTest: boolean, faucetStatus = 200) {
  const asked: string[] = []
  const gateway = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${Buffer.concat(await request.toArray())}`)
    const error = { code: 'faucet/closed', message: 'The faucet is shut', retry: 'never' }
    const body = faucetStatus === 200 ? {} : { error }
    response.writeHead(faucetStatus, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
  closers.push(() => gateway.close().closeAllConnections())
  const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  const network = { isTest, gatewayUrl, chainId: 31_337 } as NetworkFile
  const getBalance = () => Promise.resolve(holdsWei)
  const estimateFeesPerGas = () => Promise.resolve({ maxFeePerGas: 2n })
  const error = await ensureGas(network, { getBalance, estimateFeesPerGas } as never, account).catch((cause) => cause)
  return { asked, error }
}

describe('gas of an account that is about to send', () => {
  it('comes from the faucet of a test network where it may not be enough, and only there', async () => {
    const fromFaucet = { asked: [`POST /api/faucet {"address":"${account}"}`], error: undefined }
    expect(await ensure(0n, true)).toEqual(fromFaucet)
    expect(await ensure(enoughWei - 1n, true)).toEqual(fromFaucet)
    expect(await ensure(enoughWei, true)).toEqual({ asked: [], error: undefined })
    expect(await ensure(1n, false)).toEqual({ asked: [], error: undefined })
  })

  it('is asked of its owner, with account and amount, where there is no faucet or it gives nothing', async () => {
    const details = { account, neededWei: `${enoughWei}` }
    const { asked, error } = await ensure(0n, false)
    expect(asked).toEqual([])
    expect(error).toMatchObject({ code: 'wallet/no-gas', message: expect.stringContaining(account), details })
    expect(error.hint).toContain('0.000000000008 of the native money of chain 31337 (8000000 wei)')
    const shut = await ensure(0n, true, 403)
    expect(shut.error).toMatchObject({ code: 'wallet/no-gas', message: expect.stringContaining('The faucet is shut') })
    // It may be enough; what it lacks is known to the wei when it sends.
    expect((await ensure(1n, true, 403)).error).toBeUndefined()
  })
})
