/** The text of a job's terms: what is wanted, and the random bytes that keep terms apart (specs/0024-jobs.md section 5). */
import { bytesToHex } from '@koinon/base'

/** As terms state it: the last line is 16 random bytes, so that no two jobs have the same terms by chance. */
export function describeJob(text: string, random: Uint8Array): string {
  return `${text}\n[${bytesToHex(random).slice(2)}]`
}

/** What a person reads of a description: all but the random bytes, where it ends with them. */
export function textOfJob(description: string): string {
  return description.replace(/\n\[[0-9a-f]{32}\]$/, '')
}

/** What is wanted, without the lines that programs read: `auction:`, `tree:` and `check:`, in this order at the end. */
export function workOfJob(description: string): string {
  return textOfJob(description).replace(
    /(?:(?:^|\n)auction: [^\n]*)?(?:(?:^|\n)tree: [^\n]*)?(?:(?:^|\n)check: [^\n]*)?$/,
    '',
  )
}
