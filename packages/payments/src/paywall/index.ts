export type { PaidAnswer } from './paid-answer.ts'
export { type Entered, PaymentDoor, type PaymentDoorEvent, type PaymentDoorOptions } from './payment-door.ts'
export { createPaywall, type PaidRequest, type Paywall, type PaywallOptions } from './paywall.ts'
