import { KoinonError } from '@koinon/base'
import { pick, type Random } from '../recipe/random.ts'

/** Openings of how-to questions; verb phrases fit behind each. */
const openings =
  '(how do i|how do i|how do i|how can i|how can i|how to|how should i|how would i|how does one|how do you|what do i do to|what must i do to|what is the way to|is there a way to|i want to|i would like to|i need to|can i|could i|tell me how to|show me how to|please tell me how to|what is the best way to|could you explain how to|how might i|how is it possible to|explain how to|what is the easiest way to|do you know how to|can you help me)'

/** Questions after the command itself. */
const commands =
  '(which command lets me|what command do i run to|what do i type to|what is the command to|which koinon command is there to|what should i run to|which command do i need to|with which command do i|what do i enter to)'

const network = '(the network|koinon|my network|it|the local network|this|the node|the program|everything)'

/** Full patterns of verb phrases behind an opening. */
export function verbPattern(random: Random, verbs: readonly string[]): string {
  const opening = random() < 0.8 ? openings : commands
  return `${opening} ${pick(random, verbs)}`
}

/**
 * One random wording of a pattern: `(a|b)` chooses one, `[a|b]` chooses one or none, both nest; `{net}` is the network.
 * Spaces are tidied.
 */
export function expand(random: Random, pattern: string): string {
  const source = pattern.replaceAll('{net}', network)
  let at = 0
  const sequence = (): string => {
    let out = ''
    while (at < source.length && !'|)]'.includes(source[at] as string)) {
      const sign = source[at] as string
      if (sign === '(' || sign === '[') {
        at++
        const options = alternatives()
        at++ // closing sign
        if (sign === '(' || random() < 0.4) out += sign === '[' ? ` ${pick(random, options)}` : pick(random, options)
      } else {
        out += sign
        at++
      }
    }
    return out
  }
  const alternatives = (): string[] => {
    const options = [sequence()]
    while (source[at] === '|') {
      at++
      options.push(sequence())
    }
    return options
  }
  const text = sequence()
  if (at < source.length) throw new KoinonError({ code: 'model/bad-data', message: `unbalanced pattern: ${pattern}` })
  return tidy(text)
}

/** Collapses spaces and removes those before commas. */
export function tidy(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/ ,/g, ',').trim()
}

/** The form in which questions are compared: lower case, no punctuation at the end, single spaces. */
export function normalise(question: string): string {
  return tidy(question.toLowerCase().replace(/[?!.,]+/g, ' '))
}
