import { readFileSync } from 'node:fs'
import { type Address, toAddress } from '@koinon/base'
import { encodeDeployData } from 'viem'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { emissionPolicyAbi } from './abis.ts'
import {
  canonicalChannels,
  type DeployablePolicyName,
  deployablePolicyNames,
  deployContracts,
  parsePolicyName,
} from './deploy.ts'
import { policyContract } from './emission-policies.ts'
import { alphaStakingAbi, alphaStakingBytecode } from './generated/alpha-staking.ts'
import { koinonTokenAbi } from './generated/koinon-token.ts'
import { poolEmissionAbi } from './generated/pool-emission.ts'
import { poolsAbi, poolsBytecode } from './generated/pools.ts'
import { subnetsAbi } from './generated/subnets.ts'
import type { ContractName } from './network-file.ts'
import type { TransactionSender } from './sender.ts'
import { deployCircleDollar } from './testing/circle-dollar.ts'
import { type BareChain, startBareAnvil, startEmbedded, testParameters } from './testing/network.ts'

const { policyHashes } = JSON.parse(
  readFileSync(new URL('../../../specs/vectors/emission.json', import.meta.url), 'utf8'),
) as { policyHashes: Readonly<Record<string, string>> }

describe.each([
  ['the embedded chain', startEmbedded as () => Promise<BareChain>],
  ['anvil', startBareAnvil as () => Promise<BareChain>],
])('deployContracts on %s', (name, start) => {
  let chain: BareChain
  beforeAll(async () => {
    chain = await start()
  })
  afterAll(() => chain?.close())

  const noted = () => {
    const steps: (readonly [ContractName, Address])[] = []
    return { steps, onDeployed: (step: ContractName, address: Address) => void steps.push([step, address]) }
  }

  it('puts code at every address, wires it and mints to the deployer', async () => {
    const { sender } = await chain.account()
    const { steps, onDeployed } = noted()
    const contracts = await deployContracts({ reader: chain.reader, sender, parameters: testParameters, onDeployed })
    expect(Object.fromEntries(steps)).toEqual(contracts)
    for (const address of Object.values(contracts)) {
      expect((await chain.reader.getCode({ address }))?.length).toBeGreaterThan(100)
    }
    const read = (functionName: 'minter' | 'totalSupply') =>
      chain.reader.readContract({ address: contracts.token, abi: koinonTokenAbi, functionName })
    expect(String(await read('minter')).toLowerCase()).toBe(contracts.emission)
    expect(await read('totalSupply')).toBe(testParameters.genesisAmount)
    const lock = await chain.reader.readContract({
      address: contracts.subnets,
      abi: subnetsAbi,
      functionName: 'minLock',
    })
    expect(lock).toBe(testParameters.minimumLock)
    const emission = { address: contracts.emission, abi: poolEmissionAbi } as const
    for (const name of ['koinPerSecond', 'alphaPerSecond', 'periodSeconds', 'restSeconds'] as const) {
      expect(await chain.reader.readContract({ ...emission, functionName: name })).toBe(testParameters[name])
    }
    const staking = { address: contracts.staking, abi: alphaStakingAbi } as const
    expect(await chain.reader.readContract({ ...staking, functionName: 'rootWeight' })).toBe(testParameters.rootWeight)
    if (name === 'anvil') expect(contracts.channels).not.toBe(canonicalChannels.channels)
    else expect(contracts).toMatchObject(canonicalChannels)
  })

  it('takes the emission policy that was chosen, and by kept capital when none was', async () => {
    const { sender } = await chain.account()
    const options = { reader: chain.reader, sender, parameters: testParameters, onDeployed: () => undefined }
    const hashOf = async (policy?: DeployablePolicyName) => {
      const contracts = await deployContracts({ ...options, ...(policy === undefined ? {} : { policy }) })
      const of = { address: contracts.policy, abi: emissionPolicyAbi, functionName: 'specHash' } as const
      return chain.reader.readContract(of)
    }
    const byDefault = await hashOf()
    expect(byDefault).toBe(policyHashes['userCapital'])
    expect(await hashOf('hillGate')).toBe(policyHashes['hillGate'])
    expect(() => parsePolicyName('revenueWeighted')).toThrow(/no network|No network/)
    expect(deployablePolicyNames.map(parsePolicyName)).toEqual(deployablePolicyNames)
    for (const name of deployablePolicyNames) expect(policyContract(name).specHash).toBe(policyHashes[name])
  })

  it('goes on where it was broken off, at any step, without deploying anything twice', async () => {
    const { sender } = await chain.account()
    const known: Partial<Record<ContractName, Address>> = {}
    let attempts = 0
    for (let isDone = false; !isDone; attempts++) {
      let fresh = 0
      try {
        await deployContracts({
          reader: chain.reader,
          sender,
          parameters: testParameters,
          known: { ...known },
          onDeployed: (step, address) => {
            expect(known[step], `${step} was deployed twice`).toBeUndefined()
            known[step] = address
            fresh += 1
            if (fresh === 2) throw new Error('pulled the plug')
          },
        })
        isDone = true
      } catch (error) {
        expect((error as Error).message).toBe('pulled the plug')
      }
    }
    expect(attempts).toBeGreaterThan(4)
    expect(Object.keys(known)).toHaveLength(22)
    const again = noted()
    await deployContracts({
      reader: chain.reader,
      sender,
      parameters: testParameters,
      known,
      onDeployed: again.onDeployed,
    })
    expect(again.steps).toEqual([])
  })

  it('refuses to go on with another choice than what stands was deployed with, naming both, and sends nothing', async () => {
    const { sender } = await chain.account()
    const known: Partial<Record<ContractName, Address>> = {}
    const onDeployed = (step: ContractName, address: Address) => {
      // The crash loses the note of the staking contract, which the pools know.
      if (step === last && step === 'staking') throw new Error('pulled the plug')
      known[step] = address
      if (step === last) throw new Error('pulled the plug')
    }
    let last: ContractName = 'staking'
    const options = { reader: chain.reader, sender, parameters: testParameters, onDeployed }
    const sent = () => chain.reader.getTransactionCount({ address: sender.address })
    const refused = async (
      changes: Partial<typeof options> & { readonly policy?: DeployablePolicyName },
      sentence: string,
    ) => {
      const before = await sent()
      const onDeployed = () => undefined
      await expect(deployContracts({ ...options, known: { ...known }, ...changes, onDeployed })).rejects.toMatchObject({
        code: 'ledger/other-choice',
        message: expect.stringContaining(sentence),
      })
      expect(await sent()).toBe(before)
    }
    const other = (changes: Partial<typeof testParameters>) => ({ parameters: { ...testParameters, ...changes } })
    await expect(deployContracts({ ...options, policy: 'priceEma' })).rejects.toThrow('pulled the plug')
    expect(known.staking).toBeUndefined()
    await refused(other({ unbondingSeconds: 700n }), 'begun with unbonding-seconds 600, not 700:')
    await refused(other({ genesisAmount: 1n }), 'genesis 1000000 KOIN, not 0.000000000000000001 KOIN')
    last = 'policy'
    // No policy stands yet: another one may be taken.
    await expect(deployContracts({ ...options, known: { ...known }, policy: 'hillGate' })).rejects.toThrow('plug')
    await refused({ policy: 'priceEma' }, 'policy hillGate, not priceEma')
    await refused({}, 'policy hillGate, not userCapital')
    await refused(
      { ...other({ minimumLock: 2n, rootWeight: 3n }), policy: 'equal' },
      'weight of root stake 1 KOIN, not 0.000000000000000003 KOIN; least lock of a subnet 1 KOIN, not 0.000000000000000002 KOIN; policy hillGate, not equal',
    )
    last = 'depositCollector'
    await expect(deployContracts({ ...options, known: { ...known }, policy: 'hillGate' })).rejects.toThrow('plug')
    await refused({ ...other({ periodSeconds: 24n }), policy: 'hillGate' }, 'period in seconds 12, not 24')
    await refused({ ...other({ genesisAmount: 5n }), policy: 'hillGate' }, 'genesis 1000000 KOIN, not')
    await deployContracts({ ...options, known: { ...known }, policy: 'hillGate', onDeployed: () => undefined })
  })

  it('takes up what bound itself for ever just before the plug was pulled, unless a stranger deployed it', async () => {
    const [{ sender }, stranger] = [await chain.account(), await chain.account()]
    const options = { reader: chain.reader, sender, parameters: testParameters, onDeployed: () => undefined }
    const until = async (name: ContractName) => {
      const known: Partial<Record<ContractName, Address>> = {}
      let lost: Address | undefined
      const onDeployed = (step: ContractName, address: Address) => {
        if (step === name) lost = address
        if (step === name) throw new Error('pulled the plug')
        known[step] = address
      }
      await expect(deployContracts({ ...options, onDeployed })).rejects.toThrow('pulled the plug')
      return { known, lost }
    }
    for (const name of ['staking', 'subnets'] as const) {
      const { known, lost } = await until(name)
      expect((await deployContracts({ ...options, known }))[name]).toBe(lost)
    }
    const { known } = await until('pools')
    const pools = await deployPools(sender, known.token as Address)
    const args = [pools, testParameters.unbondingSeconds, testParameters.rootWeight] as const
    const data = encodeDeployData({ abi: alphaStakingAbi, bytecode: alphaStakingBytecode, args })
    await stranger.sender.send({ data }, 'binding first')
    await expect(deployContracts({ ...options, known: { ...known, pools } })).rejects.toMatchObject({
      code: 'ledger/wrong-wiring',
    })
  })

  it('uses an existing dollar', async () => {
    const { sender } = await chain.account()
    const dollar = await deployCircleDollar(sender)
    const { steps, onDeployed } = noted()
    const contracts = await deployContracts({
      reader: chain.reader,
      sender,
      parameters: testParameters,
      dollar,
      onDeployed,
    })
    expect(contracts.dollar).toBe(dollar)
    expect(steps.map(([step]) => step)).not.toContain('dollar')
  })

  it('stops at a token that obeys another minter', async () => {
    const { sender } = await chain.account()
    const options = { reader: chain.reader, sender, parameters: testParameters, onDeployed: () => undefined }
    const { token, dollar } = await deployContracts(options)
    await expect(deployContracts({ ...options, known: { token, dollar } })).rejects.toMatchObject({
      code: 'ledger/wrong-minter',
    })
  })
})

async function deployPools(sender: TransactionSender, token: Address): Promise<Address> {
  const data = encodeDeployData({ abi: poolsAbi, bytecode: poolsBytecode, args: [token] })
  return toAddress((await sender.send({ data }, 'pools')).contractAddress as string)
}
