export { startNetwork, type TestNetwork } from './chain.ts'
export { stockMppxFetch, stockX402Fetch } from './stock-payers.ts'
export { type Listening, listen, startFacilitator, startHonoSeller, stockPayee } from './stock-sellers.ts'
