export { channelsCheck } from './audit/channels-check.ts'
export { verifyOwnerSignature } from './budget/verify-owner-signature.ts'
export { ChannelDirectory } from './channel-directory.ts'
export { checkSettled } from './check-settled.ts'
