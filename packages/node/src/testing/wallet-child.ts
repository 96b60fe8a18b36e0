/** A wallet that makes one API key, to be killed while it does. Arguments: home, network file's path, label, deposit. */
import { readFileSync } from 'node:fs'
import { systemClock } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { openHome } from '../home/home.ts'
import { existingAccountKey } from '../home/secrets.ts'
import { Wallet } from '../wallet/wallet.ts'

const [homePath = '', networkPath = '', label = '', deposit = '0'] = process.argv.slice(2)
const home = openHome(homePath)
const network = JSON.parse(readFileSync(networkPath, 'utf8')) as NetworkFile
const wallet = new Wallet({ home, network, key: existingAccountKey(home, 'wallet'), clock: systemClock })
await wallet.createApiKey(label, BigInt(deposit))
