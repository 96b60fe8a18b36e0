import type { DoorRefusal } from '../owner-door.ts'

/** How the owner gets in again; backquoted parts are commands. The page of somebody who is out cannot know the home. */
export const newLinkSentence =
  'Type `koinon status` on this machine, with `--home DIR` if the network lies in another folder than the usual one, and open the link that it prints. A link works once.'

/** Why the page does not know its owner, for people. */
export function refusalSentence(refusal: DoorRefusal): string {
  return refusal === 'link'
    ? 'This link was already used, or it belongs to an earlier start of the gateway.'
    : 'You are signed out: the gateway was started anew since this browser was let in.'
}
