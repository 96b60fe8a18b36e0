import { accessSync, constants, existsSync, statfsSync } from 'node:fs'
import { freemem, totalmem } from 'node:os'
import { errorToJson } from '@koinon/base'
import { checkChain, createLedgerReader } from '@koinon/ledger'
import { type Home, runningSupervisor } from '@koinon/node/home'
import { defaultModel, portOwner } from '@koinon/node/local'
import { networkOf } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'
import { table } from '../table.ts'

type Finding = {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'bad'
  readonly detail: string
  readonly advice?: string
}

const minimumNodeMajor = 24
const freeBytesWanted = 1024 ** 3
const freeMemoryWanted = 2 * 1024 ** 3

export function defineDoctor(doctor: Command): void {
  doctor.action(
    runCommand(async ({ home, typed }) => {
      const findings = [
        node(),
        disk(home),
        memory(),
        homeRights(home),
        model(),
        ...ports(home),
        ...(await network(home)),
      ]
      const rows = findings.map((finding) => [finding.state, finding.name, typed(finding.detail)])
      const advice = findings.flatMap((finding) =>
        finding.advice === undefined ? [] : [`- ${finding.name}: ${typed(finding.advice)}`],
      )
      const isBad = findings.some((finding) => finding.state === 'bad')
      return {
        data: { findings },
        text: `${table(['state', 'what', 'found'], rows)}\n\n${advice.length === 0 ? 'All is well.' : advice.join('\n')}`,
        isBad,
      }
    }),
  )
}

function node(): Finding {
  const detail = `${process.versions.node} on ${process.platform} ${process.arch}`
  return Number(process.versions.node.split('.')[0]) >= minimumNodeMajor
    ? { name: 'Node', state: 'ok', detail }
    : { name: 'Node', state: 'bad', detail, advice: 'run "npm run setup" in the repository; it brings Node 24' }
}

function disk(home: Home): Finding {
  const folder = existsSync(home.path) ? home.path : process.cwd()
  const { bavail, bsize } = statfsSync(folder)
  const free = bavail * bsize
  const detail = `${gigabytes(free)} free at ${folder}`
  return free > freeBytesWanted
    ? { name: 'disk', state: 'ok', detail }
    : { name: 'disk', state: 'warn', detail, advice: 'free at least 1 GB; the ledger and receipts grow' }
}

function memory(): Finding {
  const detail = `${gigabytes(freemem())} free of ${gigabytes(totalmem())}`
  return freemem() > freeMemoryWanted
    ? { name: 'memory', state: 'ok', detail }
    : { name: 'memory', state: 'warn', detail, advice: 'a whole local network needs about 2 GB' }
}

function homeRights(home: Home): Finding {
  if (!existsSync(home.path))
    return { name: 'home', state: 'ok', detail: `${home.path} will be made at the first start` }
  try {
    accessSync(home.path, constants.W_OK)
    const supervisor = runningSupervisor(home)
    return {
      name: 'home',
      state: 'ok',
      detail:
        supervisor === undefined
          ? `${home.path}, nothing runs on it`
          : `${home.path}, in use by process ${supervisor.pid}`,
    }
  } catch {
    return {
      name: 'home',
      state: 'bad',
      detail: `${home.path} cannot be written`,
      advice: 'change its owner, or use --home DIR',
    }
  }
}

function model(): Finding {
  try {
    return { name: 'model', state: 'ok', detail: defaultModel().path }
  } catch (error) {
    return { name: 'model', state: 'warn', detail: (error as Error).message, advice: 'give one with --model FILE.gguf' }
  }
}

function ports(home: Home): readonly Finding[] {
  if (runningSupervisor(home) !== undefined) return []
  return [
    [8402, '--port'],
    [8545, '--rpc-port'],
  ].map(([port, flag]) => {
    const owner = portOwner(Number(port))
    return owner === undefined
      ? { name: `port ${port}`, state: 'ok', detail: 'free' }
      : { name: `port ${port}`, state: 'warn', detail: `in use by ${owner}`, advice: `start with ${flag} N` }
  })
}

async function network(home: Home): Promise<readonly Finding[]> {
  if (!existsSync(home.networkFile))
    return [{ name: 'network', state: 'ok', detail: 'none yet; "koinon up" or "koinon join" makes one' }]
  try {
    const file = networkOf(home)
    await checkChain(createLedgerReader(file), file)
    return [
      {
        name: 'network',
        state: 'ok',
        detail: `"${file.name}", chain ${file.chainId}, ledger answers at ${file.rpcUrl}`,
      },
    ]
  } catch (error) {
    const { message, hint } = errorToJson(error)
    const isOwnAndStopped = existsSync(`${home.chain}/journal`) && runningSupervisor(home) === undefined
    return [
      isOwnAndStopped
        ? { name: 'network', state: 'ok', detail: "this home's own network, not running" }
        : { name: 'network', state: 'bad', detail: message, ...(hint === undefined ? {} : { advice: hint }) },
    ]
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`
}
