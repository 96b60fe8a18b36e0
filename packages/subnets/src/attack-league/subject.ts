/** A subnet file in the league: its own functions question, score and weigh; the league learns from them what cheap answers are worth. */
import { type Address, type Hex, KoinonError, sha256Hex } from '@koinon/base'
import { garbageOf } from '../dev/dev-miners.ts'
import { createBeaconRandom, type Subnet, scoreEpoch } from '../rules/index.ts'
import { taskAnswer } from '../rules/subnet-file/task-answer.ts'
import { taskSubnet } from '../rules/subnet-file/task-subnet.ts'
import { judgeTasks } from '../verifier/judge-tasks.ts'
import { readSubnetFile, SubnetSandbox } from '../verifier/sandbox/sandbox.ts'
import type { Attack } from './attack.ts'
import { cheapAnswers } from './attacks/cheap-answers.ts'
import type { Behaviour } from './league-report.ts'
import type { WorldSettings } from './settings.ts'

/** What a file changes about a league: its world, attacks of its own, and what its score says of cheap answers. */
export type Subject = {
  readonly title: string
  /** What the file names, or what holds for one that names none. */
  readonly aggregator: string
  readonly world: Partial<WorldSettings>
  readonly attacks: readonly Attack[]
  readonly behaviours: readonly Behaviour[]
}

type Kind = Pick<Behaviour, 'name' | 'title' | 'about'> & {
  /** From what an honest miner would answer, what it answered last epoch and what it answered to question 0, as JSON texts. */
  answer(honest: string, last: string | undefined, fixed: string, draw: ReturnType<typeof createBeaconRandom>): string
}

const honest: Kind = { name: 'honest', title: 'Honest', about: "The file's own baseline.", answer: (own) => own }
const cheap: readonly Kind[] = [
  {
    name: 'lazy',
    title: 'Lazy',
    about: "Last epoch's answer to another question.",
    answer: (own, last) => last ?? own,
  },
  {
    name: 'garbage',
    title: 'Garbage',
    about: 'The right form with random content.',
    answer: (own, _last, _fixed, draw) => JSON.stringify(garbageOf(JSON.parse(own), draw)),
  },
  {
    name: 'one-for-all',
    title: 'One for all',
    about: 'One honest answer, given to every question.',
    answer: (_own, _last, fixed) => fixed,
  },
  {
    name: 'half',
    title: 'Half',
    about: 'The honest answer with half of every list and text cut off.',
    answer: (own) => JSON.stringify(halved(JSON.parse(own))),
  },
  {
    name: 'empty',
    title: 'Empty',
    about: 'The right form with nothing in it.',
    answer: (own) => JSON.stringify(emptied(JSON.parse(own))),
  },
]
const honestSeats = 4
const epochs = 4

/** Reads the file and plays a few epochs of it. Throws `subnets/no-file`, `subnets/bad-definition` or `subnets/file-failed`. */
export async function readSubject(path: string, seed: string, onLog: (line: string) => void): Promise<Subject> {
  const file = readSubnetFile(path)
  const sandbox = await SubnetSandbox.open(file, { onLog })
  try {
    const { name, version, weights, aggregator, hasServe } = sandbox.description
    if (!hasServe)
      throw unplayable(
        `${file.fileName} has no "serve", so nobody can play an honest miner`,
        'Add serve(task, context).',
      )
    const scores = await playFile(sandbox, seed)
    const meanOf = (kind: Kind): number => mean(scores.get(kind.name) ?? [])
    const honestScorePpm = meanOf(honest)
    if (honestScorePpm === 0)
      throw unplayable(`the honest baseline of ${file.fileName} scores nothing`, `See why: koinon subnet dev ${path}`)
    const behaviours = [honest, ...cheap].map((kind) => ({
      name: kind.name,
      title: kind.title,
      about: kind.about,
      scorePpm: meanOf(kind),
    }))
    return {
      title: `${name} ${version}`,
      aggregator,
      // Scores follow from the evidence alone, so validators do not err; questions differ, so scores of an epoch do.
      world: {
        noisePpm: 0,
        driftPpm: Math.min(500_000, spreadPpm(scores.get(honest.name) ?? [])),
        returnPpm: 1_000_000,
        weights,
        honestScorePpm,
      },
      attacks: cheapAnswers(behaviours),
      behaviours,
    }
  } finally {
    await sandbox.close()
  }
}

