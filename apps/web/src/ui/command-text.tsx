import { useTyped } from '../app-context.ts'
import { InlineText } from './inline-text.tsx'

/** A command as it is typed on this machine. Its text is ours; of strangers' there are at most ids in it. */
export function CommandText({ text }: { readonly text: string }) {
  return <code>{useTyped()(text)}</code>
}

/** A sentence of ours as {@link InlineText}, the commands in it as they are typed on this machine. */
export function HintText({ text }: { readonly text: string }) {
  return <InlineText text={useTyped()(text)} />
}
