import { bundleToJson, type ReceiptBundle } from '@koinon/work'

const texts = new WeakMap<ReceiptBundle, string>()

/** A bundle as JSON text, written once: the store keeps it and the answer carries it. Bundles never change. */
export function bundleText(bundle: ReceiptBundle): string {
  let text = texts.get(bundle)
  if (text === undefined) {
    text = JSON.stringify(bundleToJson(bundle))
    texts.set(bundle, text)
  }
  return text
}
