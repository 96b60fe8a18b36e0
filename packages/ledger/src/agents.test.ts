import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAgent } from './agents.ts'
import { createLedgerReader } from './clients.ts'
import { identityRegistryAbi } from './generated/identity-registry.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { joinSubnet, leaveSubnet } from './membership.ts'
import {
  type BareChain,
  type ContractsNetwork,
  startBareAnvil,
  startEmbedded,
  type TestAccount,
  withContracts,
} from './testing/network.ts'

const koin = 10n ** 18n
const anvil = 'a chain without Multicall3'

describe.each([
  // No query of logs may span more than one block here: what a chain of years is to a public RPC.
  ['an embedded chain whose door lets no log query through', () => startEmbedded({ maxLogBlocks: 1 })],
  [anvil, startBareAnvil as () => Promise<BareChain>],
])('findAgent on %s', (name, start) => {
  let chain: ContractsNetwork
  beforeAll(async () => {
    chain = await withContracts(await start())
    if (name === anvil) {
      const network = { ...chain.network, chainKind: 'external' } as const
      chain = { ...chain, network, reader: createLedgerReader(network) }
    }
  }, 60_000)
  afterAll(() => chain?.close())

  const registry = () => ({ address: chain.network.contracts.identity, abi: identityRegistryAbi }) as const
  const found = ({ address }: TestAccount) => findAgent(chain.reader, registry().address, address)
  const register = async ({ sender }: TestAccount, times = 1) => {
    const calls = Array.from({ length: times }, () =>
      sender.call({ ...registry(), functionName: 'register', args: ['http://a.invalid'] }),
    )
    await Promise.all(calls)
  }

  it('finds none where there is none, and the first of several', async () => {
    const [somebody, nobody] = [await chain.account(), await chain.account()]
    expect(await found(nobody)).toBeUndefined()
    await register(somebody, 2)
    expect(await found(nobody)).toBeUndefined()
    expect(await found(somebody)).toBe(0n)
  })

  it('passes over an agent that was given away or came without its wallet', async () => {
    const [giver, taker] = [await chain.account(), await chain.account()]
    await register(giver)
    const agentId = (await found(giver)) as bigint
    await giver.sender.call({
      ...registry(),
      functionName: 'transferFrom',
      args: [giver.address, taker.address, agentId],
    })
    expect(await found(giver)).toBeUndefined()
    expect(await found(taker)).toBeUndefined()
    await register(taker)
    expect(await found(taker)).toBe(agentId + 1n)
  })

  it('lets an account leave a subnet and come back with the same identity', async () => {
    const account = await chain.account()
    const { token } = chain.network.contracts
    const args = [account.address, 2n * koin] as const
    await chain.founder.sender.call({ address: token, abi: koinonTokenAbi, functionName: 'transfer', args })
    const member = { ...account, network: chain.network, reader: chain.reader }
    const { agentId } = await joinSubnet(member, 1, 'http://127.0.0.1:1')
    await leaveSubnet(member, 1)
    expect((await joinSubnet(member, 1, 'http://127.0.0.1:2')).agentId).toBe(agentId)
  })

  it('goes on beyond the agents of one turn, and ends at the last of them', async () => {
    const [crowd, last] = [await chain.account(), await chain.account()]
    await register(crowd, 3)
    await register(last)
    const agentId = (await found(last)) as bigint
    const { address } = registry()
    for (const perTurn of [1, 2, Number(agentId), Number(agentId) + 1]) {
      expect(await findAgent(chain.reader, address, last.address, perTurn)).toBe(agentId)
    }
    await last.sender.call({ ...registry(), functionName: 'unsetAgentWallet', args: [agentId] })
    for (const perTurn of [1, 2, Number(agentId) + 1]) {
      expect(await findAgent(chain.reader, address, last.address, perTurn)).toBeUndefined()
    }
  })
})

it('says that the ledger does not answer instead of registering a second identity', async () => {
  const chain = await startEmbedded()
  const account = await chain.account()
  await chain.close()
  await expect(findAgent(account.reader, account.address, account.address)).rejects.toMatchObject({
    code: 'ledger/rpc-unreachable',
    retry: 'later',
  })
})
