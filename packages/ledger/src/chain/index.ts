export { type AnvilEngineOptions, createAnvilEngine } from './anvil-engine.ts'
export { type ChainLimits, type ChainStatus, defaultChainLimits, type EmbeddedChainOptions } from './chain-options.ts'
export { createEdrEngine, type EdrEngineOptions } from './edr-engine.ts'
export { EmbeddedChain } from './embedded-chain.ts'
export {
  type ChainEngine,
  type ChainEngineFactory,
  type EngineBlock,
  EngineRpcError,
  type GasCaps,
  type MineRequest,
} from './engine.ts'
export {
  blockGasLimit,
  type ChainGenesis,
  type GenesisAccount,
  genesisHash,
  normalizeGenesis,
  type Predeploy,
} from './genesis.ts'
export { readJournalHeader } from './journal.ts'
export type { BlockRecord, JournalHeader, JournalRecord, SealRecord, VoidRecord } from './journal-format.ts'
export type { ReplayProgress } from './replay.ts'
