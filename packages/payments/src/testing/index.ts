export { startNetwork, type TestNetwork } from './chain.ts'
export { type Listening, listen, startFacilitator, startHonoSeller, stockPayee } from './stock-sellers.ts'
