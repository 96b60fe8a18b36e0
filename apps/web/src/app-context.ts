import { asTyped, type CommandStyle, type NeuronJson, type PageSessionJson } from '@koinon/work/dashboard'
import { createContext, useContext, useEffect, useState, useSyncExternalStore } from 'react'
import type { NetworkFeed, NetworkView } from './api/network-feed.ts'
import type { Door } from './api/request.ts'
import type { Conversation } from './chat/conversation.ts'
import { shortHex } from './format/text.ts'
import type { DoorRefusal } from './owner-door.ts'
import type { KeptReceipt, ReceiptShelf } from './receipts/receipt-shelf.ts'

/** Who looks at the page: the machine's own user (`local`), or somebody who brought a key. */
export type SignIn = {
  readonly apiKey: string | undefined
  /** The key was brought to this tab, rather than given by the local session. */
  readonly isPasted: boolean
  readonly local: PageSessionJson | undefined
  /** How commands are typed on this machine. */
  readonly command: CommandStyle
  /** Why the machine's own user is not let in, where that is known. */
  readonly refusal: DoorRefusal | undefined
  readonly isLoading: boolean
  /** Reads the local session anew. */
  readonly refresh: () => void
}

/** Everything with a lifetime, made once in `main.tsx`. */
export type AppParts = {
  readonly door: Door
  readonly feed: NetworkFeed
  readonly conversation: Conversation
  readonly shelf: ReceiptShelf
  readonly signIn: SignIn
  readonly useKey: (apiKey: string | undefined) => void
}

export const AppContext = createContext<AppParts | undefined>(undefined)

/** The parts of the page. */
export function useApp(): AppParts {
  const parts = useContext(AppContext)
  if (parts === undefined) throw new Error('useApp outside of the page')
  return parts
}

/** Our own text with the commands in it as they are typed where the page is looked at. Never for what strangers wrote. */
export function useTyped(): (text: string) => string {
  const { command } = useApp().signIn
  return (text) => asTyped(text, command)
}

/** The network as last seen. */
export function useNetwork(): NetworkView {
  const { feed } = useApp()
  return useSyncExternalStore(feed.subscribe, feed.view)
}

/** Receipts of this browser. */
export function useKeptReceipts(): readonly KeptReceipt[] {
  const { shelf } = useApp()
  return useSyncExternalStore(shelf.subscribe, shelf.all)
}

/** The browser's clock, ticking. */
export function useNow(everyMs: number): number {
  const [nowMs, setNowMs] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNowMs(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return nowMs
}

/** The neuron behind an account, by this gateway's word. */
export function findNeuron(view: NetworkView, account: string): NeuronJson | undefined {
  return view.network?.subnets
    .flatMap((subnet) => subnet.neurons)
    .find((neuron) => neuron.hotkey.toLowerCase() === account.toLowerCase())
}

/** The name of a subnet's neuron by its number there; the number itself when it has none. */
export function nameOfUid(view: NetworkView, uid: number): string {
  const neuron = view.network?.subnets[0]?.neurons.find((one) => one.uid === uid)
  return neuron?.name ?? `neuron ${uid}`
}

/** A name for people: the neuron's, "this gateway", or the account shortened. */
export function nameOf(view: NetworkView, account: string): string {
  const gateway = view.network?.gateway as { readonly account?: unknown } | null | undefined
  if (typeof gateway?.account === 'string' && gateway.account.toLowerCase() === account.toLowerCase())
    return 'this gateway'
  return findNeuron(view, account)?.name ?? shortHex(account)
}

/** How accounts are named on pages about what people do: the owner's own is "you". */
export function useNames(): (account: string) => string {
  const { signIn } = useApp()
  const view = useNetwork()
  const own = signIn.local?.account.toLowerCase()
  return (account) => (account.toLowerCase() === own ? 'you' : nameOf(view, account))
}
