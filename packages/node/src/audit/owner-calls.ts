/** What only the owner of a subnet may call (specs/0010-seats-stake-emission.md section 1). */
/** `UPDATE_DELAY_EPOCHS`. */
const updateDelayEpochs = 2

/** Each with the time from its announcement to its force. */
export function ownerCalls(
  netuid: number,
  epochSeconds: number,
): { readonly contract: string; readonly call: string; readonly delaySeconds: number }[] {
  const delaySeconds = updateDelayEpochs * epochSeconds
  return [
    { contract: 'SubnetTerms', call: `announceUpdate of subnet ${netuid}`, delaySeconds },
    { contract: 'SubnetTerms', call: `announceRules of subnet ${netuid}`, delaySeconds },
    { contract: 'Subnets', call: `nameOwnerHotkey of subnet ${netuid}`, delaySeconds },
  ]
}
