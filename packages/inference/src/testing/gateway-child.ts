/**
 * A gateway in a process of its own, to be killed. Arguments: folder, provider's name, its URL, and when to die: `never`, `afterReceipt`
 * (SIGKILL from inside, when the provider's receipt has come and nothing of it is on our disk), or `refuseOwnSide` (every answer of ours
 * fails to become final, as when the user's side is broken).
 */

import { testParty } from './parties.ts'
import { startTestNetwork } from './test-network.ts'

const [folder = '', provider = '', url = '', when = 'never'] = process.argv.slice(2)
const network = await startTestNetwork({
  folder,
  finalize: async (answer, ledger) => {
    if (when === 'afterReceipt') process.kill(process.pid, 'SIGKILL')
    if (when === 'refuseOwnSide') throw new Error('the own side is broken')
    return ledger.finalize(answer)
  },
})
const party = testParty(provider)
await network.connect(party.account, url)
await network.reconcile(party.account)
process.on('message', (message) => {
  if (message !== 'books') return
  const outbound = network.till.book.outboundTo(party.account)
  process.send?.({ owed: `${outbound?.owedPicoUsd}`, user: `${network.owed().owedPicoUsd}`, events: reports() })
})
process.send?.({ port: network.port, apiKey: network.apiKey.text })

function reports(): readonly unknown[] {
  return network.events
    .filter((event) => event.kind === 'reconciled')
    .map((event) => ({ ...event, recoveredPicoUsd: `${event.recoveredPicoUsd}` }))
}
