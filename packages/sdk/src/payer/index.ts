export { type GatewayPayer, type GatewayPayerOptions, openPayer } from './open-payer.ts'
