export { budgetChannel, budgetGrant, payment, signedGrant } from './budget.ts'
export { startNetwork, type TestNetwork } from './chain.ts'
export { type Party, party, seed, temporaryFolder } from './fixtures.ts'
export { testPayer, testPolicy } from './payer-fixtures.ts'
export { startSeller, type TestSeller } from './seller.ts'
export { type SmartAccount, startSmartAccount } from './smart-account.ts'
export { stockAxiosFetch, stockFetch } from './stock-clients.ts'
export { payToolsByMppx, stockPayload } from './stock-messages.ts'
export { startMppxSeller, stockMppxFetch } from './stock-mppx.ts'
export {
  type Listening,
  listen,
  startExpressSeller,
  startFacilitator,
  startHonoSeller,
  stockPayee,
} from './stock-sellers.ts'
