export { createAlphaMoves } from './alpha-moves.ts'
export { startPaidSubnet } from './paid-subnet.ts'
export { type PoolLedger, startPoolLedger } from './pool-ledger.ts'
export { startTestLedger, type TestLedger } from './test-ledger.ts'
