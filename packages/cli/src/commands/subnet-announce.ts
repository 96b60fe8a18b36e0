import { resolve } from 'node:path'
import { type Hex, KoinonError } from '@koinon/base'
import { readSubnet, type SeatRules, type SubnetSummary } from '@koinon/ledger'
import { type SubnetFileSpec, subnetFileSpec } from '@koinon/node/local'
import {
  announceRules,
  announceTexts,
  type InForce,
  readNextForce,
  readTextsAt,
  type SubnetTexts,
} from '@koinon/subnets/pools'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { requireOwner } from '../ownership-words.ts'
import { openHotkey } from '../pool-account.ts'
import { changedRules, type RuleOptions, rulesJson, rulesOf, withRuleOptions } from '../rule-options.ts'
import { type CommandResult, confirm, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type AnnounceFlags = RuleOptions & {
  readonly file?: string
  readonly specHash?: string
  readonly metadata?: string
  readonly account: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

export const ownerAccountHelp = "the home's key that owns the subnet; what this home founded belongs to its key founder"
const mostMetadataBytes = 512

/** What is to change; a side that stays as it is is left out. */
type Plan = {
  readonly texts: (SubnetTexts & { readonly file: SubnetFileSpec | undefined }) | undefined
  readonly rules: SeatRules | undefined
}

/** `koinon subnet announce`: another file, text or rule of seats of a subnet, from two epochs later on, by its owner. */
export function defineSubnetAnnounce(subnet: Command): void {
  const command = subnet
    .command('announce')
    .description('as the owner of a subnet, announce another file or other rules of its seats')
    .argument('<netuid>', 'number of the subnet')
    .option('--file <subnet.ts>', 'file that validators run from then on; its hash is computed')
    .option('--spec-hash <hash>', 'hash of what validators run from then on, where there is no file')
    .option('--metadata <url>', 'where people read about it')
  withRuleOptions(command)
    .option('--account <name>', ownerAccountHelp, 'wallet')
    .option('--dry-run', 'show what would be announced, and send nothing')
    .option('-y, --yes', 'do not ask')
    .addHelpText(
      'after',
      '\nIt holds from the start of the second epoch after this one. Another file may be announced in place of one that does not hold yet; of rules one change waits at a time. A file of a subnet whose miners and validators run on this home: koinon subnet deploy FILE announces it and lets them go over. Parts of the new alpha: koinon subnet parts NETUID',
    )
    .action(
      runCommand(async (context, number: string, flags: AnnounceFlags): Promise<CommandResult> => {
        const netuid = parseNetuid(number)
        const account = openHotkey(context.home, flags.account)
        const found = await readSubnet(account, netuid)
        requireOwner(found, account.address)
        const next = await readNextForce(account, netuid)
        const waiting = await readTextsAt(account, netuid, next.fromEpoch)
        const plan = await planOf(flags, found, waiting)
        const lines = facts(planFacts(found, plan, next, waiting))
        const data = { netuid, ...next, ...planJson(plan, waiting, found) }
        if (flags.dryRun === true) return { data: { ...data, made: false }, text: lines }
        context.say(lines)
        await confirm(
          context,
          `Announce that for subnet ${netuid}, from epoch ${next.fromEpoch} on?`,
          flags.yes === true,
        )
        const force: InForce[] = []
        if (plan.texts !== undefined) force.push(await announceTexts(account, netuid, plan.texts))
        if (plan.rules !== undefined) force.push(await announceRules(account, netuid, plan.rules))
        const { fromEpoch, fromSeconds } = force.at(-1) as InForce
        return {
          data: { ...data, fromEpoch, fromSeconds, made: true },
          text: context.typed(
            `Announced: it holds from epoch ${fromEpoch} on, which begins ${utcTime(fromSeconds)}.\nSee: koinon subnet show ${netuid}\nWhat it would have meant lately: koinon subnet what-if ${netuid}${plan.texts === undefined ? '' : nextForValidators(plan.texts, fromEpoch)}`,
          ),
        }
      }),
    )
}

async function planOf(flags: AnnounceFlags, found: SubnetSummary, waiting: SubnetTexts): Promise<Plan> {
  const rules = rulesOf(flags, found.rules)
  if (flags.file !== undefined && flags.specHash !== undefined)
    throw new KoinonError({
      code: 'usage/one-of',
      message: 'The hash of a file is computed: --file and --spec-hash do not go together',
      hint: 'Leave out --spec-hash.',
    })
  const file = flags.file === undefined ? undefined : await subnetFileSpec(resolve(flags.file))
  const texts: SubnetTexts = {
    specHash: file?.specHash ?? (flags.specHash === undefined ? waiting.specHash : parseSpecHash(flags.specHash)),
    metadataURI: flags.metadata ?? waiting.metadataURI,
  }
  requireShort(texts.metadataURI)
  const isSame = areSame(texts, waiting)
  const areRulesSame = changedRules(found.rules, rules).length === 0
  if (isSame && areRulesSame) throw nothingChanges(found.netuid)
  if (!areRulesSame && found.announced !== undefined) throw changePending(found.announced.fromSeconds)
  return { texts: isSame ? undefined : { ...texts, file }, rules: areRulesSame ? undefined : rules }
}

function areSame(one: SubnetTexts, other: SubnetTexts): boolean {
  return one.specHash === other.specHash && one.metadataURI === other.metadataURI
}

function planFacts(
  found: SubnetSummary,
  { texts, rules }: Plan,
  { fromEpoch, fromSeconds }: InForce,
  waiting: SubnetTexts & InForce,
): readonly (readonly [string, string])[] {
  return [
    ['subnet', `${found.netuid}, ${found.name}`],
    ['from', `epoch ${fromEpoch}, which begins ${utcTime(fromSeconds)}, if it is announced in this epoch`],
    ...(texts === undefined ? [] : textFacts(found, texts)),
    ...(texts === undefined || areSame(waiting, found)
      ? []
      : [['in place of', `${waiting.specHash}, announced for ${utcTime(waiting.fromSeconds)}`] as const]),
    ...(rules === undefined ? [] : changedRules(found.rules, rules)),
  ]
}

function textFacts(
  found: SubnetSummary,
  { specHash, metadataURI, file }: NonNullable<Plan['texts']>,
): readonly (readonly [string, string])[] {
  return [
    ['definition', specHash === found.specHash ? `stays ${specHash}` : `${found.specHash}, then ${specHash}`],
    ...(file === undefined ? [] : [['file', `"${file.name}", version ${file.version}`] as const]),
    ...(metadataURI === found.metadataURI
      ? []
      : [['read about it', `${found.metadataURI || 'nowhere'}, then ${metadataURI || 'nowhere'}`] as const]),
  ]
}

function nextForValidators({ file }: NonNullable<Plan['texts']>, fromEpoch: number): string {
  if (file === undefined) return ''
  return `\nGive the file to all who take part before then. Validators that run with both go over by themselves (koinon validator start --file OLD NEW): they score epoch ${fromEpoch} by the new one, all before by the old one.`
}

function planJson(
  { texts, rules }: Plan,
  waiting: SubnetTexts & InForce,
  found: SubnetSummary,
): Record<string, unknown> {
  const { specHash, metadataURI } = texts ?? {}
  return {
    texts: texts === undefined ? null : { specHash, metadataURI },
    replaced: texts === undefined || areSame(waiting, found) ? null : waiting,
    rules: rules === undefined ? null : rulesJson(rules),
  }
}

/** Throws `usage/bad-hash`. */
export function parseSpecHash(text: string): Hex {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as Hex
  throw new KoinonError({
    code: 'usage/bad-hash',
    message: `"${text}" is not a hash`,
    hint: 'Write 0x and 64 hexadecimal digits.',
  })
}

function requireShort(metadataURI: string): void {
  if (Buffer.byteLength(metadataURI) <= mostMetadataBytes) return
  throw new KoinonError({
    code: 'usage/metadata',
    message: `The URL of --metadata has ${Buffer.byteLength(metadataURI)} bytes; the ledger takes ${mostMetadataBytes}`,
    hint: 'Give a shorter one that leads there.',
  })
}

function nothingChanges(netuid: number): KoinonError {
  return new KoinonError({
    code: 'usage/nothing-changes',
    message: 'Nothing would change',
    hint: `Say what: koinon subnet announce ${netuid} --file FILE, or one of the rules; what holds now: koinon subnet show ${netuid}`,
  })
}

function changePending(fromSeconds: number): KoinonError {
  return new KoinonError({
    code: 'ledger/change-pending',
    message: `Other rules of seats are announced and hold from ${utcTime(fromSeconds)}; one change waits at a time`,
    hint: 'Announce these when the others hold.',
    retry: 'later',
  })
}
