import { useEffect, useState } from 'react'

/** A value once it has stayed the same for `ms`: while somebody types, nothing is asked. */
export function useSettled<value extends string | number | undefined>(value: value, ms: number): value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms)
    return () => clearTimeout(timer)
  }, [value, ms])
  return settled
}
