export { type PoolLedger, startPoolLedger } from './pool-ledger.ts'
