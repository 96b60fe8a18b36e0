/** The check that a job's own terms name, for evaluators that are programs (specs/0024-jobs.md section 4.1). */
import { bytesToHex, type Hex, keccak256, sha256, utf8ToBytes, zeroHash } from '@koinon/base'
import { textOfJob } from './job-description.ts'

/** The last line of a description, `check: NAME ARGUMENT`, but for the random bytes that a client's draft ends with. */
export type JobCheck = { readonly name: string; readonly argument: string }

/** What a check says of delivered bytes, the same wherever it runs. `reason` is zero for what was accepted. */
export type JobOpinion = { readonly accepted: boolean; readonly reason: Hex }

/** Judges what was delivered; undefined where this one cannot tell. Never throws for what a provider delivered. */
export type JobChecker = (argument: string, content: Uint8Array) => Promise<JobOpinion | undefined>

const accepted: JobOpinion = { accepted: true, reason: zeroHash }
const mostMembers = 32

/** Undefined where the terms name none: such work is for people to judge. */
export function parseJobCheck(description: string): JobCheck | undefined {
  const found = /(?:^|\n)check: ([a-z][a-z0-9-]{0,31})(?: ([^\n]{1,512}))?$/.exec(textOfJob(description))
  return found === null ? undefined : { name: found[1] as string, argument: found[2] ?? '' }
}

/** Keccak-256 of `koinon job check 1 NAME failed`: all who refuse by one check sign the same. */
export function refusedBy(name: string): JobOpinion {
  return { accepted: false, reason: bytesToHex(keccak256(utf8ToBytes(`koinon job check 1 ${name} failed`))) }
}

/** Checks that need nothing but the delivered bytes. */
export const jobCheckers: Readonly<Record<string, JobChecker>> = {
  /** The bytes have this SHA-256, 0x and 64 lower case digits. */
  sha256: async (argument, content) => {
    if (!/^0x[0-9a-f]{64}$/.test(argument)) return undefined
    return bytesToHex(sha256(content)) === argument ? accepted : refusedBy('sha256')
  },
  /** The bytes are one JSON object in UTF-8 that has these members, separated by commas, none of them null. */
  json: async (argument, content) => {
    const members = argument.split(',').map((member) => member.trim())
    if (members.length > mostMembers || members.some((member) => !/^[A-Za-z0-9_-]{1,64}$/.test(member)))
      return undefined
    const object = parseObject(content)
    const hasAll = members.every(
      (member) => object !== undefined && Object.hasOwn(object, member) && object[member] !== null,
    )
    return hasAll ? accepted : refusedBy('json')
  },
}

function parseObject(content: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const json: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content))
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
