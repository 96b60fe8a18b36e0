/** `node dev/fake-network-main.ts [port]` : the fake network with the built page, until it is interrupted. */
import { join } from 'node:path'
import { FakeNetwork } from './fake-network.ts'

const network = new FakeNetwork({
  dist: join(import.meta.dirname, '..', 'dist'),
  port: Number(process.argv[2] ?? 5199),
})
const url = await network.start()
process.stderr.write(`FAKE network with invented data at ${network.state.pageLink(url)} (ctrl-c ends it)\n`)
process.once('SIGINT', () => void network.stop())
process.once('SIGTERM', () => void network.stop())