/** Scores in millionths by behaviour, one an epoch and seat. */
async function playFile(sandbox: SubnetSandbox, seed: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const subnet = taskSubnet(sandbox.description) as Subnet
  const kinds = [...Array.from({ length: honestSeats }, () => honest), ...cheap]
  const seats = kinds.map((kind, uid) => ({ uid, kind, hotkey: hotkeyOf(seed, `${kind.name} ${uid}`) }))
  const scores = new Map<string, number[]>()
  const last = new Map<string, string>()
  let previous: ReadonlyMap<Address, number> = new Map()
  // The first epoch gives the lazy something to repeat and moving averages a start; it does not count.
  for (let epoch = 1; epoch <= epochs + 1; epoch++) {
    const beacon = beaconOf(seed, `opening ${epoch}`)
    const taskTexts = await sandbox.tasks({ epoch, beacon })
    const answers = new Map<Address, Map<number, string>>()
    for (const { uid, kind, hotkey } of seats) {
      const own = new Map<number, string>()
      let fixed: string | undefined
      for (const [task, taskText] of taskTexts.entries()) {
        const served = await sandbox.serve({ epoch, beacon, index: task, hotkey, taskText })
        fixed ??= served
        const draw = createBeaconRandom(beacon, `koinon league ${kind.name} ${task}`)
        const response = kind.answer(served, last.get(`${uid} ${task}`), fixed, draw)
        last.set(`${uid} ${task}`, served)
        own.set(task, taskAnswer({ netuid: 1, epoch, hotkey, task, taskHash: sha256Hex(taskText) }, response).text)
      }
      answers.set(hotkey, own)
    }
    const closingBeacon = beaconOf(seed, `closing ${epoch}`)
    const evidence = await judgeTasks(sandbox, { netuid: 1, epoch, closingBeacon, taskTexts, seats, answers })
    const result = scoreEpoch(subnet, { netuid: 1, epoch }, evidence, previous).scores
    previous = new Map(seats.map(({ hotkey, uid }) => [hotkey, result[uid]?.combinedPpm ?? 0]))
    for (const { uid, kind } of epoch === 1 ? [] : seats) {
      scores.set(kind.name, [...(scores.get(kind.name) ?? []), result[uid]?.combinedPpm ?? 0])
    }
  }
  return scores
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : Math.floor(values.reduce((sum, value) => sum + value, 0) / values.length)
}

/** Standard deviation in millionths of the mean, rounded down. */
function spreadPpm(values: readonly number[]): number {
  const middle = mean(values)
  const variance = mean(values.map((value) => (value - middle) * (value - middle)))
  return Math.floor((Math.sqrt(variance) * 1_000_000) / middle)
}

function halved(json: unknown): unknown {
  if (Array.isArray(json)) return json.slice(0, Math.ceil(json.length / 2)).map(halved)
  if (typeof json === 'string') return json.slice(0, Math.ceil(json.length / 2))
  return mapped(json, halved)
}

function emptied(json: unknown): unknown {
  if (Array.isArray(json)) return []
  if (typeof json === 'string') return ''
  if (typeof json === 'number') return 0
  return typeof json === 'boolean' ? false : mapped(json, emptied)
}

function mapped(json: unknown, change: (item: unknown) => unknown): unknown {
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, change(value)]))
}

function hotkeyOf(seed: string, name: string): Address {
  return beaconOf(seed, name).slice(0, 42) as Address
}

function beaconOf(seed: string, name: string): Hex {
  return sha256Hex(`koinon league ${seed} ${name}`)
}

function unplayable(problem: string, hint: string): KoinonError {
  return new KoinonError({ code: 'subnets/bad-definition', message: `The league cannot be played: ${problem}`, hint })
}
