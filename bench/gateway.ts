/**
 * CPU of one request through the gateway - key, rate limit, both hashes, signed request, receipt check, own receipt, vouchers, durable
 * commit - beside a bare node:http + undici proxy and Portkey, in one run. Answers come from the same scripted text; only the CPU of
 * the process in the middle is counted (all its threads, from /proc), so the figures hold on a busy machine as ratios.
 *
 *   node bench/gateway.ts [requests a round] [rounds]
 *
 * Tables on standard error, one JSON line with the same figures on standard output.
 */
import type { ChildProcess } from 'node:child_process'
import { loadavg } from 'node:os'
import { start, startPortkey } from './gateway-children.ts'
import { cpuTable, loads } from './gateway-cpu.ts'
import { firstByteTable } from './gateway-first-byte.ts'
import type { Target } from './gateway-load.ts'

const deadlineMs = 840_000

await main(Number(process.argv[2] ?? 1_500), Number(process.argv[3] ?? 3))

async function main(requests: number, rounds: number): Promise<void> {
  const children: ChildProcess[] = []
  const stop = (): void => {
    for (const child of children) child.kill('SIGKILL')
  }
  const timer = setTimeout(() => {
    stop()
    console.error(`not done after ${deadlineMs} ms`)
    process.exit(1)
  }, deadlineMs)
  try {
    const [mockPort] = await start(children, ['mock'])
    const [providerPort] = await start(children, ['provider'])
    const [proxyPort, , proxyPid] = await start(children, ['proxy', String(mockPort)])
    const [gatewayPort, apiKey, gatewayPid] = await start(children, ['gateway', `http://127.0.0.1:${providerPort}`])
    const portkey = await startPortkey(children)
    const bearer = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
    const targets: Target[] = [
      { name: 'bare proxy', port: proxyPort, pid: proxyPid, headers: () => bearer },
      { name: 'koinon gateway', port: gatewayPort, pid: gatewayPid, headers: () => bearer },
      {
        name: 'portkey 1.15.2',
        port: portkey.port,
        pid: portkey.pid,
        headers: () => ({
          ...bearer,
          'x-portkey-provider': 'openai',
          'x-portkey-custom-host': `http://127.0.0.1:${mockPort}/v1`,
        }),
      },
    ]
    const cpu: Record<string, unknown> = {}
    for (const load of loads) cpu[load.name] = await cpuTable(load, targets, requests, rounds)
    const firstByteMs = await firstByteTable(targets, mockPort, providerPort)
    console.log(JSON.stringify({ requests, rounds, load: loadavg()[0], cpu, firstByteMs }))
  } finally {
    clearTimeout(timer)
    stop()
  }
}
