/** Puts the local network's contracts on a ledger until it is done or killed; driven by contracts.test.ts. */
import { openHome } from '../home/home.ts'
import { inferenceSpecHash } from '../local/subnet-spec.ts'
import { ensureLocalNetwork } from './local-network.ts'

const [, , homePath, rpcUrl] = process.argv as unknown as [string, string, string, string]
await ensureLocalNetwork(openHome(homePath), rpcUrl, 'http://127.0.0.1:1', inferenceSpecHash())
