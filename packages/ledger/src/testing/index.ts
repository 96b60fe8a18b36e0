/** For tests of the packages above. */
export { type Anvil, startAnvil } from './anvil.ts'
export { deployCircleDollar } from './circle-dollar.ts'
export { startDeployedChain } from './deployed-chain.ts'
export { prepareIndexFolder } from './index-folder.ts'
export {
  type ContractsNetwork,
  startEmbedded,
  type TestAccount,
  withContracts,
} from './network.ts'
