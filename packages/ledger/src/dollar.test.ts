import { bytesToHex, domainSeparator, toAddress } from '@koinon/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLedgerReader } from './clients.ts'
import { deployContracts } from './deploy.ts'
import { checkDollar, dollarAbi, readDollarDomain } from './dollar.ts'
import { deployCircleDollar } from './testing/circle-dollar.ts'
import {
  type BareChain,
  type ContractsNetwork,
  startBareAnvil,
  startEmbedded,
  type TestAccount,
  testParameters,
  withContracts,
} from './testing/network.ts'

describe.each([
  ['the embedded chain', startEmbedded as () => Promise<BareChain>],
  ['anvil', startBareAnvil as () => Promise<BareChain>],
])('a dollar on %s', (_name, start) => {
  let chain: ContractsNetwork
  let issuer: TestAccount
  beforeAll(async () => {
    chain = await withContracts(await start())
    issuer = await chain.account()
  }, 60_000)
  afterAll(() => chain?.close())

  it('is read by ERC-5267 where the token has that', async () => {
    const { dollar } = chain.network.contracts
    expect(await readDollarDomain(chain.reader, dollar)).toEqual({
      name: 'Test Dollar',
      version: '1',
      chainId: chain.network.chainId,
      verifyingContract: dollar,
    })
    await checkDollar(chain.reader, dollar)
  })

  it('is read by name and version where it has not, as with USDC', async () => {
    const dollar = await deployCircleDollar(issuer.sender)
    const read = { address: dollar, abi: dollarAbi } as const
    await expect(chain.reader.readContract({ ...read, functionName: 'eip712Domain' })).rejects.toThrow()
    const domain = await readDollarDomain(chain.reader, dollar)
    expect(domain).toMatchObject({ name: 'USD Coin', version: '2', verifyingContract: dollar })
    expect(bytesToHex(domainSeparator(domain))).toBe(
      await chain.reader.readContract({ ...read, functionName: 'DOMAIN_SEPARATOR' }),
    )
    await checkDollar(chain.reader, dollar)
  })

  it('is refused when a signature for it would not hold, or its amounts mean something else', async () => {
    const { sender } = issuer
    const cases = [
      [await deployCircleDollar(sender, { version: '1' }), 'DOMAIN_SEPARATOR'],
      [await deployCircleDollar(sender, { decimals: 18 }), '18 decimals'],
      [toAddress(`0x${'d0'.repeat(20)}`), 'no ERC-20 token'],
      [chain.network.contracts.identity, 'no ERC-20 token'],
    ] as const
    for (const [dollar, problem] of cases) {
      await expect(checkDollar(chain.reader, dollar)).rejects.toMatchObject({
        code: 'ledger/unusable-dollar',
        message: expect.stringContaining(problem),
        retry: 'never',
      })
    }
  })

  it('is looked at before anything is deployed for it', async () => {
    const deployer = await chain.account()
    const dollar = await deployCircleDollar(issuer.sender, { decimals: 18 })
    const options = { reader: chain.reader, sender: deployer.sender, parameters: testParameters, dollar }
    await expect(deployContracts({ ...options, onDeployed: () => undefined })).rejects.toMatchObject({
      code: 'ledger/unusable-dollar',
    })
    expect(await chain.reader.getTransactionCount({ address: deployer.address })).toBe(0)
  })
})

it('is not called unusable when nobody answers', async () => {
  const network = { chainId: 1, name: 'gone', rpcUrl: 'http://127.0.0.1:1', chainKind: 'external' } as never
  const token = toAddress(`0x${'d0'.repeat(20)}`)
  const expected = { code: 'ledger/rpc-unreachable', retry: 'later' }
  await expect(checkDollar(createLedgerReader(network), token)).rejects.toMatchObject(expected)
  await expect(readDollarDomain(createLedgerReader(network), token)).rejects.toMatchObject(expected)
})
