/** A MetaMask smart account on a test network, with the contracts of @metamask/delegation-abis. */
import { type Address, bytesToHex, type Hex, signDigest, toAddress } from '@koinon/base'
import { createLedgerWriter } from '@koinon/ledger'
import { concatHex, pad, toHex } from 'viem'
import { type Delegation, delegationDigest, rootAuthority } from '../rules/delegation.ts'
import type { TestNetwork } from './chain.ts'

type Funded = Awaited<ReturnType<TestNetwork['fund']>>

export type SmartAccount = {
  readonly account: Funded
  readonly manager: Address
  /** Lets `delegate` transfer dollars to the escrow, at most so much a day. */
  granted(delegate: Address, capAtomic: bigint, salt: bigint, changes?: Partial<Delegation>): Delegation
}

/** Deploys the framework by `gas`, and makes a funded account one of its smart accounts (EIP-7702). */
export async function startSmartAccount(net: TestNetwork, gas: Funded): Promise<SmartAccount> {
  // Large, and wanted by few tests.
  const code = await import('@metamask/delegation-abis/bytecode')
  const account = await net.fund('smart account')
  const deploy = async (bytecode: string, args: Hex = '0x') => {
    const receipt = await gas.sender.send({ data: concatHex([bytecode as Hex, args]) }, 'deploying')
    return toAddress(receipt.contractAddress as string)
  }
  const addresses = (...list: readonly Address[]) => concatHex(list.map((address) => pad(address)))
  const manager = await deploy(code.DelegationManager, addresses(gas.address))
  // No entry point: nothing here goes through one.
  const accountCode = await deploy(code.EIP7702StatelessDeleGator, addresses(manager, gas.address))
  const period = await deploy(code.ERC20PeriodTransferEnforcer)
  const calldata = await deploy(code.AllowedCalldataEnforcer)
  const writer = createLedgerWriter(net.network, bytesToHex(account.secretKey))
  const authorization = await writer.signAuthorization({
    account: writer.account,
    contractAddress: accountCode,
    executor: 'self',
  })
  const hash = await writer.sendTransaction({
    authorizationList: [authorization],
    to: account.address,
    value: 0n,
  } as never)
  await net.reader.waitForTransactionReceipt({ hash })
  const words = (...values: readonly bigint[]) => values.map((value) => toHex(value, { size: 32 }))
  return {
    account,
    manager,
    granted(delegate, capAtomic, salt, changes = {}) {
      const begin = BigInt(Math.floor(Date.now() / 1000) - 60)
      const unsigned = {
        delegate,
        delegator: account.address,
        authority: rootAuthority,
        caveats: [
          {
            enforcer: period,
            terms: concatHex([net.network.contracts.dollar, ...words(capAtomic, 86_400n, begin)]),
            args: '0x' as const,
          },
          {
            enforcer: calldata,
            terms: concatHex([...words(4n), pad(net.domain.escrow)]),
            args: '0x' as const,
          },
        ],
        salt,
        ...changes,
      }
      const digest = delegationDigest(unsigned, { chainId: net.domain.chainId, manager })
      return { ...unsigned, signature: signDigest(digest, account.secretKey) }
    },
  }
}
