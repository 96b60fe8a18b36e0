/** What a wallet does on a network: its money, what it earned, its budgets, and asking a node over HTTP. */

export { jobsService } from '@koinon/agents/client'
export { receiptOf } from '@koinon/payments/client'
export { budgetsJson } from './dashboard/budgets/budgets-json.ts'
export { saveDocument } from './home/documents.ts'
export { networkOf } from './home/network-of.ts'
export { isOneMachine } from './home/one-machine.ts'
export { readBalances } from './local/treasury.ts'
export type { AlphaEarning, AlphaWithdrawal } from './provider/alpha-earnings.ts'
export {
  type ProviderEarnings,
  readEarnings,
  type Withdrawal,
  withdrawEarnings,
} from './provider/earnings.ts'
export { type BudgetChannelReturn, takeBackBudget } from './wallet/budget-channels.ts'
export { type BudgetDeposits, readBudgetDeposits } from './wallet/budget-deposits.ts'
export { BudgetDesk, type BudgetTerms, jobContractCalls } from './wallet/budget-desk.ts'
export { ensureGas } from './wallet/ensure-gas.ts'
export { type HomeBudget, openHomeBudget } from './wallet/home-budget.ts'
export { delegateKey, openHomeDelegation } from './wallet/home-delegation.ts'
export { type HomePayer, openHomePayer } from './wallet/home-payer.ts'
export { PayingProxy, type ProxySpend } from './wallet/paying-proxy.ts'
export { describePayment, type PaymentFacts, readPaymentTerms } from './wallet/payment-facts.ts'
export { requestJson } from './wallet/request-json.ts'
export { createServicePayer, type ServicePayer } from './wallet/service-payer.ts'
export { type Asset, parseAsset, Wallet } from './wallet/wallet.ts'
