import { formatAlphaAtomic, worthAtPrice } from '../format/alpha.ts'
import { formatTokenAtomic, readAmount } from '../format/money.ts'

/** Alpha, and below it what that is worth about in KOIN where there is a price. */
export function AlphaAmount(props: { readonly atomic: string | undefined; readonly priceWad: string | undefined }) {
  const amount = readAmount(props.atomic) ?? 0n
  const price = readAmount(props.priceWad)
  return (
    <>
      {formatAlphaAtomic(amount)}
      {price === undefined || amount === 0n ? null : (
        <span className="cell-note">about {formatTokenAtomic(worthAtPrice(price, amount))}</span>
      )}
    </>
  )
}
