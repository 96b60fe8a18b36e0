import type { RequestOptions } from '../api/request.ts'

/** Does one thing to the wallet and reads it anew. Throws what the gateway answered. */
export type WalletAction = <answer>(path: string, options: RequestOptions) => Promise<answer>
