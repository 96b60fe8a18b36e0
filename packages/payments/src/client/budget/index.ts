export { type BudgetChain, createBudgetChain } from './budget-chain.ts'
export { BudgetPaymentSigner, type BudgetPaymentSignerOptions } from './budget-payment-signer.ts'
export { type BudgetReport, forecastIntent, readBudget } from './budget-report.ts'
export { type BudgetAnswer, BudgetSigner, type BudgetSignerOptions } from './budget-signer.ts'
export {
  budgetDelegateAddress,
  delegateOf,
  deployBudgetDelegate,
  hasBudgetDelegate,
  setDelegate,
} from './delegate-account.ts'
export { fundByQuoteSelector, hireSelector } from './delegate-calls.ts'
export { type LedgerBudgets, type LedgerGrant, readLedgerBudgets } from './ledger-budgets.ts'
export { budgetSchema } from './schema.ts'
export type { SpendEntry } from './spend-ledger.ts'
