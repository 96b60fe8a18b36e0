import { below, pick, type Random } from '../recipe/random.ts'
import { tidy } from './pattern.ts'

const openers = [
  'hello, ',
  'hi, ',
  'hey, ',
  'please, ',
  'ok, ',
  'so ',
  'quick question: ',
  'sorry, ',
  'excuse me, ',
  'good morning, ',
  'well, ',
  'now ',
]
const closers = [' please', ' thanks', ', please', ' exactly', ' then', ' in koinon', ' here']
const fillers = new Set(['the', 'a', 'an', 'my', 'do', 'does', 'is', 'to', 'it', 'of'])

/** One slip of the keyboard inside a word of at least four letters. */
function mistype(random: Random, text: string): string {
  const words = text.split(' ')
  const long = words.flatMap((word, index) => (/^[A-Za-z]{4,}$/.test(word) ? [index] : []))
  if (long.length === 0) return text
  const index = pick(random, long)
  const word = words[index] as string
  const at = 1 + below(random, word.length - 2)
  const letter = word[at] as string
  const kind = below(random, 4)
  if (kind === 0) words[index] = word.slice(0, at) + word.slice(at + 1)
  else if (kind === 1) words[index] = word.slice(0, at) + letter + word.slice(at)
  else if (kind === 2) words[index] = word.slice(0, at) + word[at + 1] + letter + word.slice(at + 2)
  else words[index] = word.slice(0, at) + 'abcdefghijklmnopqrstuvwxyz'[below(random, 26)] + word.slice(at + 1)
  return words.join(' ')
}

function recase(random: Random, text: string): string {
  const roll = random()
  if (roll < 0.3) return text
  if (roll < 0.55) return text.toLowerCase()
  if (roll < 0.58) return text.toUpperCase()
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return random() < 0.7 ? first.replace(/\bi\b/g, 'I') : first
}

/** How people type: case, closing signs, slips, greetings, dropped small words. */
export function roughen(random: Random, question: string): string {
  let text = question
  if (random() < 0.06) {
    const words = text.split(' ')
    const small = words.flatMap((word, index) => (fillers.has(word) ? [index] : []))
    if (words.length > 4 && small.length > 0) words.splice(pick(random, small), 1)
    text = words.join(' ')
  }
  if (random() < 0.04) text = pick(random, openers) + text
  if (random() < 0.03) text += pick(random, closers)
  if (random() < 0.08) text = mistype(random, text)
  text = recase(random, tidy(text))
  const roll = random()
  if (roll < 0.58) return `${text}?`
  if (roll < 0.63) return `${text}.`
  if (roll < 0.66) return `${text}!`
  if (roll < 0.68) return `${text} ?`
  return text
}
